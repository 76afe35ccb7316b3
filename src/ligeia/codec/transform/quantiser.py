"""Weights to whole numbers and back (FORMAT.md §8.3): levels of bands, steps, and noise where nothing was coded."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.transform.context_model import LEVELS
from ligeia.codec.transform.scale_factors import Fill, band_edges, band_of, exponents
from ligeia.codec.transform.syntax import Grid, Numbers

Whole = NDArray[np.integer]
Reals = NDArray[np.floating]

ZERO_LEVEL = 24
"""Level 24 and exponent 16 * 24 stand for 1."""
MAX_WEIGHT = 1 << 20
SHRINK = 0.02
"""What is taken off a size of more than one step (see `Profile.shrink` for one step)."""


@dataclass(frozen=True, kw_only=True)
class Rounding:
    """How an encoder rounds weights to whole numbers of steps."""

    dead: float
    """Sizes are rounded up from a fraction of 1/2 + `dead` on (see `quantised`)."""
    price: float = 0.0
    """If above 0: instead, what a bit is worth in squared steps (see `coders.Chooser`)."""


def levels_of(weights: Reals, grid: Grid) -> Whole:
    """Levels `[blocks, frames, channels, bands]` of weights `[blocks, frames, channels, frame]`: 24 + log2(RMS)."""
    if not grid.profile.levelled:
        return np.zeros((*weights.shape[:3], grid.bands), np.int64)
    edges = np.array(band_edges(grid.frame, grid.rate))
    energy = np.add.reduceat(np.square(weights, dtype=np.float64), edges[:-1], axis=-1) / np.diff(edges)
    levels = np.rint(np.log2(np.maximum(energy, 1e-30)) / 2).astype(np.int64) + ZERO_LEVEL
    return np.clip(levels, 0, LEVELS - 1)


def steps_of(grid: Grid, steps: Whole, levels: Whole) -> Reals:
    """Step sizes of each unit, `[blocks, frames, channels, frame]`."""
    own = exponents(grid.profile, grid.frame, grid.rate, steps, levels)
    sizes: Reals = np.exp2(own / 16 - ZERO_LEVEL)[..., band_of(grid.frame, grid.rate)]
    return sizes


def quantised(weights: Reals, grid: Grid, steps: Whole, levels: Whole, *, dead: float) -> Whole:
    """Weights in steps, rounded towards 0 a little: sizes are rounded up from a fraction of 1/2 + `dead` on."""
    sizes = np.floor(np.abs(weights) / steps_of(grid, steps, levels) + (0.5 - dead))
    whole = (np.sign(weights) * np.minimum(sizes, MAX_WEIGHT)).astype(np.int64)
    return whole * audible(levels, grid)


def audible(levels: Whole, grid: Grid) -> NDArray[np.bool_]:
    """Units that may be other than 0: those of bands that are not silent, `[..., frame]`."""
    if not grid.profile.levelled:
        return np.ones((*levels.shape[:-1], grid.frame), bool)
    return np.asarray((levels > 0)[..., band_of(grid.frame, grid.rate)])


def restored(numbers: Numbers, grid: Grid, steps: Whole, places: Whole) -> Reals:
    """Weights float32 `[blocks, frames, channels, frame]`; `places [blocks]` are the numbers of the blocks."""
    size = steps_of(grid, steps, numbers.levels)
    sizes = np.abs(numbers.weights)
    shrink = np.array([0.0, grid.profile.shrink, SHRINK])
    weights = np.sign(numbers.weights) * (sizes - shrink[np.minimum(sizes, 2)]) * size
    if grid.profile.levelled:
        weights += _noise(weights, numbers, grid, size, places)
    return np.asarray(weights, np.float32)


def _noise(weights: Reals, numbers: Numbers, grid: Grid, size: Reals, places: Whole) -> Reals:
    """What stands in place of zeros: as loud as the level of the band says, with signs that are agreed upon."""
    which, edges = band_of(grid.frame, grid.rate), np.array(band_edges(grid.frame, grid.rate))
    widths, zeros = np.diff(edges), numbers.weights == 0
    wanted = np.exp2(2.0 * (numbers.levels - ZERO_LEVEL)) * widths * (numbers.levels > 0)
    missing = np.maximum(wanted - np.add.reduceat(np.square(weights), edges[:-1], axis=-1), 0)
    count = np.add.reduceat(zeros, edges[:-1], axis=-1, dtype=np.int64)
    part, limit = _fill(grid, count == widths)
    loudness = (np.sqrt(missing / np.maximum(count, 1)) * part)[..., which]
    noise: Reals = zeros * np.minimum(loudness, limit[..., which] * size) * signs(numbers.weights.shape, places)
    return noise


def _fill(grid: Grid, empty: NDArray[np.bool_]) -> tuple[Reals, Reals]:
    """How much of what is missing is filled, and its limit in steps, for bands that are `empty [..., bands]` or not."""
    edges, profile = np.array(band_edges(grid.frame, grid.rate)), grid.profile
    low = (edges[:-1] + edges[1:]) * grid.rate < 4 * grid.frame * profile.fill_hz

    def of(fill: Fill) -> Reals:
        return np.where(low, fill.low, fill.high)

    part = np.where(empty, of(profile.fill_empty), of(profile.fill))
    return part, np.where(empty, profile.fill_empty.limit, profile.fill.limit)


def signs(shape: tuple[int, ...], places: Whole) -> Reals:
    """1 or -1 for each number of `shape` `[blocks, frames, channels, frame]`, by its place in the whole sound alone."""
    count = np.uint64(np.prod(shape[1:]))
    place = np.arange(count, dtype=np.uint64) + places.astype(np.uint64)[:, None] * count
    mixed = (place + 1) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(32)
    mixed *= np.uint64(0xD6E8FEB86659FD93)
    return (1.0 - 2.0 * (mixed >> np.uint64(63)).astype(np.float64)).reshape(shape)
