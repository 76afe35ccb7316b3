"""Samples to coefficients: frame size, window switching, mid/side, scale factors.

An `Analysis` is a value: what is decided about a sound for steps of a certain size. It keeps the coefficients of short
sounds; those of long ones are computed again, a few blocks at a time, whenever they are needed: reading and the MDCT
take little time beside window switching and entropy coding.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import ceil, log2, prod

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.signal import Sound
from ligeia.codec.header import MAX_TRANSFORM_FRAMES, MAX_TRANSFORM_PARAMETERS
from ligeia.codec.transform.empty_bands import EmptyBands, levelled_noise
from ligeia.codec.transform.envelope import priced_scale_factors
from ligeia.codec.transform.quantiser import MAX_SIZE, to_mid_side
from ligeia.codec.transform.scale_factors import (
    MIN_STEP,
    UNIT_SCALE_FACTOR,
    BlockFormat,
    Integers,
    Reals,
    band_levels,
    scale_factors_of,
    step_exponents,
)
from ligeia.dsp.mdct import mdct, window_sequence
from ligeia.dsp.window_switching import bits_cost, choose_switching
from ligeia.errors import InputError
from ligeia.networks.lapped import FRAME_STEP, MAX_FRAME, MAX_FRAMES, Lapped

OnShare = Callable[[float], None] | None
"""Called with the share of a call's work that is done."""

BLOCK_SECONDS = 1.5
"""A block is this long at most: three seconds are two blocks."""
SPARE = MAX_FRAMES + 2
"""Numbers of a block, at most, that are not coefficients."""
MAX_SAMPLE = 2.0**30
SAMPLES_AT_ONCE = 2**22
"""Samples that are analysed together: it bounds the memory."""
COEFFICIENTS_AT_ONCE = 2**19
"""Coefficients that are measured together."""
KEPT_COEFFICIENTS = 2**24
"""Most coefficients that an analysis keeps (64 MiB); where there are more, it computes them again."""
EMPHASIS = 0.725
"""Window switching is chosen for the sound with its high frequencies raised, whose steps are more alike."""
PENALTIES = (0.0, 4.0, 10.0, 25.0, 40.0)
"""Bits by which each switching has to be better: what the contexts lose where it changes."""
TYPICAL_SCALE_FACTOR = 16
"""A typical scale factor, 2^-8: the step for which window switching is chosen follows from it."""


def choose_spec(
    rate: int, channels: int, samples: int, *, frame_seconds: float, block_seconds: float = BLOCK_SECONDS
) -> Lapped:
    """Return the network for a number of samples: frames of about `frame_seconds`, blocks of `block_seconds` at most.

    Both are shorter where a decoder would not accept that many numbers (FORMAT.md §6). No frame is longer than a sound.
    """
    longest = min(MAX_FRAME, (MAX_TRANSFORM_PARAMETERS - SPARE) // channels, -(-samples // FRAME_STEP) * FRAME_STEP)
    size = min(max(round(frame_seconds * rate / FRAME_STEP), 1), longest // FRAME_STEP) * FRAME_STEP
    most = min(MAX_TRANSFORM_FRAMES // channels, (MAX_TRANSFORM_PARAMETERS - SPARE) // (size * channels))
    most = min(max(int(block_seconds * rate / size), 1), most)
    frames = -(-samples // size)
    blocks = -(-frames // most)
    return Lapped(channels=channels, frame_size=size, frames=-(-frames // blocks))


@dataclass(frozen=True, eq=False)
class Analysis:
    """Decisions about the blocks of a sound, and their coefficients."""

    sound: Sound
    spec: Lapped
    switching: NDArray[np.int8]
    """Window switching `[blocks, frames]`."""
    mid_side: NDArray[np.bool_]
    """Blocks whose channels are mid and side, `[blocks]`."""
    scale_factors: NDArray[np.int8]
    """`[blocks, frames, channels, bands]`."""
    finest_step: int
    """The least exponent in whose steps every coefficient can be stored."""
    energy: float
    """Energy of the sound, in its coefficients."""
    kept: NDArray[np.float32] | None
    """All coefficients `[blocks, frames, channels, frame_size]`, where there is room for them."""

    def coefficients(self, blocks: slice) -> Reals:
        """Return the coefficients of some blocks, float32 `[blocks, frames, channels, frame_size]`."""
        if self.kept is not None:
            return self.kept[blocks]
        start, stop, _ = blocks.indices(len(self.switching))
        around = _with_neighbours(range(start, stop), len(self.switching))
        frames = _read_frames(self.sound, self.spec, around)
        spectra = _by_block(frames, self.spec, self.switching[around.start : around.stop].astype(np.int64))
        return to_mid_side(spectra[start - around.start : stop - around.start], self.mid_side[blocks])


@dataclass(frozen=True, kw_only=True)
class ScaleFactorRule:
    """Rule by which scale factors are chosen, besides rounding the levels of their bands."""

    price: float = 0.0
    """Price of a bit, for `envelope.priced_scale_factors`; 0: those are not used."""
    empty: EmptyBands | None = None
    """Noise to aim for in empty bands, where it is given (`empty_bands`)."""


ROUNDED = ScaleFactorRule()


def analyse(
    sound: Sound,
    spec: Lapped,
    layout: BlockFormat,
    step: int | None,
    on_share: OnShare = None,
    *,
    rule: ScaleFactorRule = ROUNDED,
) -> Analysis:
    """Return the analysis of a sound that suits steps of the exponent `step`, or with long blocks alone (None).

    Raises:
        InputError: a sample is larger than `MAX_SAMPLE`.
    """
    count = -(-sound.sample_count // spec.block_samples)
    step_size = None if step is None else _typical_step_size(step, layout)
    switching, mid_side = np.empty((count, spec.frames), np.int8), np.empty(count, bool)
    scale_factors = np.empty((count, spec.frames, spec.channels, layout.bands), np.int8)
    shape = (count, spec.frames, spec.channels, spec.frame_size)
    kept = np.empty(shape, np.float32) if prod(shape) <= KEPT_COEFFICIENTS else None
    largest, energy = 1e-30, 0.0
    for batch in batches(count, SAMPLES_AT_ONCE // (spec.block_samples * spec.channels)):
        blocks, share = slice(batch.start, batch.stop), None if on_share is None else _part(on_share, batch, count)
        spectra, switching[blocks], mid_side[blocks] = _analyse_blocks(sound, spec, batch, step_size, share)
        if kept is not None:
            kept[blocks] = spectra
        for part in _parts(len(batch), spec):
            measured = _measure(spectra[part.start : part.stop], layout, step, rule)
            scale_factors[batch.start + part.start : batch.start + part.stop] = measured[0]
            largest, energy = max(largest, measured[1]), energy + measured[2]
    finest_step = max(ceil(16 * log2(largest / MAX_SIZE)), MIN_STEP)
    return Analysis(sound, spec, switching, mid_side, scale_factors, finest_step, energy, kept)


def _typical_step_size(step: int, layout: BlockFormat) -> float:
    """The size of the steps of the exponent `step` where scale factors are typical."""
    exponent = step + (layout.profile.slope + layout.profile.loud) * TYPICAL_SCALE_FACTOR
    return float(2.0 ** (exponent / 16 - UNIT_SCALE_FACTOR))


def batches(count: int, size: int) -> Iterator[range]:
    """Cut `count` blocks in runs of at most `size`, or of one."""
    size = max(size, 1)
    return (range(first, min(first + size, count)) for first in range(0, count, size))


def _part(on_share: Callable[[float], None], batch: range, count: int) -> Callable[[float], None]:
    """Report shares of a batch as shares of the whole."""
    return lambda share: on_share((batch.start + share * len(batch)) / count)


def _parts(blocks: int, spec: Lapped) -> Iterator[range]:
    """Cut the blocks of a batch in parts whose temporary arrays are small."""
    return batches(blocks, COEFFICIENTS_AT_ONCE // spec.parameters)


def _measure(
    coefficients: Reals, layout: BlockFormat, step: int | None, rule: ScaleFactorRule
) -> tuple[Integers, float, float]:
    """The scale factors of coefficients, the largest of them in steps of the exponent 0, and their energy."""
    sizes = np.maximum.reduceat(np.abs(coefficients), layout.edges[:-1], axis=-1)
    scale_factors = scale_factors_of(coefficients, layout)
    if layout.profile.has_scale_factors and (rule.price or rule.empty):
        levels = band_levels(coefficients, layout)
        if rule.price:
            scale_factors = priced_scale_factors(levels, rule.price)
        if rule.empty and step is not None:
            scale_factors = levelled_noise(levels, sizes, scale_factors, layout, step, rule.empty)
    exponents = step_exponents(layout, np.zeros(len(coefficients), np.int64), scale_factors)
    largest = float((sizes / np.exp2(exponents / 16 - UNIT_SCALE_FACTOR)).max())
    return scale_factors, largest, float(np.square(coefficients, dtype=np.float64).sum())


def _analyse_blocks(
    sound: Sound, spec: Lapped, batch: range, step_size: float | None, on_share: OnShare
) -> tuple[Reals, Integers, NDArray[np.bool_]]:
    """Coefficients, window switching, and mid/side of a batch of blocks."""
    around = _with_neighbours(batch, -(-sound.sample_count // spec.block_samples))
    samples = _read_frames(sound, spec, around)
    if step_size is None:
        switching = np.zeros((len(around), spec.frames), np.int64)
    else:
        switching = _choose_switching(samples, spec, step_size, on_share)
    inner = slice(batch.start - around.start, batch.stop - around.start)
    spectra = _by_block(samples, spec, switching)[inner]
    mid_side = _choose_mid_side(spectra, spec)
    return to_mid_side(spectra, mid_side), switching[inner], mid_side


def _choose_switching(samples: Reals, spec: Lapped, step_size: float, on_share: OnShare) -> NDArray[np.int64]:
    """The window switching `[blocks, frames]` of samples of whole blocks."""
    raised = samples.copy()
    raised[:, 1:] -= EMPHASIS * samples[:, :-1]
    frames = raised.reshape(spec.channels, -1, spec.frame_size)
    return choose_switching(frames, spec, bits_cost(step_size), PENALTIES, on_share).reshape(-1, spec.frames)


def _with_neighbours(blocks: range, count: int) -> range:
    """The blocks that others share samples with, too."""
    return range(max(blocks.start - 1, 0), min(blocks.stop + 1, count))


def _read_frames(sound: Sound, spec: Lapped, blocks: range) -> NDArray[np.float32]:
    """The samples of blocks, float32 `[channels, samples]`, zeros behind the end of the sound."""
    first = blocks.start * spec.block_samples
    padded = np.zeros((spec.channels, len(blocks) * spec.block_samples), np.float32)
    samples = sound.read(first, min(first + padded.shape[1], sound.sample_count))
    if np.abs(samples).max(initial=0) > MAX_SAMPLE:
        raise InputError(f"samples beyond {MAX_SAMPLE:g} cannot be stored: scale the sound down")
    padded[:, : samples.shape[1]] = samples
    return padded


def _by_block(samples: Reals, spec: Lapped, switching: NDArray[np.int64]) -> Reals:
    """The MDCT of samples `[channels, samples]` of whole blocks, `[blocks, frames, channels, frame_size]`."""
    frames = samples.reshape(spec.channels, -1, spec.frame_size)
    spectra = mdct(frames, window_sequence(spec, switching))
    shape = (spec.channels, len(switching), spec.frames, spec.frame_size)
    return np.ascontiguousarray(np.moveaxis(spectra.reshape(shape), 0, 2))


def _choose_mid_side(coefficients: Reals, spec: Lapped) -> NDArray[np.bool_]:
    """Blocks in which mid and side take fewer bits than left and right, `[blocks]`."""
    if spec.channels != 2:
        return np.zeros(len(coefficients), bool)
    floor = 1e-4 * max(coefficients.max(), -coefficients.min(), 1e-9)

    def bits(values: Reals) -> Reals:
        return np.asarray(np.log2(np.abs(values) + floor).sum(axis=(1, 2, 3)))

    chosen = []
    for part in _parts(len(coefficients), spec):
        left_right = coefficients[part.start : part.stop]
        chosen.append(bits(to_mid_side(left_right, np.ones(len(part), bool))) < bits(left_right))
    return np.concatenate(chosen)
