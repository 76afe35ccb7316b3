"""A stream becomes sound piece by piece, in bounded memory."""

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.blocks import Segments
from ligeia.audio.resample import resampled_part
from ligeia.audio.signal import checked_rate, rendered_frames
from ligeia.codec.container import Coding
from ligeia.codec.decode import make_inr
from ligeia.codec.stream import Stream, parse
from ligeia.codec.transform.synthesis import sound_of

_NUMBERS_AT_ONCE = 2**24
_SAMPLES_AT_ONCE = 2**20
_BLOCKS_AT_ONCE = 64
_WHOLE = 1e-6
"""How far, in samples, the start may lie from a whole one: times in seconds are rounded."""


def decode_pieces(
    stream: bytes,
    rate: int | None = None,
    *,
    start: float = 0.0,
    stop: float | None = None,
    antialias: bool = True,
    salvage: bool = False,
) -> Iterator[NDArray[np.float32]]:
    """The sound from `start` to `stop` (seconds) at `rate` Hz in pieces, float32 `[channels, n]`, in bounded memory.

    What comes is what `decode(stream).render(rate, start=start, stop=stop, antialias=antialias)` gives, but only the
    blocks of the running piece are unpacked.

    Raises:
        FormatError: as `decode`; where the numbers of a block are not valid, only when its turn comes.
        InputError: `rate`, `start` or `stop` is out of range.
        MissingExtra: the network needs torch, which is not installed.
    """
    parsed = parse(stream, salvage=salvage)
    header = parsed.header
    rate = header.rate if rate is None else checked_rate(rate)
    seconds = header.segments.frames / header.rate
    part = start, rendered_frames(seconds, rate, start, stop)
    sampled = partial(_sampled, parsed, salvage)
    if rate < header.rate and antialias:
        rates = header.rate, rate
        yield from resampled_part(sampled, rates, part, seconds=seconds, channels=header.spec.channels)
    else:
        yield from sampled(start, rate, part[1])


def _sampled(parsed: Stream, salvage: bool, start: float, rate: int, count: int) -> Iterator[NDArray[np.float32]]:
    """The function at `start` + n / `rate` seconds, n < `count`; zeros outside the sound."""
    first = round(start * rate)
    if isinstance(parsed.header.bits, Coding) and rate == parsed.header.rate and abs(start * rate - first) < _WHOLE:
        yield from _own_samples(parsed, range(first, first + count), salvage)
        return
    step = _frames_at_once(parsed, rate)
    for done in range(0, max(count, 1), step):
        yield _evaluate_part(parsed, start + done / rate, 1 / rate, min(step, count - done), salvage)


def _own_samples(parsed: Stream, samples: range, salvage: bool) -> Iterator[NDArray[np.float32]]:
    """The samples that coded blocks stand for: what the function is at these instants, without evaluating it."""
    header, hop = parsed.header, parsed.header.segments.hop
    inside = range(max(samples.start, 0), min(samples.stop, header.segments.frames))
    if not inside:
        yield np.zeros((header.spec.channels, len(samples)), np.float32)
        return
    yield np.zeros((header.spec.channels, inside.start - samples.start), np.float32)
    blocks = range(inside.start // hop, (inside.stop - 1) // hop + 1)
    payloads = {number: block.payload for number, block in parsed.blocks.items()}
    begin = blocks.start * hop
    for piece in sound_of(payloads, blocks, header, salvage=salvage):
        end = begin + piece.shape[1]
        yield piece[:, max(inside.start - begin, 0) : min(inside.stop, end) - begin]
        begin = end
    yield np.zeros((header.spec.channels, samples.stop - inside.stop), np.float32)


def _frames_at_once(parsed: Stream, rate: int) -> int:
    """Frames of a piece: few enough samples, and few enough blocks to unpack for them."""
    header = parsed.header
    blocks = max(min(_BLOCKS_AT_ONCE, _NUMBERS_AT_ONCE // header.spec.parameters), 1)
    within = blocks * header.segments.hop * rate // header.rate
    return max(min(_SAMPLES_AT_ONCE // header.spec.channels, within), 1)


def _evaluate_part(parsed: Stream, first: float, step: float, count: int, salvage: bool) -> NDArray[np.float32]:
    """The sound at `first` + n `step` seconds, n < `count`, from the blocks that these instants touch."""
    header, segments = parsed.header, parsed.header.segments
    # A sample more on either side: cross-fades begin half a sample early, and times are rounded.
    reach = header.spec.reach_samples
    last = first + (count - 1) * step
    low = max(int((first * header.rate - segments.overlap - reach - 1) // segments.hop), 0)
    high = min(int((last * header.rate + reach + 1) // segments.hop) + 1, segments.count)
    if count == 0 or high <= low:
        return np.zeros((header.spec.channels, count), np.float32)
    begin = low * segments.hop
    length = min(high * segments.hop + segments.overlap, segments.frames) - begin
    part = Segments(length, segments.hop, segments.overlap)
    return make_inr(parsed, range(low, high), part, salvage).evenly(first - begin / header.rate, step, count)
