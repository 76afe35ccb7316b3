"""The loss that a step minimises: over the samples of each block, and terms over neighbours that are added to it.

The best parameters of each block are those of the lowest loss, over the whole block and of the sound as it is decoded;
so is the closed-form output layer kept only where it lowers that. The SNR that is reported, and at which a fit may
stop, is that of these parameters; where something else than the squared error is minimised it may fall. All is relative
to the level of the block.

Slopes are changes per sample, of a block divided by its level. The difference of two
neighbours is the mean of the derivative between them, so the network's own derivative is taken half way between them.
Zuiderveld 2021 (eq. 4.7) takes it at the first of the two: half a sample apart, the two would disagree whatever the
function (by 39 % at an eighth of the rate), and pull against the error of the samples.
"""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from functools import cache, partial
from warnings import catch_warnings, simplefilter

import torch
from torch import Tensor
from torch.autograd import forward_ad
from torch.nn import Module
from torch.nn.functional import pad, smooth_l1_loss
from torch.utils.checkpoint import checkpoint

from ligeia.errors import InputError
from ligeia.fitting.batches import Batch, Samples, possible_stride, squared_error
from ligeia.fitting.closed_form import parts, points_at_once
from ligeia.fitting.config import FitConfig
from ligeia.fitting.own_loss import own_loss
from ligeia.fitting.spectral import MelDistance, StftDistance
from ligeia.networks.spec import ManyHeads, NetworkSpec

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


Term = Callable[[Tensor, Batch], Tensor]
"""Values `[blocks, n, channels]` and a batch to a mean for each block, `[blocks]`."""


@dataclass(frozen=True)
class Measured:
    """Errors of one batch, for each block, `[blocks]`: sums over its numbers (or means times their number)."""

    loss: Tensor
    """The loss that the step minimises; gradients flow."""
    score: Tensor
    """The same of the sound alone (with several heads the loss is theirs), float64."""
    squares: Tensor
    """Squared error of the sound, float64."""


class Objective:
    """The loss and terms that `config` names; nothing but the squared error needs none (`make_objective`).

    With several heads the sample loss is the mean over heads, each against the whole sound (Siamese SIREN 2023: half
    the sum of both heads' mean squared errors); the terms are of the sound, which is `module(coordinates)`.
    """

    def __init__(self, spec: NetworkSpec, samples: Samples, config: FitConfig, rate: int | None) -> None:
        self.spec, self.config, self.spacing = spec, config, samples.spacing
        self.points = points_at_once(spec, samples.targets.shape[0])
        self.terms = make_terms(config, samples.length // possible_stride(samples.length, config), rate)

    def batches(self, samples: Samples) -> list[Batch]:
        """Every sample: at once where neighbours count, else in parts."""
        return [samples.whole()] if self.config.neighbours else list(parts(samples, self.spec))

    def __call__(self, module: Module, batch: Batch, dtype: torch.dtype | None) -> Measured:
        """Loss, score and squared error of a batch, with hidden products in `dtype`."""
        network = partial(module, dtype=dtype)
        if isinstance(module, ManyHeads):
            loss, score, values = self._of_heads(module, network, batch, dtype)
        else:
            loss, values = self._of_sound(network, batch)
            score = loss
        return Measured(loss, score.detach().double(), squared_error(values.detach(), batch).double())

    @torch.no_grad()
    def evaluate(self, module: Module, samples: Samples) -> tuple[Tensor, Tensor]:
        """Score and squared error of each block over all its samples, in single precision, float64 `[blocks]`."""
        scores = torch.zeros(samples.targets.shape[0], dtype=torch.float64, device=samples.targets.device)
        squares = torch.zeros_like(scores)
        for batch in self.batches(samples):
            score, values = self._of_sound(module, batch)
            scores += score.double()
            squares += squared_error(values, batch).double()
        return scores, squares

    def _of_sound(self, network: Network, batch: Batch) -> tuple[Tensor, Tensor]:
        """Loss and terms `[blocks]`, and the values that they are of."""
        values = in_parts(network, batch.coordinates, self.points)
        return sample_loss(values, batch, self.config) + self._terms(network, values, batch), values

    def _of_heads(
        self, module: ManyHeads, network: Network, batch: Batch, dtype: torch.dtype | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The heads' mean loss with the terms of the sound, the sound's own score `[blocks]`, and the sound.

        The sound comes from the outputs of the heads: a second evaluation of the network would cost a third of a step.
        """
        outputs = in_parts(partial(module.heads, dtype=dtype), batch.coordinates, self.points)
        values, terms = module.sound(outputs), outputs.new_zeros(outputs.shape[1])
        if self.terms or batch.slopes is not None:
            terms = self._terms(network, values, batch)
        loss = torch.stack([sample_loss(head, batch, self.config) for head in outputs]).mean(0)
        return loss + terms, sample_loss(values.detach(), batch, self.config) + terms, values

    def _terms(self, network: Network, values: Tensor, batch: Batch) -> Tensor:
        """The weighted terms of a batch, `[blocks]`."""
        total = values.new_zeros(len(values))
        for weight, term in self.terms:
            total = total + weight * batch.numbers * term(values, batch)
        if batch.slopes is not None:
            slope = in_parts(lambda part: change(network, part, self.spacing), batch.slopes.coordinates, self.points)
            total = total + self.config.derivative_weight * squared_error(slope, batch.slopes)
        return total


def make_objective(
    module: Module, spec: NetworkSpec, samples: Samples, config: FitConfig, rate: int | None
) -> Objective | None:
    """The objective that `config` names; None for the squared error of a network with one head, which needs no more.

    Raises:
        InputError: a batch is too short for what is asked.
    """
    if config.plain and not isinstance(module, ManyHeads):
        return None
    return Objective(spec, samples, config, rate)


def make_terms(config: FitConfig, points: int, rate: int | None) -> list[tuple[float, Term]]:
    """The terms over neighbours, with their weights, for batches of `points` samples at `rate` Hz."""
    terms: list[tuple[float, Term]] = []
    if config.derivative_weight and not config.analytic:
        terms.append((config.derivative_weight, lambda values, batch: difference_error(values, batch) / batch.numbers))
    if config.stft_weight:
        terms.append((config.stft_weight, StftDistance(points)))
    if config.mel_weight:
        if rate is None:
            raise InputError("mel_weight needs the sampling rate")
        terms.append((config.mel_weight, MelDistance(points, rate)))
    return terms


def sample_loss(values: Tensor, batch: Batch, config: FitConfig) -> Tensor:
    """Sum over the numbers of each block, `[blocks]`, of what `config.loss` makes of an error e.

    That is e^2, |e|, or e^2 / (2 beta) where |e| < beta and |e| - beta / 2 elsewhere; a function's value times the
    numbers (`own_loss`).
    """
    if callable(config.loss):
        return own_loss(values, batch, config.loss)
    if config.loss == "mse":
        return squared_error(values, batch)
    error = values - batch.targets
    if batch.weights is not None:
        error = error * batch.weights
    if config.loss == "l1":
        return error.abs().sum((1, 2))
    return smooth_l1_loss(error, torch.zeros_like(error), reduction="none", beta=config.smooth_l1_beta).sum((1, 2))


def in_parts(network: Network, coordinates: Tensor, points: int) -> Tensor:
    """`network` at all of `coordinates [1, n]`, with the memory of at most `points` of them.

    Where there are more, what is in between is forgotten and computed again on the way back.
    """
    pieces = torch.split(coordinates, points, dim=1)
    if len(pieces) == 1:
        return network(coordinates)
    if not torch.is_grad_enabled():
        return torch.cat([network(piece) for piece in pieces], dim=-2)
    again = (checkpoint(network, piece, use_reentrant=False, preserve_rng_state=False) for piece in pieces)
    return torch.cat(list(again), dim=-2)
