"""The derivative in the loss: how a sound changes from each sample to the next.

Everything here is a change per sample, of what the network sees (a block divided by its level). The difference of two
neighbours is the mean of the derivative between them, so the network's own derivative is taken half way between them.
Zuiderveld 2021 (eq. 4.7) takes it at the first of the two: half a sample apart, the two would disagree whatever the
function (by 39 % at an eighth of the rate), and pull against the error of the samples.
"""

from collections.abc import Callable
from copy import copy
from functools import cache
from warnings import catch_warnings, simplefilter

import torch
from torch import Tensor
from torch.autograd import forward_ad
from torch.nn.functional import pad

from ligeia.fitting.batches import Batch, Samples, squared_error

Network = Callable[[Tensor], Tensor]
"""Coordinates `[1, n]` to values `[blocks, n, channels]`."""


def with_slopes(samples: Samples) -> Samples:
    """The same samples, each with the step to the next one, at the coordinate half way."""
    targets, weights = samples.targets, samples.weights
    both = targets.new_ones(1, samples.length - 1, 1) if weights is None else weights[:, 1:] * weights[:, :-1]
    slopes = copy(samples)
    slopes.targets = pad(targets.diff(dim=1), (0, 0, 0, 1))
    slopes.weights = pad(both.expand(len(targets), -1, -1), (0, 0, 0, 1))  # the last sample has no next
    slopes.coordinates = samples.coordinates + samples.spacing / 2
    joined = copy(samples)
    joined.slopes = slopes
    return joined


def change(network: Network, coordinates: Tensor, spacing: float) -> Tensor:
    """Derivative of `network` at `coordinates [1, n]`, per `spacing` of them, `[blocks, n, channels]`.

    By forward differentiation: one pass for all blocks and channels, which can be differentiated once more.
    """
    _load_rules()
    tangent = torch.full_like(coordinates, spacing)
    derivative: Tensor = torch.func.jvp(network, (coordinates,), (tangent,))[1]
    return derivative


def slope_error(network: Network, slopes: Batch, spacing: float) -> Tensor:
    """Sum of squared errors of the network's derivative against the steps in `slopes`, `[blocks]`."""
    return squared_error(change(network, slopes.coordinates, spacing), slopes)


def difference_error(values: Tensor, batch: Batch) -> Tensor:
    """Sum of squared errors of the steps between the neighbours of a contiguous batch, `[blocks]`."""
    error = (values - batch.targets).diff(dim=1)
    if batch.weights is not None:
        error = error * (batch.weights[:, 1:] * batch.weights[:, :-1])
    return error.square().sum((1, 2))


@cache
def _load_rules() -> None:
    """Let torch load its rules for forward differentiation; some versions warn of themselves in doing so."""
    with catch_warnings(), forward_ad.dual_level():
        simplefilter("ignore", DeprecationWarning)
        forward_ad.make_dual(torch.zeros(1), torch.zeros(1))  # type: ignore[no-untyped-call]
