"""A stream becomes an INR. Nothing here needs an optimiser."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from ligeia.audio.segments import Segments
from ligeia.audio.signal import checked_rate
from ligeia.codec.blocks import unpack_blocks
from ligeia.codec.bytesio import Reader
from ligeia.codec.container import Header, parameters_per_byte, read_header
from ligeia.codec.stream import Stream, parse
from ligeia.errors import FormatError
from ligeia.inr import INR, rendered_frames

_FREE_NUMBERS = 2**27
"""Parameters that an INR may have whatever the size of its stream."""
_NUMBERS_AT_ONCE = 2**24
_SAMPLES_AT_ONCE = 2**20
_BLOCKS_AT_ONCE = 64


def decode(stream: bytes, *, salvage: bool = False) -> INR:
    """The INR that a `.lig` stream holds.

    With `salvage`, damaged or missing blocks become silence (`report["lost"]` lists them) instead of an error.

    Raises:
        FormatError: the stream is not valid. With `salvage`: not even its header is.

    Example:
        >>> import ligeia
        >>> tone = ligeia.Audio([[0.0, 0.1, 0.2, 0.1] * 200], rate=8000)
        >>> decode(ligeia.encode(tone)).render().frames
        800
    """
    parsed = parse(stream, salvage=salvage)
    return _make_inr(parsed, range(parsed.header.segments.count), parsed.header.segments, salvage)


def decode_pieces(
    stream: bytes, rate: int | None = None, *, start: float = 0.0, stop: float | None = None, salvage: bool = False
) -> Iterator[NDArray[np.float32]]:
    """The sound from `start` to `stop` (seconds) at `rate` Hz in pieces, float32 `[channels, n]`, in bounded memory.

    What comes is what `decode(stream).render(rate, start=start, stop=stop)` gives, but only the blocks of the running
    piece are unpacked.

    Raises:
        FormatError: as `decode`; where the numbers of a block are not valid, only when its turn comes.
        InputError: `rate`, `start` or `stop` is out of range.
    """
    parsed = parse(stream, salvage=salvage)
    header, segments = parsed.header, parsed.header.segments
    rate = header.rate if rate is None else checked_rate(rate)
    total = rendered_frames(segments.frames / header.rate, rate, start, stop)
    step = _frames_at_once(parsed, rate)
    for first in range(0, max(total, 1), step):
        times = start + np.arange(first, min(first + step, total)) / rate
        yield _evaluate_part(parsed, times, salvage)


def _frames_at_once(parsed: Stream, rate: int) -> int:
    """Frames of a piece: few enough samples, and few enough blocks to unpack for them."""
    header = parsed.header
    blocks = max(min(_BLOCKS_AT_ONCE, _NUMBERS_AT_ONCE // header.spec.parameters), 1)
    within = blocks * header.segments.hop * rate // header.rate
    return max(min(_SAMPLES_AT_ONCE // header.spec.channels, within), 1)


def _evaluate_part(parsed: Stream, times: NDArray[np.float64], salvage: bool) -> NDArray[np.float32]:
    """The sound at `times`, which rise in equal steps, from the blocks that they touch."""
    header, segments = parsed.header, parsed.header.segments
    if len(times) == 0:
        return np.zeros((header.spec.channels, 0), np.float32)
    # A sample more on either side: cross-fades begin half a sample early, and times are rounded.
    reach = header.spec.reach_samples
    low = max(int((times[0] * header.rate - segments.overlap - reach - 1) // segments.hop), 0)
    high = min(int((times[-1] * header.rate + reach + 1) // segments.hop) + 1, segments.count)
    begin = low * segments.hop
    length = min(high * segments.hop + segments.overlap, segments.frames) - begin
    part = Segments(length, segments.hop, segments.overlap)
    return _make_inr(parsed, range(low, high), part, salvage).evenly(times - begin / header.rate)


def _make_inr(parsed: Stream, numbers: range, segments: Segments, salvage: bool) -> INR:
    header, blocks = parsed.header, parsed.blocks
    _check_size(parsed, len(numbers))
    payloads = {number: blocks[number].payload for number in numbers if number in blocks}
    unpacked = unpack_blocks(payloads, numbers, header)
    if unpacked.invalid and not salvage:
        raise FormatError(next(iter(unpacked.invalid.values())))
    lost = [number for number in numbers if number not in blocks] + list(unpacked.invalid)
    tensors = {name: torch.from_numpy(value) for name, value in unpacked.parameters.items()}
    return INR(header.spec, tensors, header.rate, segments, torch.from_numpy(unpacked.gains), {"lost": sorted(lost)})


def _check_size(parsed: Stream, count: int) -> None:
    """Refuse an INR that is far larger than its stream: silent and lost blocks take room in it, but not there."""
    numbers = count * parsed.header.spec.parameters
    if numbers > _FREE_NUMBERS + parameters_per_byte(parsed.header) * parsed.total_bytes:
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
