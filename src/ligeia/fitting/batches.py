"""Which samples a step sees: the data of a group of blocks, and strided or random batches of it."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ligeia.fitting.config import FitConfig
from ligeia.networks.coordinates import span_seconds, to_coordinates

MIN_POINTS = 64
"""A step sees at least this many samples of a block, or the whole block where it is shorter."""


@dataclass(frozen=True)
class Batch:
    """What one step sees: coordinates `[1, n]`, targets `[blocks, n, channels]`, weights `[blocks, n, 1]`.

    `weights` is None where every sample counts; it is 0 past the end of the sound.
    """

    coordinates: Tensor
    targets: Tensor
    weights: Tensor | None


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

    @property
    def length(self) -> int:
        """Samples in each block."""
        return self.targets.shape[1]

    def whole(self) -> Batch:
        """Every sample of every block."""
        return Batch(self.coordinates, self.targets, self.weights)

    def take(self, index: Tensor | slice) -> Batch:
        """The samples at `index` of every block."""
        weights = self.weights if self.weights is None else self.weights[:, index]
        return Batch(self.coordinates[:, index], self.targets[:, index], weights)

    def step(self, step: int, config: FitConfig) -> Batch:
        """The batch of a step. It depends on the step and the seed alone, so that a resumed fit is the same."""
        stride = min(config.stride, max(self.length // MIN_POINTS, 1))
        if config.sampling == "random":
            generator = np.random.default_rng([config.seed % 2**63, step])
            return self.take(torch.from_numpy(generator.integers(0, self.length, max(self.length // stride, 1))))
        if stride == 1:
            return self.whole()
        epoch, turn = divmod(step, stride)
        phases = np.random.default_rng([config.seed % 2**63, epoch]).permutation(stride)
        return self.take(slice(int(phases[turn]), None, stride))


def squared_error(values: Tensor, batch: Batch) -> Tensor:
    """Sum of squared errors of each block, `[blocks]`, in the precision of `values`."""
    error = values - batch.targets
    if batch.weights is not None:
        error = error * batch.weights
    return error.square().sum((1, 2))
