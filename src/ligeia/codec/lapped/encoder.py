"""A sound as a stream of the lapped network, as large as was asked for, or as good."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, inf, log2
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.segments import Segments
from ligeia.audio.signal import Sound
from ligeia.codec.container import CODED_PER_BYTE, Block, Coding, Header, write_block, write_header
from ligeia.codec.lapped.analysis import Analysis, analyse_for_coding, lapped_spec
from ligeia.codec.lapped.coders import Meter
from ligeia.codec.lapped.payload import HEAD_BYTES, MAX_STEP, Coded, model_of, pack
from ligeia.codec.lapped.profiles import Profile
from ligeia.codec.lapped.quantiser import MAX_WEIGHT, ZERO_LEVEL, levels_of, quantised, restored, steps_of
from ligeia.codec.lapped.spread import least_count, mixed, spread
from ligeia.codec.lapped.traversal import Grid, Numbers, traverse
from ligeia.errors import InputError
from ligeia.fitting.group import snr_from_energies

Whole = NDArray[np.integer]
Reals = NDArray[np.floating]

FRAME_BYTES = 9
"""Marker, number, length and checksum of a block, most often."""
WORD_BYTES = 4
"""What coded symbols waste at both ends of a block, on average: they come in words of 4 bytes, and begin with 3."""
OVERSHOOT = 1.01
"""A stream may be so much larger than was asked for where that comes nearer."""
TYPICAL_LEVEL = 18
"""Where the level of a band often lies, 2^-6: from it the step for which splits are chosen."""
START_STEPS = (280, 120)
"""Where the search for a step begins, without and with levels."""
AT_ONCE = 2**20
"""Weights of blocks that are coded together: it bounds the memory."""


@dataclass(frozen=True)
class LappedReport:
    """What encoding did."""

    snr_db: float
    """SNR of the decoded stream."""
    step: int
    """Exponent of the steps, in sixteenths of an octave; where blocks differ, of the finest."""
    seconds: float
    reached: bool = True
    """Whether the target was within reach."""


class LappedEncoder:
    """A sound on its way into a stream: analysed once, quantised as often as the target asks for.

    Raises:
        InputError: the sound has no samples.
    """

    def __init__(self, sound: Sound, profile: Profile, *, frame_seconds: float, dead: float) -> None:
        if sound.frames < 1:
            raise InputError("the sound has no samples")
        self.sound, self.dead = sound, dead
        self.spec = lapped_spec(sound.rate, sound.channels, sound.frames, frame_seconds=frame_seconds)
        self.grid = Grid(self.spec.frame, self.spec.frames, sound.channels, sound.rate, profile)
        self.segments = Segments(sound.frames, hop=self.spec.block_samples)
        self.header = Header(self.spec, sound.rate, self.segments, Coding(profile.wire_id))
        self.start = START_STEPS[profile.levelled]
        self.refine(self.start)

    def _analysed(self, step: int) -> Analysis:
        exponent = step + self.grid.profile.slope * TYPICAL_LEVEL
        return analyse_for_coding(self.sound, self.spec, step=2.0 ** (exponent / 16 - ZERO_LEVEL))

    def _least(self) -> int:
        """The least exponent in whose steps every weight can be stored."""
        largest = 0.0
        for some in self.groups():
            weights = self.analysis.weights[some]
            finest = np.zeros(len(weights), np.int64)
            sizes = np.abs(weights) / steps_of(self.grid, finest, levels_of(weights, self.grid))
            largest = max(largest, float(sizes.max()))
        return max(ceil(16 * log2(max(largest, 1e-30) / MAX_WEIGHT)), 0)

    def groups(self) -> Iterator[slice]:
        """All blocks, a few at a time."""
        size = max(AT_ONCE // self.spec.parameters, 1)
        return (slice(first, first + size) for first in range(0, self.segments.count, size))

    def coded(self, steps: int | Whole, some: slice) -> Coded:
        """Some blocks in steps of the exponent `steps` (or `steps [blocks]`, each in its own)."""
        analysis, weights = self.analysis, self.analysis.weights[some]
        own = np.broadcast_to(steps, self.segments.count)[some]
        levels = levels_of(weights, self.grid)
        whole = quantised(weights, self.grid, own, levels, dead=self.dead)
        return Coded(own, analysis.rotated[some], Numbers(analysis.splits[some], levels, whole))

    def block_bytes(self, step: int) -> Reals:
        """How long blocks will be, about, `[blocks]`."""
        return np.concatenate([self._metered(self.coded(step, some)) for some in self.groups()])

    def _metered(self, coded: Coded) -> Reals:
        meter, empty = Meter(len(coded.steps)), silent(coded.numbers)
        if not empty.all():
            traverse(meter, self.grid, coded.steps, model_of(self.grid), coded.numbers)
        sizes = np.maximum(meter.bits / 8 + HEAD_BYTES + WORD_BYTES, self.shortest)
        return np.where(empty, 0, sizes) + FRAME_BYTES

    @property
    def shortest(self) -> int:
        """Bytes of a payload at least."""
        return -(-self.spec.parameters // CODED_PER_BYTE)

    def block_errors(self, step: int) -> Reals:
        """Energy of what is lost, `[blocks]`: the transform is orthonormal, so that of weights is that of samples."""
        errors = []
        for some in self.groups():
            coded = self.coded(step, some)
            places = np.arange(self.segments.count)[some]
            difference = restored(coded.numbers, self.grid, coded.steps, places) - self.analysis.weights[some]
            errors.append(np.square(difference, dtype=np.float64).sum(axis=(1, 2, 3)))
        return np.concatenate(errors)

    def _energy(self) -> float:
        return sum(float(np.square(self.analysis.weights[some], dtype=np.float64).sum()) for some in self.groups())

    def steps_for_rate(self, kbps: float) -> tuple[Whole, bool]:
        """The exponents `[blocks]` whose stream comes nearest to `kbps`, hardly above it, and whether any do."""
        wanted = kbps * 125 * self.sound.frames / self.sound.rate - len(write_header(self.header))
        bytes_of = lru_cache(maxsize=None)(self.block_bytes)

        def excess(step: int) -> float:
            return log2(float(bytes_of(step).sum()) / max(wanted, 1e-3))

        step = searched(excess, self.start, self.least)
        fine, coarse = bytes_of(step), bytes_of(min(step + 1, MAX_STEP))
        count = least_count(lambda count: mixed(fine, coarse, count) <= wanted, len(fine))
        total, larger = (mixed(fine, coarse, max(number, 0)) for number in (count, count - 1))
        if larger - wanted < wanted - total and larger <= OVERSHOOT * wanted:
            count = max(count - 1, 0)
        self.start = step
        return step + (spread(count, len(fine)) & (step < MAX_STEP)), total <= wanted

    def steps_for_snr(self, snr_db: float) -> tuple[Whole, bool]:
        """The coarsest exponents `[blocks]` that reach `snr_db`, and whether any do."""
        energy = self._energy()
        wanted = energy * 10 ** (-snr_db / 10)
        errors_of = lru_cache(maxsize=None)(self.block_errors)

        def excess(step: int) -> float:
            error = float(errors_of(step).sum())
            return inf if error <= 0 else log2(max(wanted, 1e-300) / error) / 2

        step = searched(excess, self.start, self.least)
        fine, coarse = errors_of(step), errors_of(min(step + 1, MAX_STEP))
        blocks = len(fine)
        spared = least_count(lambda count: mixed(fine, coarse, blocks - count) <= wanted, blocks)
        self.start = step
        return step + (spread(blocks - spared, blocks) & (step < MAX_STEP)), float(fine.sum()) <= wanted

    def steps_for(self, kbps: float | None, snr_db: float | None, step: int | None) -> tuple[Whole, bool]:
        """The exponents `[blocks]` for one of: a rate, an SNR, an exponent; and whether that is within reach."""
        if kbps is not None:
            return self.steps_for_rate(kbps)
        if snr_db is not None:
            return self.steps_for_snr(snr_db)
        assert step is not None, "one target is given"
        own = min(max(step, self.least), MAX_STEP)
        return np.full(self.segments.count, own), own == step

    def refine(self, step: int) -> None:
        """Choose the splits again, for steps as they will be."""
        self.analysis = self._analysed(step)
        self.least = self._least()

    def stream(self, steps: Whole) -> bytes:
        """The stream in steps of the exponents `steps [blocks]`."""
        parts = [write_header(self.header)]
        for some in self.groups():
            coded = self.coded(steps, some)
            empty = silent(coded.numbers)
            payloads = [b""] * len(empty) if empty.all() else pack(coded, self.grid)
            for k, payload in enumerate(payloads):
                padded = payload + bytes(max(-(-(self.shortest - len(payload)) // 4) * 4, 0))
                parts.append(write_block(Block(some.start + k, b"" if empty[k] else padded)))
        return b"".join(parts)

    def snr_of(self, steps: Whole) -> float:
        """SNR in dB after decoding."""
        errors = [np.where(steps == step, self.block_errors(step), 0).sum() for step in np.unique(steps).tolist()]
        return snr_from_energies(self._energy(), float(np.sum(errors)))


def silent(numbers: Numbers) -> NDArray[np.bool_]:
    """Blocks in which nothing is, `[blocks]`."""
    heard = numbers.weights.any(axis=(1, 2, 3)) | numbers.levels.any(axis=(1, 2, 3))
    return np.logical_not(heard)


def searched(excess: Callable[[int], float], start: int, least: int = 0) -> int:
    """The largest exponent from `least` on at which `excess` is not below 0; `least` where there is none.

    `excess` falls by about 1 in 16 to 40 exponents: a secant search that ends in a bracket of two neighbours.
    """
    low, high = least - 1, MAX_STEP + 1  # excess >= 0 at low, < 0 at high
    known: dict[int, float] = {}
    step = start
    while high - low > 1:
        step = min(max(step, low + 1), high - 1)
        known[step] = excess(step)
        if known[step] >= 0:
            low = step
        else:
            high = step
        step = _next(known, low, high)
    return max(low, least)


def _next(known: dict[int, float], low: int, high: int) -> int:
    """Where the next guess lies: on the line through both ends of the bracket, or some way outwards."""
    if low in known and high in known:
        share = known[low] / max(known[low] - known[high], 1e-9)
        return round(low + min(max(share, 0.1), 0.9) * (high - low))  # so that both ends come nearer
    end = low if low in known else high
    value = known[end]
    if abs(value) == inf:
        return (low + high) // 2
    further = 1 << len(known)  # a target out of reach is soon known as such
    return round(end + value * 30) + (further if end == low else -further)


def encode_lapped(
    sound: Sound,
    profile: Profile,
    *,
    frame_seconds: float,
    dead: float,
    kbps: float | None = None,
    snr_db: float | None = None,
    step: int | None = None,
) -> tuple[bytes, LappedReport]:
    """A sound as a stream with one of: a rate in 1000 bit/s, an SNR in dB, an exponent of the steps.

    Raises:
        InputError: the sound has no samples.
    """
    started = monotonic()
    encoder = LappedEncoder(sound, profile, frame_seconds=frame_seconds, dead=dead)
    steps, reached = encoder.steps_for(kbps, snr_db, step)
    encoder.refine(int(steps[0]))  # the splits suited other steps
    steps, reached = encoder.steps_for(kbps, snr_db, step)
    report = LappedReport(encoder.snr_of(steps), int(steps.min()), monotonic() - started, reached)
    return encoder.stream(steps), report
