"""Samples of a group of blocks, and the batch of them that a step sees: strided, random or contiguous."""

from dataclasses import dataclass
from math import ceil

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ligeia.fitting.config import FitConfig
from ligeia.fitting.plan import Plan
from ligeia.networks.coordinates import span_seconds, to_coordinates

MIN_POINTS = 64
"""A step sees at least this many samples of a block, or the whole block where it is shorter."""


@dataclass(frozen=True)
class Batch:
    """A batch: coordinates `[1, n]`, targets `[blocks, n, channels]`, weights `[blocks, n, 1]`.

    `weights` is None where every sample counts; it is 0 past the end of the sound.
    """

    coordinates: Tensor
    targets: Tensor
    weights: Tensor | None
    slopes: "Batch | None" = None
    """The step from each sample to the next, at the coordinate half way (`losses.with_slopes`)."""

    @property
    def numbers(self) -> int:
        """Numbers in each block of the batch, samples times channels."""
        return self.targets[0].numel()

    def of_blocks(self, blocks: slice) -> "Batch":
        """The same batch of some of the blocks; without slopes."""
        return Batch(self.coordinates, self.targets[blocks], None if self.weights is None else self.weights[blocks])


class Samples:
    """The samples of a group of blocks, all `length` long, with the coordinate of each.

    `targets` float32 `[blocks, length, channels]`; `valid` bool `[blocks, length]`, false past the end of
    the sound, where nothing is asked of the network.
    """

    def __init__(self, targets: Tensor, valid: Tensor, *, closed: bool) -> None:
        length = targets.shape[1]
        self.targets = targets
        self.weights = None if bool(valid.all()) else valid.unsqueeze(-1).to(targets.dtype)
        span = span_seconds(length, 1, closed=closed)
        seconds = torch.arange(length, dtype=torch.float64)
        self.coordinates = to_coordinates(seconds, span).to(targets.dtype).unsqueeze(0).to(targets.device)
        self.spacing = 2 / span
        """Distance of the coordinates of two neighbours."""
        self.slopes: Samples | None = None

    @property
    def length(self) -> int:
        """Samples in each block."""
        return self.targets.shape[1]

    def whole(self) -> Batch:
        """Every sample of every block."""
        slopes = None if self.slopes is None else self.slopes.whole()
        return Batch(self.coordinates, self.targets, self.weights, slopes)

    def take(self, index: Tensor | slice) -> Batch:
        """The samples at `index` of every block."""
        weights = self.weights if self.weights is None else self.weights[:, index]
        slopes = None if self.slopes is None else self.slopes.take(index)
        return Batch(self.coordinates[:, index], self.targets[:, index], weights, slopes)

    def step(self, step: int, config: FitConfig) -> Batch:
        """The batch of a step. It depends on the step and the seed alone, so that a resumed fit is the same."""
        stride = possible_stride(self.length, config)
        if config.sampling == "random":
            generator = np.random.default_rng([config.seed % 2**63, step])
            return self.take(torch.from_numpy(generator.integers(0, self.length, self.length // stride)))
        if stride == 1:
            return self.whole()
        if config.sampling == "contiguous":
            return self._stretch(step, self.length // stride, config.seed)
        epoch, turn = divmod(step, stride)
        phases = np.random.default_rng([config.seed % 2**63, epoch]).permutation(stride)
        return self.take(slice(int(phases[turn]), None, stride))

    def _stretch(self, step: int, points: int, seed: int) -> Batch:
        """One of the stretches of `points` neighbours into which an epoch cuts the block, in random order.

        The cuts move from epoch to epoch. What would stick out at the ends is moved inwards, so that an epoch has one
        stretch more than fit in the block, and sees every sample at least once.
        """
        epoch, turn = divmod(step, ceil(self.length / points) + 1)
        generator = np.random.default_rng([seed % 2**63, epoch])
        offset = int(generator.integers(points))
        number = int(generator.permutation(ceil(self.length / points) + 1)[turn])
        first = min(max(number * points - offset, 0), self.length - points)
        return self.take(slice(first, first + points))


def make_samples(
    plan: Plan,
    samples: NDArray[np.float32],
    valid: NDArray[np.bool_],
    gains: NDArray[np.float32],
    device: torch.device,
) -> Samples:
    """The targets of the audible blocks: samples divided by the gain of their block."""
    targets = torch.from_numpy(samples / gains[:, None, None]).to(device)
    return Samples(targets, torch.from_numpy(valid).to(device), closed=plan.spec.closed_grid)


def possible_stride(length: int, config: FitConfig) -> int:
    """The stride for blocks of `length` samples: the configured one, or less where a step would see too few."""
    return min(config.stride, max(length // MIN_POINTS, 1))


def squared_error(values: Tensor, batch: Batch) -> Tensor:
    """Sum of squared errors of each block, `[blocks]`, in the precision of `values`."""
    error = values - batch.targets
    if batch.weights is not None:
        error = error * batch.weights
    return error.square().sum((1, 2))
