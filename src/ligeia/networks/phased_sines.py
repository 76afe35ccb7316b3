"""The phased sine network in numpy: windowed sines at the instants that the phase makes of others, and derivatives."""

from collections.abc import Mapping
from math import factorial

import numpy as np
from numpy.typing import NDArray

from ligeia.networks.phase import Integers, Phase, Reals
from ligeia.networks.phased import Phased
from ligeia.networks.windowed_sines import SLACK, WindowedSines

POINTS_AT_ONCE = 2**16
"""Instants that are evaluated together: it bounds the memory."""


class PhasedSines:
    """The blocks of a phased network as one function of seconds, from the start of the sound.

    `parameters [blocks, ...]` and `gains [blocks]` are float32 arrays; the function is 0 outside of `sample_count`
    samples at `rate` Hz.
    """

    def __init__(
        self,
        spec: Phased,
        parameters: Mapping[str, NDArray[np.float32]],
        gains: NDArray[np.float32],
        rate: int,
        sample_count: int,
    ) -> None:
        self.spec, self.rate, self.sample_count = spec, rate, sample_count
        self.phase = Phase(parameters["phase"].astype(np.float64), spec.block_samples, spec.edge)
        self.sines = WindowedSines(spec, parameters, gains, rate, len(gains) * spec.block_samples)

    def at(self, seconds: Reals) -> NDArray[np.float32]:
        """Amplitudes `[channels, n]` at `seconds [n]`, in any order."""
        values = np.zeros((self.spec.channels, len(seconds)), np.float32)
        inside = self._inside(seconds)
        for first in range(0, len(inside), POINTS_AT_ONCE):
            chosen = inside[first : first + POINTS_AT_ONCE]
            block, places = self._places(seconds[chosen])
            sines = self.sines.at(self._bent_seconds(block, places))
            values[:, chosen] = sines * np.sqrt(self.phase.slope(block, places)).astype(np.float32)
        return values

    def evenly(self, first: float, step: float, count: int) -> NDArray[np.float32]:
        """Amplitudes `[channels, count]` at `first` + n `step` seconds."""
        if self.phase.is_straight.all():
            return self._cut(self.sines.evenly(first, step, count), first, step)
        return self.at(first + np.arange(count) * step)

    def derivative(self, seconds: Reals, order: int) -> Reals:
        """The derivative of this order, float64 `[channels, n]`, per second^order: by power series, in samples."""
        values = np.zeros((self.spec.channels, len(seconds)))
        inside = self._inside(seconds)
        block, places = self._places(seconds[inside])
        bent = self._bent_seconds(block, places)
        outer: list[Reals] = [self.sines.derivative(bent, k) / float(self.rate) ** k for k in range(order + 1)]
        outer = [derived / factorial(k) for k, derived in enumerate(outer)]
        slopes = self.phase.series(block, places, order)
        inner = np.concatenate([np.zeros((1, len(places))), slopes[:-1] / np.arange(1, order + 1)[:, None]])
        composed = _composed(outer, inner)
        root = _root(slopes)
        last: Reals = sum(composed[:, k] * root[order - k] for k in range(order + 1))
        values[:, inside] = last * factorial(order) * float(self.rate) ** order
        return values

    def _inside(self, seconds: Reals) -> Integers:
        points = seconds * self.rate
        return np.flatnonzero((points >= -SLACK) & (points < self.sample_count - SLACK))

    def _places(self, seconds: Reals) -> tuple[Integers, Reals]:
        """The block of each instant, and the place in it, half a sample behind the samples."""
        points, length = seconds * self.rate + 0.5, self.spec.block_samples
        block = np.clip((points // length).astype(np.int64), 0, len(self.phase.slopes) - 1)
        return block, points - block * length

    def _bent_seconds(self, block: Integers, places: Reals) -> NDArray[np.float64]:
        """The instants of the windowed sines."""
        points = self.phase.at(block, places) + block * self.spec.block_samples - 0.5
        return np.asarray(points / self.rate, np.float64)

    def _cut(self, values: NDArray[np.float32], first: float, step: float) -> NDArray[np.float32]:
        """Silence what lies behind the sound's end, which the windowed sines reach beyond."""
        points = (first + np.arange(values.shape[1]) * step) * self.rate
        values[:, points >= self.sample_count - SLACK] = 0
        return values


def _composed(outer: list[Reals], inner: Reals) -> Reals:
    """The power series `[channels, order + 1, n]` of one of another, `[order + 1, n]`, that begins with 0.

    `outer` are the coefficients of the first, `[channels, n]` each.
    """
    order = len(inner) - 1
    total = np.zeros((len(outer[0]), *inner.shape))
    for k in range(order, -1, -1):  # Horner's scheme, truncated
        shifted = np.zeros_like(total)
        for power in range(1, order + 1):
            shifted[:, power] = sum(total[:, power - m] * inner[m] for m in range(1, power + 1))
        total = shifted
        total[:, 0] += outer[k]
    return total


def _root(values: Reals) -> Reals:
    """The power series of the square root of another, `[order + 1, n]`, whose first coefficient is above 0."""
    root = np.empty_like(values)
    root[0] = np.sqrt(values[0])
    for k in range(1, len(values)):
        root[k] = (values[k] - sum(root[m] * root[k - m] for m in range(1, k))) / (2 * root[0])
    return root
