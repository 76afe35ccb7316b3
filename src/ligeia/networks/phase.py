"""The phase: a monotone function of time that the sines of `Phased` are functions of.

It is the sum of a straight line and of one slow sine unit for each logarithm of a slope. A place tau in a block of
`length` samples, 1/2 more than the number of a sample, becomes the place phi(tau). Nothing is bent within `edge`
samples of both ends, where neighbouring blocks overlap; phi(0) = 0 and phi(length) = length.
"""

from dataclasses import dataclass
from functools import cached_property
from math import pi
from typing import Any

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.floating[Any]]
Integers = NDArray[np.int64]

MOST_SLOPE = 1.0
"""Largest size of the logarithm of a slope; larger ones count as this."""
HALVINGS = 60
"""Steps of the search for an inverse, at most: each is at least as good as halving an interval."""
NEAR = 1e-9
"""Samples by which an inverse may be off."""


@dataclass(frozen=True)
class Phase:
    """The phases of some blocks, each with its own slopes."""

    slopes: Reals
    """Logarithms of the slopes `[blocks, units]`, relative to the block's mean."""
    length: int
    """Samples of a block."""
    edge: int
    """Samples at both ends in which nothing is bent."""

    @property
    def spacing(self) -> float:
        """Samples from one unit to the next."""
        return (self.length - 2 * self.edge) / (int(self.slopes.shape[1]) + 1)

    @cached_property
    def bends(self) -> Reals:
        """Slope of the phase less 1 at each unit, and at both ends (0), `[blocks, units + 2]`."""
        slopes = np.exp(np.clip(self.slopes, -MOST_SLOPE, MOST_SLOPE))
        return np.pad(slopes / slopes.mean(axis=1, keepdims=True) - 1, ((0, 0), (1, 1)))

    @cached_property
    def _sums(self) -> Reals:
        """Integrals of the bends up to each unit, in spacings, `[blocks, units + 2]`."""
        steps = (self.bends[:, 1:] + self.bends[:, :-1]) / 2
        return np.pad(np.cumsum(steps, axis=1), ((0, 0), (1, 0)))

    @cached_property
    def is_straight(self) -> NDArray[np.bool_]:
        """Blocks in which nothing is bent, `[blocks]`."""
        return np.asarray(~self.bends.any(axis=1))

    def at(self, block: Integers, places: Reals) -> Reals:
        """Return the phase at `places` of blocks, arrays of one shape, or that broadcast."""
        unit, part = self._unit(places)
        low, high = self.bends[block, unit], self.bends[block, unit + 1]
        wave = part / 2 - np.sin(pi * part) / (2 * pi)
        bent: Reals = self._sums[block, unit] + low * part + (high - low) * wave
        return places + self.spacing * bent

    def slope(self, block: Integers, places: Reals) -> Reals:
        """Return the derivative of the phase, which is above 0."""
        unit, part = self._unit(places)
        low, high = self.bends[block, unit], self.bends[block, unit + 1]
        slope: Reals = 1 + low + (high - low) * (0.5 - np.cos(pi * part) / 2)
        return slope

    def series(self, block: Integers, places: Reals, order: int) -> Reals:
        """Return the coefficients of the power series of `slope` around each place, `[order + 1, n]`."""
        unit, part = self._unit(places)
        bent = (places > self.edge) & (places < self.length - self.edge)
        half = np.where(bent, self.bends[block, unit + 1] - self.bends[block, unit], 0.0) / 2
        terms, factor = [self.slope(block, places)], np.ones_like(half)
        for k in range(1, order + 1):
            factor = factor * (pi / self.spacing) / k
            wave = (np.sin, np.cos)[(k + 1) % 2](pi * part) * (1, 1, -1, -1)[(k - 1) % 4]
            terms.append(half * factor * wave)
        return np.stack(terms)

    def inverse(self, block: Integers, phases: Reals) -> Reals:
        """Return the places at which blocks have these phases: Newton's method, kept within a shrinking interval."""
        low, high = np.zeros_like(phases), np.full_like(phases, float(self.length))
        places = np.clip(phases, low, high)
        for _ in range(HALVINGS):
            error = self.at(block, places) - phases
            if np.abs(error).max(initial=0.0) < NEAR:
                break
            low, high = np.where(error < 0, places, low), np.where(error > 0, places, high)
            step = places - error / self.slope(block, places)
            places = np.where((step > low) & (step < high), step, (low + high) / 2)
        return places

    def _unit(self, places: Reals) -> tuple[Integers, Reals]:
        """The last unit before each place (0: the start of what is bent), and the part of the way to the next."""
        units = self.slopes.shape[1]
        way = np.clip((places - self.edge) / self.spacing, 0, units + 1)
        unit = np.minimum(way.astype(np.int64), units)
        return unit, way - unit
