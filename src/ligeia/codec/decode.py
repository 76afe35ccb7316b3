"""A stream becomes an INR. Nothing here needs an optimiser."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from ligeia.audio.segments import Segments
from ligeia.codec.blocks import unpack_block
from ligeia.codec.bytesio import Reader
from ligeia.codec.container import Header, read_header
from ligeia.codec.stream import Stream, parse
from ligeia.errors import FormatError
from ligeia.inr import INR


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
    """The whole sound at its original rate in pieces, float32 `[channels, n]`, in memory bounded by `blocks`.

    Raises:
        FormatError: as `decode`; where the numbers of a block are not valid, only when its turn comes.
    """
    parsed = parse(stream, salvage=salvage)
    segments = parsed.header.segments
    for first in range(0, segments.count, blocks):
        low = max(first - 1, 0)  # the cross-fade needs the block before
        stop = min(first + blocks, segments.count)
        start = low * segments.hop
        end = segments.frames if stop == segments.count else stop * segments.hop
        length = min(stop * segments.hop + segments.overlap, segments.frames) - start
        part = Segments(length, segments.hop, segments.overlap)
        inr = _make_inr(parsed, range(low, stop), part, salvage)
        times = np.arange(first * segments.hop - start, end - start)
        yield inr(times / inr.rate)


def _make_inr(parsed: Stream, numbers: range, segments: Segments, salvage: bool) -> INR:
    header = parsed.header
    shapes = header.spec.shapes()
    parameters = {name: torch.zeros((len(numbers), *shape)) for name, shape in shapes.items()}
    gains, lost = torch.zeros(len(numbers)), []
    for row, number in enumerate(numbers):
        block = parsed.blocks.get(number)
        try:
            if block is None:
                raise FormatError(f"block {number} is missing")
            gain, arrays = unpack_block(block.payload, header)
        except FormatError:
            if not salvage:
                raise
            lost.append(number)
            continue
        gains[row] = gain
        for name, value in arrays.items():
            parameters[name][row] = torch.from_numpy(value)
    return INR(header.spec, parameters, header.rate, segments, gains, {"lost": lost})


def stream_header(stream: bytes) -> Header:
    """The header of a stream.

    Raises:
        FormatError: it is not valid.
    """
    return read_header(Reader(stream))
