"""The windowed-sine network in numpy: at any instants, on grids, and its derivatives.

All hops of all blocks stand in one row. A point lies in one hop, and in the shared part of one other at most. Three
ways lead to the same values:

- at scattered instants the sines of a hop are summed one by one, with exp(i (a B + b) x) = exp(i a B x) exp(i b x)
  instead of one cosine for each;
- at the rate of the sound every point is a whole sample, and the inverse MDCT gives them all;
- on grids of other rates the sines of a hop, whose frequencies are equally spaced too, are summed by the chirp-z
  transform (Rabiner, Schafer & Rader 1969; Bluestein 1970): k n = (k^2 + n^2 - (k - n)^2) / 2 makes the sum a
  convolution.

Derivatives are exact. Those of a sine are sines, those of a window follow from its power series, and those of the
product from both (Leibniz); a window consists of pieces, and the one that the point lies in counts.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import ceil, factorial, isqrt, pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ligeia.dsp.mdct import Integers, Reals, WindowSequence, border_overlaps, inverse_mdct, to_switching, window_slope
from ligeia.networks.lapped import Lapped

SLACK = 1e-6
"""Samples by which a sample's own instant may be off, as times in seconds are rounded."""
_NUMBERS_AT_ONCE = 2**16
"""Numbers of a batch of points or hops: a batch that fits the cache is faster."""


@dataclass(frozen=True)
class Hops:
    """Hops, `[hops]` each: where they are, and how their windows rise and fall."""

    block: Integers
    frame: Integers
    hop: Integers
    """Number of the hop within its frame."""
    start: Reals
    """First sample, from the start of the sound."""
    length: Integers
    before: Integers
    """Samples shared around its start."""
    after: Integers
    """Samples shared around its end."""

    def __getitem__(self, index: Any) -> "Hops":
        return Hops(*(getattr(self, name)[index] for name in self.__dataclass_fields__))


class WindowedSines:
    """The blocks of a windowed-sine network as one function of seconds, from the start of the sound.

    `parameters [blocks, ...]` and `gains [blocks]` are float32 arrays; the function is 0 outside of `sample_count`
    samples at `rate` Hz.
    """

    def __init__(
        self,
        spec: Lapped,
        parameters: Mapping[str, NDArray[np.float32]],
        gains: NDArray[np.float32],
        rate: int,
        sample_count: int,
    ) -> None:
        self.spec, self.gains, self.rate, self.sample_count = spec, gains, rate, sample_count
        self.weight = parameters["weight"]
        self.switching = to_switching(parameters["switching"])
        self.borders = border_overlaps(spec, self.switching, parameters["edges"])

    @cached_property
    def hops(self) -> Hops:
        """All hops, in order of time."""
        counts = 1 << self.switching.ravel()
        number = np.repeat(np.arange(counts.size), counts)
        block, frame = np.divmod(number, self.spec.frames)
        hop = np.arange(number.size) - np.repeat(counts.cumsum() - counts, counts)
        length = self.spec.frame_size // counts[number]
        before = np.where(hop == 0, self.borders[block, frame], length)
        after = np.where(hop == counts[number] - 1, self.borders[block, frame + 1], length)
        start = (number * self.spec.frame_size + hop * length).astype(np.float64)
        return Hops(block, frame, hop, start, length, before, after)

    def at(self, seconds: NDArray[np.float64]) -> NDArray[np.float32]:
        """Amplitudes `[channels, n]` at `seconds [n]`, in any order."""
        return self._at_points(seconds, 0, np.float32).astype(np.float32, copy=False)

    def derivative(self, seconds: NDArray[np.float64], order: int) -> NDArray[np.float64]:
        """The derivative of this order, float64 `[channels, n]`, per second^order."""
        values = self._at_points(seconds, order, np.float64) * float(self.rate) ** order
        return values.astype(np.float64, copy=False)

    def evenly(self, first: float, step: float, count: int) -> NDArray[np.float32]:
        """Amplitudes `[channels, count]` at `first` + n `step` seconds."""
        start, pace = first * self.rate, step * self.rate
        values = np.zeros((self.spec.channels, count), np.float32)
        # Outside of the sound there is nothing; half a sample behind the last one still is.
        low = max(ceil((-SLACK - start) / pace), 0)
        high = min(ceil((self.sample_count - SLACK - start) / pace), count)
        if high > low:
            start += low * pace
            on_samples = abs(start - round(start)) + abs(pace - 1) * (high - low) < SLACK
            blocks = self._touched_blocks(start, start + (high - low) * pace)
            if on_samples and not self._torn(blocks):
                values[:, low:high] = self._on_samples(round(start), high - low)
            else:
                values[:, low:high] = self._off_samples(start, pace, high - low)
        return values

    def _at_points(self, seconds: NDArray[np.float64], order: int, kind: type[np.floating[Any]]) -> Reals:
        points = seconds * self.rate
        values = np.zeros((self.spec.channels, len(points)), kind)
        if not len(self.gains):
            return values
        for point, visited in self._visits(points):
            local = points[point] - visited.start + 0.5
            for index in _batches(visited.length, lambda length: self.spec.channels * length):
                values[:, point[index]] += self._derived(local[index], visited[index], order, kind).T
        return values

    def _visits(self, points: NDArray[np.float64]) -> Iterator[tuple[Integers, Hops]]:
        """Points, by number, and the hop that each lies in; then those in the shared part of a neighbour."""
        hops = self.hops
        inside = np.flatnonzero((points >= -SLACK) & (points < self.sample_count - SLACK))
        # Windows are symmetric about half a sample before a border: counted from there, borders are whole numbers.
        here = (np.searchsorted(hops.start, points[inside] + 0.5, side="right") - 1).clip(0)
        to_left = points[inside] + 0.5 - hops.start[here] < hops.length[here] / 2
        neighbour = here + np.where(to_left, -1, 1)
        exists = (neighbour >= 0) & (neighbour < len(hops.start))
        for point, visited in ((inside, here), (inside[exists], neighbour[exists])):
            heard = self.gains[hops.block[visited]] != 0
            local = points[point] - hops.start[visited] + 0.5
            shared = np.where(local < hops.length[visited] / 2, hops.before[visited], hops.after[visited])
            beyond = np.maximum(-local, local - hops.length[visited])
            heard &= beyond <= np.maximum(shared / 2, 0.5)
            yield point[heard], hops[visited[heard]]

    def _derived(self, local: Reals, hops: Hops, order: int, kind: type[np.floating[Any]]) -> Reals:
        """Derivatives `[n, channels]` at `local [n]`, half a sample behind the samples from the start of `hops [n]`."""
        waves = self._waves(local, hops, order, kind)
        shape = window_series(local, hops, order, sine=self.spec.sine)
        terms = (shape[order - k, :, None].astype(kind) * (waves[k] / factorial(k)) for k in range(order + 1))
        gains = self.gains[hops.block].astype(kind)[:, None]
        product: Reals = sum(terms) * factorial(order) * gains
        return product

    def _waves(self, local: Reals, hops: Hops, order: int, kind: type[np.floating[Any]]) -> list[Reals]:
        """The sum of the sines of one hop for each point, and its derivatives: `[n, channels]` each."""
        length = int(hops.length[0])
        fine = -(-length // max(isqrt(length), 1))
        coarse = -(-length // fine)
        turn = (pi / length) * (local + length)
        slow, quick = np.multiply.outer(turn, np.arange(coarse) * fine), np.multiply.outer(turn, np.arange(fine) + 0.5)
        spins = np.stack([np.cos(quick), np.sin(quick)], axis=-1).astype(kind)
        spread = np.stack([np.cos(slow), np.sin(slow)], axis=-1).astype(kind)
        weight = np.zeros((len(local), self.spec.channels, coarse * fine), kind)
        weight[..., :length] = self._weights_of(hops)
        frequency = np.zeros(coarse * fine, kind)
        frequency[:length] = (np.arange(length) + 0.5) * (pi / length)
        values = []
        for k in range(order + 1):
            if k:
                weight *= frequency
            inner = weight.reshape(len(local), -1, fine) @ spins
            inner = inner.reshape(len(local), self.spec.channels, coarse, 2)
            real = np.einsum("nca,na->nc", inner[..., 0], spread[..., 0])
            real -= np.einsum("nca,na->nc", inner[..., 1], spread[..., 1])
            imaginary = np.einsum("nca,na->nc", inner[..., 0], spread[..., 1])
            imaginary += np.einsum("nca,na->nc", inner[..., 1], spread[..., 0])
            values.append(sqrt(2 / length) * (real, -imaginary, -real, imaginary)[k % 4])
        return values

    def _weights_of(self, hops: Hops) -> NDArray[np.float32]:
        """The output weights of hops of one length, `[hops, channels, length]`."""
        length = int(hops.length[0])
        rows = self.weight.reshape(*self.weight.shape[:2], length, -1, self.spec.channels)
        weight: NDArray[np.float32] = rows[hops.block, hops.frame, :, hops.hop].swapaxes(1, 2)
        return weight

    def _touched_blocks(self, low: float, high: float) -> slice:
        """The blocks that are heard between two positions."""
        reach, size = self.spec.reach_samples + 1, self.spec.block_samples
        return slice(max(int((low - reach) // size), 0), min(int((high + reach) // size) + 1, len(self.gains)))

    def _torn(self, blocks: slice) -> bool:
        """Return True if one of two audible neighbours shares samples and the other does not."""
        audible, borders = self.gains[blocks] != 0, self.borders[blocks]
        return bool(((borders[:-1, -1] != borders[1:, 0]) & audible[:-1] & audible[1:]).any())

    def _on_samples(self, first: int, count: int) -> NDArray[np.float32]:
        """`count` samples from sample `first` on, by the inverse MDCT."""
        spec, size = self.spec, self.spec.frame_size
        # One frame more on both sides, as its window reaches in; then an empty one, for what reaches beyond that.
        low, high = max(first // size - 1, 0), min((first + count - 1) // size + 2, self.switching.size)
        weight = self.weight.reshape(-1, size, spec.channels)[low:high]
        gains = self.gains[np.arange(low, high) // spec.frames]
        if (gains != 1).any():
            weight = weight * gains[:, None, None]
        coefficients = np.zeros((spec.channels, high - low + 2, size), np.float32)
        coefficients[:, 1:-1] = np.moveaxis(weight, -1, 0)
        switching = np.pad(self.switching.ravel()[low:high], 1)
        windows = WindowSequence(switching, self._shared(low, high), spec.sine)
        samples = inverse_mdct(coefficients, windows).reshape(spec.channels, -1)
        begin = first - (low - 1) * size
        return samples[:, begin : begin + count]

    def _shared(self, low: int, high: int) -> Integers:
        """Samples shared around the borders of the frames `low` to `high`, both ends included."""
        frames = np.arange(low, high)
        block, frame = np.divmod(frames, self.spec.frames)
        audible = self.gains[block] != 0  # a silent block may not know what it shares
        before = np.where(audible, self.borders[block, frame], 0)
        after = np.where(audible, self.borders[block, frame + 1], 0)
        return np.concatenate([before[:1], np.maximum(after[:-1], before[1:]), after[-1:]])

    def _off_samples(self, first: float, pace: float, count: int) -> NDArray[np.float32]:
        """`count` samples from position `first` on, `pace` apart, hop by hop."""
        channels = self.spec.channels
        values = np.zeros(
            (channels, count + _covered(self.spec.frame_size, pace, count))
        )  # the last hops extend beyond the grid
        hops = self.hops
        low = hops.start - 0.5 - hops.before / 2
        high = hops.start - 0.5 + hops.length + np.maximum(hops.after, 1) / 2  # an open end continues
        heard = (high >= first) & (low <= first + (count - 1) * pace) & (self.gains[hops.block] != 0)
        touched = hops[heard]
        steps = np.ceil((low[heard] - first) / pace).clip(0)
        for index in _batches(touched.length, lambda length: channels * (length + _covered(length, pace, count))):
            batch, begin = touched[index], steps[index]
            weight = self._weights_of(batch)
            if not weight.any():  # long stretches of a sparse network may be silent
                continue
            length = int(batch.length[0])
            many = _covered(length, pace, count)
            local = first + begin * pace - (batch.start - 0.5)
            sums = chirp_sums(weight, local + length, pace, many)
            shape = window(local[:, None] + np.arange(many) * pace, batch, sine=self.spec.sine)
            sums *= (shape * self.gains[batch.block][:, None])[:, None]
            for at, part in zip(begin.astype(int), sums, strict=True):
                values[:, at : at + many] += part
        return values[:, :count].astype(np.float32)


def window(local: Reals, hops: Hops, *, sine: bool) -> NDArray[np.float32]:
    """Windows of `hops [hops]` at `local [hops, n]`, half a sample behind the samples from their starts."""
    length, before, after = (value[:, None] for value in (hops.length, hops.before, hops.after))
    # At most half of a hop is shared on either side: the nearer border alone shapes a point.
    to_end = length - local
    shared = np.where(local < to_end, before, after)
    part = (np.minimum(local, to_end) / np.maximum(shared, 1) + 0.5).clip(0, 1).astype(np.float32)
    values: NDArray[np.float32] = np.where(shared > 0, window_slope(part, np.sin, sine=sine), _heard(local, length))
    return values


def window_series(local: Reals, hops: Hops, order: int, *, sine: bool) -> NDArray[np.float64]:
    """Taylor coefficients, 0 to `order`, of the windows of `hops [n]` at `local [n]`: float64 `[order + 1, n]`."""
    rises = local < hops.length - local
    shared = np.where(rises, hops.before, hops.after)
    slope = np.where(rises, 1, -1) / np.maximum(shared, 1)
    part = np.where(rises, local, hops.length - local) * np.abs(slope) + 0.5
    series = _rise_series(part.clip(0, 1), slope, order, sine=sine)
    series[1:, (part < 0) | (part > 1)] = 0
    upright = shared == 0
    series[:, upright] = 0
    series[0, upright] = _heard(local, hops.length)[upright]
    return series


def _heard(local: Reals, length: Integers) -> NDArray[np.bool_]:
    """Tell where a hop is heard if nothing is shared: from its first sample on, up to the first of the next one."""
    heard: NDArray[np.bool_] = (local > 0.5 - SLACK) & (local < length + 0.5 - SLACK)
    return heard


def _rise_series(part: Reals, slope: Reals, order: int, *, sine: bool) -> NDArray[np.float64]:
    """Taylor coefficients of sin(pi/2 u) or sin(pi/2 sin^2(pi/2 u)), u = `part` + `slope` x."""
    if sine:
        return np.stack([np.sin(pi / 2 * (part + k)) * (pi / 2 * slope) ** k / factorial(k) for k in range(order + 1)])
    # g = pi/2 sin^2(pi/2 u) = pi/4 (1 - cos(pi u)), and s = sin g, c = cos g follow from s' = c g', c' = -s g'.
    inner = [-pi / 4 * np.cos(pi * (part + k / 2)) * (pi * slope) ** k / factorial(k) for k in range(order + 1)]
    sines, cosines = [np.sin(pi / 4 + inner[0])], [np.cos(pi / 4 + inner[0])]
    for k in range(1, order + 1):
        sines.append(sum(j * inner[j] * cosines[k - j] for j in range(1, k + 1)) / k)
        cosines.append(-sum(j * inner[j] * sines[k - j] for j in range(1, k + 1)) / k)
    return np.stack(sines)


def chirp_sums(weight: Reals, first: NDArray[np.float64], pace: float, count: int) -> NDArray[np.float64]:
    """sqrt(2 / M) sum over k of weight[k] cos(pi / M (k + 1/2) (first + n pace)), n from 0 to `count` - 1.

    `weight [hops, channels, M]` and `first [hops]` give `[hops, channels, count]`.
    """
    from scipy.fft import fft, ifft, next_fast_len

    length = weight.shape[2]
    turn = pi / length
    size = next_fast_len(length + count - 1)
    longest = np.arange(max(length, count), dtype=np.float64)
    chirp = turn * pace / 2 * longest**2
    kernel = np.zeros(size, np.complex128)
    kernel[:count] = _phasor(-chirp[:count])
    kernel[size - length + 1 :] = _phasor(-chirp[1:length][::-1])
    phases = (turn * first)[:, None] * (longest[:length] + 0.5) + chirp[:length]
    spectrum = fft(weight * _phasor(phases)[:, None], n=size, overwrite_x=True)
    spectrum *= fft(kernel)
    sums = ifft(spectrum, overwrite_x=True)[..., :count]
    sums *= sqrt(2 / length) * _phasor(turn / 2 * pace * longest[:count] + chirp[:count])
    return np.ascontiguousarray(sums.real)


def _phasor(angle: Reals) -> NDArray[np.complex128]:
    values = np.empty(angle.shape, np.complex128)
    np.cos(angle, out=values.real)
    np.sin(angle, out=values.imag)
    return values


def _batches(lengths: Integers, numbers: Callable[[int], int]) -> Iterator[NDArray[np.intp]]:
    """Yield indices of hops of one length, few enough at a time that their `numbers` fit the cache."""
    for length in np.unique(lengths).tolist():
        index = np.flatnonzero(lengths == length)
        size = max(_NUMBERS_AT_ONCE // numbers(length), 1)
        for first in range(0, len(index), size):
            yield index[first : first + size]


def _covered(length: int, pace: float, count: int) -> int:
    """Return how many points of a grid a hop of `length` samples covers at most."""
    return min(int(2 * length / pace) + 2, count)
