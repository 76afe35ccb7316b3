"""Scale factors of bands that will hold noise alone: the encoder's choice, not a decoder's matter.

Where all coefficients of a band are rounded to 0, a decoder fills it with noise, whose amplitude is a part of what the
scale factor says (`Profile.empty_filling`: about two thirds). Beside bands that kept their coefficients such a band is
4 dB too soft, and as scale factors are whole octaves of amplitude, its level jumps where the sound's own hardly moves.

Here the scale factors of these bands, and of no others, are chosen for the level that the noise should have. A level is
heard over a few frames: of the two nearest scale factors each frame takes the one with which the energy around it comes
nearest to what it should be, at a small price for changes, which cost bits. The choices depend on each other, so that
frames are visited in turn, twice (iterated conditional modes, Besag 1986).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.transform.quantiser import filling_parts, is_low
from ligeia.codec.transform.scale_factors import (
    SCALE_FACTORS,
    UNIT_SCALE_FACTOR,
    BlockFormat,
    Integers,
    Reals,
    step_exponents,
)

WINDOW = ((-1, 0.25), (0, 0.5), (1, 0.25))
"""Frames over which a level is heard, and their weights: about those of ViSQOL's windows of 80 ms, for frames of 20."""
TURNS = 3
"""Every third frame is visited at once: their windows have nothing in common."""
VISITS = 2
CHANGE = 0.02
"""Squared octaves of error that a change by one octave is worth. Of 0, .02 and .06 this one was best."""


@dataclass(frozen=True, kw_only=True)
class EmptyBands:
    """Amplitude of the noise in empty bands, and the bound below which a band is empty."""

    low: float
    """The amplitude of the noise as a part of the band's own, below `Profile.noise_split_hz`."""
    high: float
    """The same above."""
    least: float
    """Steps from which on a coefficient is not rounded to 0."""


def levelled_noise(
    levels: Reals, largest: Reals, scale_factors: Integers, layout: BlockFormat, step: int, wanted: EmptyBands
) -> Integers:
    """Return scale factors chosen for noise of the `wanted` level in bands that are empty in steps of `step`.

    All arrays are `[blocks, frames, channels, bands]`: the `levels` of bands in octaves, as scale factors are but not
    rounded; the size of the `largest` coefficient of each; and the scale factors as they would be.
    """
    exponents = step_exponents(layout, np.full(len(levels), step), scale_factors)
    empty = (largest < wanted.least * np.exp2(exponents / 16 - UNIT_SCALE_FACTOR)) & (scale_factors > 0)
    parts, _ = filling_parts(layout, np.ones_like(empty))
    aims = levels + np.where(empty, np.log2(np.where(is_low(layout), wanted.low, wanted.high)), 0)
    return np.where(empty, _nearest_in_sum(aims, np.log2(parts), empty, scale_factors), scale_factors)


def _nearest_in_sum(aims: Reals, parts: Reals, empty: NDArray[np.bool_], scale_factors: Integers) -> Integers:
    """Scale factors that bring the energy around each frame near to that of `aims`; noise has their level and `parts`.

    All levels are in octaves. Bands that are not `empty` count as they should be.
    """
    below = np.clip(np.floor(aims - parts), 1, SCALE_FACTORS - 2)
    chosen = np.where(empty, np.clip(np.rint(aims - parts), 1, SCALE_FACTORS - 1), scale_factors)
    goals = _heard(_energy(aims))
    energy = np.where(empty, _energy(chosen + parts), _energy(aims))
    frames = np.arange(aims.shape[1])[:, None, None]
    for turn in [turn for _ in range(VISITS) for turn in range(TURNS)]:
        visited = empty & (frames % TURNS == turn)
        heard = _around(energy)
        costs = []
        for candidate in (below, below + 1):
            more = np.where(visited, _energy(candidate + parts) - energy, 0)
            error = sum(np.square(_octaves(_at(heard, -k) + weight * more) - _at(goals, -k)) for k, weight in WINDOW)
            changes = np.abs(candidate - _at(chosen, -1)) + np.abs(candidate - _at(chosen, 1))
            costs.append(error + CHANGE * changes)
        chosen = np.where(visited, below + (costs[1] < costs[0]), chosen)
        energy = np.where(empty, _energy(chosen + parts), energy)
    return chosen.astype(np.int64)


def _energy(levels: Reals) -> Reals:
    """Energies of levels in octaves of amplitude."""
    energy: Reals = np.exp2(2 * (levels - UNIT_SCALE_FACTOR))
    return energy


def _octaves(energy: Reals) -> Reals:
    """Levels of energies, less a constant."""
    octaves: Reals = np.log2(np.maximum(energy, 1e-30)) / 2
    return octaves


def _around(energy: Reals) -> Reals:
    """The energy that is heard at each frame."""
    return np.asarray(sum(weight * _at(energy, k) for k, weight in WINDOW))


def _heard(energy: Reals) -> Reals:
    """The same in octaves."""
    return _octaves(_around(energy))


def _at(values: Reals, later: int) -> Reals:
    """Values of frames that are one `later` (1), one earlier (-1), or the same; the ends of a block are repeated."""
    if later > 0:
        return np.concatenate([values[:, 1:], values[:, -1:]], axis=1)
    return np.concatenate([values[:, :1], values[:, :-1]], axis=1) if later < 0 else values
