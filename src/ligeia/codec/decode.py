"""A stream becomes an INR. Nothing here needs an optimiser."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from ligeia.audio.segments import Segments
from ligeia.codec.blocks import unpack_block
from ligeia.codec.bytesio import Reader
from ligeia.codec.container import PARAMETERS_PER_BYTE, Header, read_header
from ligeia.codec.stream import Stream, parse
from ligeia.errors import FormatError
from ligeia.inr import INR

_FREE_NUMBERS = 2**27
"""Parameters that an INR may have whatever the size of its stream."""
_NUMBERS_AT_ONCE = 2**24
_SAMPLES_AT_ONCE = 2**20


def decode(stream: bytes, *, salvage: bool = False) -> INR:
    """The INR that a `.lig` stream holds.

    With `salvage`, damaged or missing blocks become silence (`report["lost"]` lists them) instead of an error.

    Raises:
        FormatError: the stream is not valid. With `salvage`: not even its header is.

    Example:
        >>> import ligeia
        >>> tone = ligeia.Audio([[0.0, 0.1, 0.2, 0.1] * 200], rate=8000)
        >>> decode(ligeia.encode(tone, steps=5)).render().frames
        800
    """
    parsed = parse(stream, salvage=salvage)
    return _make_inr(parsed, range(parsed.header.segments.count), parsed.header.segments, salvage)


def decode_pieces(stream: bytes, *, salvage: bool = False, blocks: int = 64) -> Iterator[NDArray[np.float32]]:
    """The whole sound at its original rate in pieces, float32 `[channels, n]`, in bounded memory.

    At most `blocks` blocks (fewer where networks are large) are unpacked at a time.

    Raises:
        FormatError: as `decode`; where the numbers of a block are not valid, only when its turn comes.
    """
    parsed = parse(stream, salvage=salvage)
    segments = parsed.header.segments
    blocks = max(min(blocks, _NUMBERS_AT_ONCE // parsed.header.spec.parameters), 1)
    for first in range(0, segments.count, blocks):
        low = max(first - 1, 0)  # the cross-fade needs the block before
        stop = min(first + blocks, segments.count)
        start = low * segments.hop
        end = segments.frames if stop == segments.count else stop * segments.hop
        length = min(stop * segments.hop + segments.overlap, segments.frames) - start
        part = Segments(length, segments.hop, segments.overlap)
        inr = _make_inr(parsed, range(low, stop), part, salvage)
        yield from _render_range(inr, first * segments.hop - start, end - start)


def _render_range(inr: INR, first: int, end: int) -> Iterator[NDArray[np.float32]]:
    """Samples `first` to `end` in pieces: a few bytes can promise blocks of 2^26 samples and 256 channels."""
    step = max(_SAMPLES_AT_ONCE // inr.channels, 1)
    for start in range(first, end, step):
        yield inr(np.arange(start, min(start + step, end)) / inr.rate)


def _make_inr(parsed: Stream, numbers: range, segments: Segments, salvage: bool) -> INR:
    header, blocks = parsed.header, parsed.blocks
    _check_size(parsed, len(numbers))
    # numpy's zeros take no memory until they are written: those of silent blocks never are.
    shapes = header.spec.shapes()
    parameters = {name: np.zeros((len(numbers), *shape), np.float32) for name, shape in shapes.items()}
    gains = np.zeros(len(numbers), np.float32)
    lost = [number for number in numbers if number not in blocks]
    for number in (number for number in numbers if number in blocks and blocks[number].payload):
        try:
            gain, arrays = unpack_block(blocks[number].payload, header)
        except FormatError:
            if not salvage:
                raise
            lost.append(number)
            continue
        gains[number - numbers.start] = gain
        for name, value in arrays.items():
            parameters[name][number - numbers.start] = value
    tensors = {name: torch.from_numpy(value) for name, value in parameters.items()}
    return INR(header.spec, tensors, header.rate, segments, torch.from_numpy(gains), {"lost": sorted(lost)})


def _check_size(parsed: Stream, count: int) -> None:
    """Refuse an INR that is far larger than its stream: silent and lost blocks take room in it, but not there."""
    numbers = count * parsed.header.spec.parameters
    if numbers > _FREE_NUMBERS + PARAMETERS_PER_BYTE * parsed.total_bytes:
        raise FormatError(
            f"{parsed.total_bytes} bytes would become {numbers} numbers, nearly all of them silence or lost: "
            "decode it piece by piece"
        )


def stream_header(stream: bytes) -> Header:
    """The header of a stream.

    Raises:
        FormatError: it is not valid.
    """
    return read_header(Reader(stream))
