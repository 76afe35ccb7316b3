"""Bytes of blocks in steps of any exponent, from those in steps of one: what spares rate control most of its trials.

The bits of a block grow with the number of its coefficients that are not 0, nearly in proportion (the rho domain of
He & Mitra 2001), and those are counted for all steps at once. One trial then tells how many bits each of them takes.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.transform.quantiser import of_coefficients
from ligeia.codec.transform.scale_factors import (
    MAX_STEP,
    MIN_STEP,
    UNIT_SCALE_FACTOR,
    BlockFormat,
    Integers,
    Reals,
    step_exponents,
)

LEAST_OF_STEP = 15
"""A coefficient is counted from 2^(-15/16) steps on, 0.52: from there it is rounded up, or a little later."""
USUAL_BITS = 4.15
"""Bits of a coefficient that is not 0, all that is said of the zeros around it included."""
OCTAVE = 0.1
"""Added to the count of a coefficient for each octave."""
FEWEST_BITS, MOST_BITS = 1.5, 10.0
FAR, FLATTER, STEEPER = 0.02, 0.6, 1.7
"""The part of the bytes from which two trials tell the slope between them, and by what they may change it."""
SCALE_FACTOR_BITS = 2.4
"""Bits of a scale factor."""


@dataclass(frozen=True, eq=False)
class Counts:
    """Coefficients of blocks that are not 0, by exponent of the steps; larger ones count a little more."""

    table: NDArray[np.float64]
    """`[blocks, MAX_STEP - MIN_STEP + 1]`."""

    def at(self, steps: Integers | int) -> Reals:
        """Return the number in each block, `[blocks]`, in steps of the exponents `steps`, one or `[blocks]`."""
        counts: Reals = self.table[np.arange(len(self.table)), np.asarray(steps) - MIN_STEP]
        return counts


def counts_of(parts: Iterable[tuple[Reals, Integers]], layout: BlockFormat) -> Counts:
    """Return the counts of blocks, given as coefficients `[blocks, frames, channels, frame_size]` and scale factors."""
    return Counts(np.concatenate([_table(*part, layout) for part in parts]))


def _table(coefficients: Reals, scale_factors: Integers, layout: BlockFormat) -> NDArray[np.float64]:
    blocks, bins = len(coefficients), MAX_STEP - MIN_STEP + 1
    none = np.zeros(blocks, np.int64)
    steps = step_exponents(layout, none, scale_factors.astype(np.int64)) - (16 * UNIT_SCALE_FACTOR + LEAST_OF_STEP)
    if layout.profile.has_scale_factors:
        steps = np.where(scale_factors > 0, steps, 1 << 20)
    # The coarsest steps in which each coefficient is not 0, as a place in the table; before the first one: in none.
    last = np.log2(np.maximum(np.abs(coefficients), np.float32(1e-30)))
    last *= 16
    last -= of_coefficients(steps.astype(np.float32), layout)
    last -= MIN_STEP - 1
    places = np.minimum(np.maximum(last, 0, out=last), bins, out=last).astype(np.int64).reshape(blocks, -1)
    places += np.arange(blocks)[:, None] * (bins + 1)
    found = np.bincount(places.ravel(), minlength=blocks * (bins + 1)).reshape(blocks, -1)[:, 1:]
    counts = found[:, ::-1].cumsum(axis=1)
    larger = counts.cumsum(axis=1) - counts  # by how many exponents coefficients are above the least that counts
    table: NDArray[np.float64] = (counts + OCTAVE / 16 * larger)[:, ::-1]
    return table


class RateCurve:
    """The bytes of blocks by exponent, from those of the last trial.

    `overhead` are bytes of each block that do not depend on the steps; before the first trial, coefficients take
    `bits_each`.
    """

    def __init__(self, counts: Counts, overhead: float, bits_each: float = USUAL_BITS) -> None:
        self._counts, self._overhead = counts, overhead
        self._learned, self._slope = False, 1.0
        self._steps: Integers = np.zeros(len(counts.table), np.int64)
        self._each = np.full(len(counts.table), bits_each / 8)
        self._bytes: Reals = overhead + counts.at(self._steps) * self._each

    def learn(self, steps: Integers | int, sizes: Reals) -> None:
        """Take in the bytes of each block, `[blocks]`, in steps of the exponents `steps`, one or `[blocks]`."""
        before, predicted, found = (float(each.sum()) for each in (self._bytes, self.at(steps), sizes))
        if self._learned and abs(predicted - before) > FAR * before:
            self._slope *= min(max((found - before) / (predicted - before), FLATTER), STEEPER)
        self._learned = True
        self._steps, self._bytes = np.broadcast_to(np.asarray(steps), sizes.shape), sizes
        counts = self._counts.at(self._steps)
        each = (sizes - self._overhead) / np.maximum(counts, 1)
        self._each = np.clip(each, FEWEST_BITS / 8, MOST_BITS / 8)

    @property
    def bits_each(self) -> float:
        """Bits of a coefficient that is not 0, on average."""
        counts = self._counts.at(self._steps)
        each = 8 * float((self._each * counts).sum()) / max(int(counts.sum()), 1)
        return each if counts.any() else USUAL_BITS

    def at(self, steps: Integers | int) -> Reals:
        """Return the bytes of each block, about, `[blocks]`."""
        more = self._counts.at(steps) - self._counts.at(self._steps)
        return np.asarray(np.maximum(self._bytes + self._slope * more * self._each, 0.0))

    def step_for(self, total: float, finest: int) -> int:
        """Return the largest exponent from `finest` on with which blocks take `total` bytes at least; or `finest`."""
        low, high = finest, MAX_STEP + 1
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if float(self.at(middle).sum()) >= total else (low, middle)
        return low
