"""A stream becomes sound piece by piece, in bounded memory."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.blocks import Segments
from ligeia.audio.signal import checked_rate, rendered_frames
from ligeia.codec.container import Coding
from ligeia.codec.stream import Stream, parse
from ligeia.codec.transform.synthesis import sound_of

_NUMBERS_AT_ONCE = 2**24
_SAMPLES_AT_ONCE = 2**20
_BLOCKS_AT_ONCE = 64
_WHOLE = 1e-6
"""How far, in samples, the start may lie from a whole one: times in seconds are rounded."""


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
    first_frame = round(start * rate)
    if isinstance(header.bits, Coding) and rate == header.rate and abs(start * rate - first_frame) < _WHOLE:
        yield from _own_samples(parsed, range(first_frame, first_frame + total), salvage)
        return
    step = _frames_at_once(parsed, rate)
    for first in range(0, max(total, 1), step):
        times = start + np.arange(first, min(first + step, total)) / rate
        yield _evaluate_part(parsed, times, salvage)


def _own_samples(parsed: Stream, wanted: range, salvage: bool) -> Iterator[NDArray[np.float32]]:
    """The samples that coded blocks stand for: what the function is at these instants, without evaluating it."""
    header, hop = parsed.header, parsed.header.segments.hop
    if not wanted:
        yield np.zeros((header.spec.channels, 0), np.float32)
        return
    some = range(wanted.start // hop, (wanted.stop - 1) // hop + 1)
    payloads = {number: block.payload for number, block in parsed.blocks.items()}
    begin = some.start * hop
    for piece in sound_of(payloads, some, header, salvage=salvage):
        end = begin + piece.shape[1]
        yield piece[:, max(wanted.start - begin, 0) : min(wanted.stop, end) - begin]
        begin = end


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
    from ligeia.codec.decode import make_inr  # it needs torch

    return make_inr(parsed, range(low, high), part, salvage).evenly(times - begin / header.rate)
