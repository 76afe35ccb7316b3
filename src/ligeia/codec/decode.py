"""A stream becomes an INR, or sound piece by piece in bounded memory. Nothing here needs an optimiser."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from io import BytesIO
from math import ceil, floor, inf

import numpy as np
from numpy.typing import NDArray

from ligeia.arguments import checks_types
from ligeia.audio.blocks import Segments
from ligeia.audio.resample import CONTEXT, resampled_part
from ligeia.audio.signal import Sound, checked_rate, count_samples, snr_from_energies
from ligeia.codec.budget import WORK_AT_ONCE, check_budget, check_output
from ligeia.codec.container import Stream, checked_bytes, parse
from ligeia.codec.faults import Damaged
from ligeia.codec.framing import damaged, open_stream
from ligeia.codec.header import TRANSFORM_PARAMETERS_PER_BYTE, unpack_blocks
from ligeia.codec.source import Source
from ligeia.codec.synthesis.decoding import enhanced, is_enhanced
from ligeia.dsp.threads import one_blas_thread, one_blas_thread_each
from ligeia.errors import FormatError
from ligeia.inr import INR

FREE_PARAMETERS = 2**27
"""Parameters that an INR may have whatever the size of its stream."""
PARAMETERS_AT_ONCE = 2**24
SAMPLES_AT_ONCE = 2**20
BLOCKS_AT_ONCE = 64
WHOLE_SAMPLE = 1e-6
"""Largest distance, in samples, of the start from a whole sample: times in seconds are rounded."""


@checks_types
def decode(
    stream: bytes | Stream, *, salvage: bool = False, enhance: str = "auto", max_seconds: float | None = None
) -> INR:
    """Return the INR that a `.lig` stream holds.

    With `salvage`, damaged or missing blocks become silence (`report["lost"]` lists them) instead of an error. A small
    network that knows speech rewrites what low rates leave of it (`codec.synthesis`): with `enhance` "auto" where it
    has learned, with "on" there or not at all, with "off" never, which is the sound that the format defines;
    `report["enhanced"]` says whether it did.

    A stream whose sound is out of all proportion to its bytes is refused (`codec.budget`), unless `max_seconds` allows
    as many; then a longer one is refused.

    Raises:
        FormatError: the stream is not valid. With `salvage`: not even its header is. Or it claims too much.
        InputError: `enhance` is "on" and the network has not learned such streams, or its weights are missing.

    Example:
        >>> import ligeia
        >>> tone = ligeia.Audio([[0.0, 0.1, 0.2, 0.1] * 200], rate=8000)
        >>> decode(ligeia.encode(tone)).render().sample_count
        800
    """
    parsed = enhanced(parse(stream, salvage=salvage), enhance)
    check_output(parsed, parsed.header.rate, parsed.header.segments.sample_count, max_seconds)
    blocks = range(parsed.header.segments.count)
    inr = make_inr(parsed, blocks, parsed.header.segments)
    for number, reason in () if parsed.salvaged else parsed.faults.within(blocks):
        raise damaged(parsed, number, reason)
    return replace(inr, report={"lost": parsed.lost, **inr.report})


def make_inr(parsed: Stream, numbers: range, segments: Segments) -> INR:
    """Return the INR of the blocks `numbers`, which lie as `segments` says; those that are not valid are silent.

    They are noted in the faults of the stream.

    Raises:
        FormatError: all would take far more memory than the stream has bytes.
    """
    header, payloads = parsed.header, parsed.payloads
    _check_size(parsed, len(numbers))
    with one_blas_thread():
        unpacked = unpack_blocks(payloads, numbers, header)
    parsed.faults.reasons.update(unpacked.invalid)
    report = {"enhanced": is_enhanced(parsed)}
    return INR(header.spec, unpacked.parameters, header.rate, segments, unpacked.gains, report)


def _check_size(parsed: Stream, count: int) -> None:
    """Refuse an INR that is far larger than its stream: silent and lost blocks, and codes, take few bytes."""
    header = parsed.header
    parameters = count * header.spec.parameters
    per_byte = min(header.coding.parameters_per_byte, TRANSFORM_PARAMETERS_PER_BYTE)
    if parameters > FREE_PARAMETERS + per_byte * parsed.total_bytes:
        raise FormatError(
            f"{parsed.total_bytes} bytes would become {parameters} parameters, nearly all silent, lost or a model's: "
            "decode it piece by piece"
        )


def decode_pieces(
    stream: bytes | Stream,
    rate: int | None = None,
    *,
    start: float = 0.0,
    stop: float | None = None,
    salvage: bool = False,
    enhance: str = "auto",
    max_seconds: float | None = None,
) -> "Pieces":
    """Return the sound from `start` to `stop` (seconds) at `rate` Hz in pieces, float32 `[channels, n]`.

    Together they are `decode(stream, enhance=enhance).render(rate, start=start, stop=stop)`, but in
    bounded memory: only the blocks of the running piece are unpacked. A damaged stream gives what comes before the
    damage, and then raises `FormatError`, which says up to which second it is whole. With `salvage` damaged blocks are
    silent; `lost` of what is returned names those that have been found so far. More sound, or work, than the bytes
    justify is refused (`codec.budget`), unless `max_seconds` allows as many.

    Raises:
        FormatError: the header is not valid, bytes follow the last block, or they do not justify what they ask for.
        InputError: `rate`, `start` or `stop` is out of range; or as `decode`.
        MissingExtra: the network needs torch, which is not installed.

    Example:
        >>> import ligeia
        >>> tone = ligeia.Audio([[0.0, 0.1, 0.2, 0.1] * 200], rate=8000)
        >>> sum(piece.shape[1] for piece in decode_pieces(ligeia.encode(tone), start=0.025))
        600
    """
    if not isinstance(stream, Stream):
        stream = parse(stream, salvage=True) if salvage else open_stream(Source(BytesIO(checked_bytes(stream))))
    elif salvage:
        stream = parse(stream, salvage=True)
    rate = stream.header.rate if rate is None else checked_rate(rate)
    check_budget(stream, rate, (start, stop), max_seconds=max_seconds)
    return Pieces(enhanced(stream, enhance), rate, (start, stop))


class Pieces(Iterator[NDArray[np.float32]]):
    """The sound of a stream in pieces, float32 `[channels, n]`; see `decode_pieces`."""

    def __init__(self, parsed: Stream, rate: int, times: tuple[float, float | None]) -> None:
        self._parsed = parsed
        self._pieces = one_blas_thread_each(_pieces(parsed, rate, times))

    def __next__(self) -> NDArray[np.float32]:
        return next(self._pieces)

    @property
    def lost(self) -> list[int]:
        """Numbers of the blocks that are missing, damaged or not valid, as far as they have been read."""
        return self._parsed.lost


def _pieces(parsed: Stream, rate: int, times: tuple[float, float | None]) -> Iterator[NDArray[np.float32]]:
    header = parsed.header
    seconds = header.segments.sample_count / header.rate
    part = times[0], count_samples(seconds, rate, *times)
    sampled = partial(_sampled, parsed)
    resampled = rate < header.rate
    if resampled:
        rates = header.rate, rate
        pieces = resampled_part(sampled, rates, part, seconds=seconds, channels=header.spec.channels)
    else:
        pieces = sampled(part[0], rate, part[1])
    yield from pieces if parsed.salvaged else _up_to_damage(parsed, pieces, (part[0], rate), resampled)


def _up_to_damage(
    parsed: Stream, pieces: Iterator[NDArray[np.float32]], grid: tuple[float, int], resampled: bool
) -> Iterator[NDArray[np.float32]]:
    """Yield `pieces`, whose samples lie on the `grid` (start in seconds, rate), up to where damage is heard."""
    start, rate = grid
    done = 0
    for piece in pieces:
        error = damage_in(parsed, rate, (start + done / rate, piece.shape[1]), resampled=resampled)
        if error is not None:
            kept = ceil(round((error.whole_seconds - start) * rate, 6)) - done
            if kept > 0:
                yield piece[:, :kept]
            raise error
        yield piece
        done += piece.shape[1]


def damage_in(parsed: Stream, rate: int, part: tuple[float, int], *, resampled: bool) -> Damaged | None:
    """Return the error of the damage, as far as it is known, in a `part` (start in seconds, samples at `rate` Hz)."""
    header, (start, count) = parsed.header, part
    around = 1 + (ceil(CONTEXT / rate * header.rate) if resampled else 0)  # cross-fades begin half a sample early
    reach = header.coding.reach_samples(header.spec) + around
    begin, end = start * header.rate, (start + count / rate) * header.rate
    faults = parsed.faults.within(_touched(header.segments, begin, end, reach))
    return damaged(parsed, *faults[0], around) if faults and count else None


def _touched(segments: Segments, begin: float, end: float, reach: int) -> range:
    """Return the blocks that are heard from sample `begin` to `end` if each reaches beyond itself by `reach`."""
    low = floor((begin - segments.length - reach) / segments.hop) + 1
    high = ceil((end + reach) / segments.hop)
    return range(max(low, 0), max(min(high, segments.count), 0))


def _sampled(parsed: Stream, start: float, rate: int, count: int) -> Iterator[NDArray[np.float32]]:
    """Yield the function at `start` + n / `rate` seconds, n < `count`; zeros outside the sound."""
    first = round(start * rate)
    if rate == parsed.header.rate and abs(start * rate - first) < WHOLE_SAMPLE:
        pieces = _stored_samples(parsed, range(first, first + count))
        if pieces is not None:
            yield from pieces
            return
    step = _samples_at_once(parsed, rate)
    for done in range(0, max(count, 1), step):
        yield _evaluate_part(parsed, start + done / rate, 1 / rate, min(step, count - done))


def _stored_samples(parsed: Stream, samples: range) -> Iterator[NDArray[np.float32]] | None:
    """Return samples of the sound, zeros outside it, where its coding has them without evaluating the function."""
    header, hop = parsed.header, parsed.header.segments.hop
    inside = range(max(samples.start, 0), min(samples.stop, header.segments.sample_count))
    if not inside:
        return iter([np.zeros((header.spec.channels, len(samples)), np.float32)])
    blocks = range(inside.start // hop, (inside.stop - 1) // hop + 1)
    pieces = header.coding.samples(parsed.payloads, blocks, header, parsed.faults)
    return None if pieces is None else _cut(pieces, blocks.start * hop, samples, inside, header.spec.channels)


def _cut(
    pieces: Iterator[NDArray[np.float32]], begin: int, samples: range, inside: range, channels: int
) -> Iterator[NDArray[np.float32]]:
    """Cut `pieces`, which start at the sample `begin`, to the range `inside`; zeros in the rest of `samples`."""
    if inside.start > samples.start:
        yield np.zeros((channels, inside.start - samples.start), np.float32)
    for piece in pieces:
        end = begin + piece.shape[1]
        yield piece[:, max(inside.start - begin, 0) : min(inside.stop, end) - begin]
        begin = end
    if samples.stop > inside.stop:
        yield np.zeros((channels, samples.stop - inside.stop), np.float32)


def _samples_at_once(parsed: Stream, rate: int) -> int:
    """Return the length of a piece: few enough samples, and few enough blocks to unpack for them."""
    header = parsed.header
    blocks = max(min(BLOCKS_AT_ONCE, PARAMETERS_AT_ONCE // header.spec.parameters), 1)
    within = blocks * header.segments.hop * rate // header.rate
    work = header.coding.work(header, rate / header.rate) / (header.segments.length * rate / header.rate)
    quick = int(WORK_AT_ONCE / max(work, 1.0))
    return max(min(SAMPLES_AT_ONCE // header.spec.channels, within, quick), 1)


def _evaluate_part(parsed: Stream, first: float, step: float, count: int) -> NDArray[np.float32]:
    """Return the sound at `first` + n `step` seconds, n < `count`, from the blocks that these instants touch."""
    header, segments = parsed.header, parsed.header.segments
    last = first + (count - 1) * step
    # A sample more on either side: cross-fades begin half a sample early, and times are rounded.
    reach = header.spec.reach_samples + 1
    low = max(int((first * header.rate - segments.overlap - reach) // segments.hop), 0)
    high = min(int((last * header.rate + reach) // segments.hop) + 1, segments.count)
    if count == 0 or high <= low:
        return np.zeros((header.spec.channels, count), np.float32)
    begin = low * segments.hop
    length = min(high * segments.hop + segments.overlap, segments.sample_count) - begin
    part = Segments(length, segments.hop, segments.overlap)
    return make_inr(parsed, range(low, high), part).evenly(first - begin / header.rate, step, count)


def decoded_snr(stream: bytes | Stream, sound: Sound, on_share: Callable[[float], object] | None = None) -> float:
    """Return the SNR in dB of what `stream` decodes to against the sound that it was made from, sample by sample.

    `on_share` is called with the share that has been decoded.
    """
    signal = error = 0.0
    start = 0
    for piece in decode_pieces(stream, max_seconds=inf):
        original = sound.read(start, start + piece.shape[1])
        signal += float(np.square(original, dtype=np.float64).sum())
        error += float(np.square(original - piece, dtype=np.float64).sum())
        start += piece.shape[1]
        if on_share is not None:
            on_share(start / sound.sample_count)
    return snr_from_energies(signal, error)
