"""A group of blocks of one shape, fitted together: the objective that `training` runs; the best of each is kept."""

from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from math import isfinite

import torch
from torch import Tensor
from torch.nn import Parameter

from ligeia.audio.signal import snr_from_energies
from ligeia.fitting.batches import Batch, Samples, squared_error
from ligeia.fitting.closed_form import best_output, block_errors, parts
from ligeia.fitting.config import FitConfig
from ligeia.fitting.losses import make_objective, with_slopes
from ligeia.fitting.quantised import Quantiser, load, quantised
from ligeia.fitting.unmasking import END, Unmasking, first_units
from ligeia.networks.spec import LinearOutput, NetworkSpec
from ligeia.training.checkpoint import Tensors, prefixed, without_prefix
from ligeia.training.config import TrainingConfig
from ligeia.training.loop import Trainer
from ligeia.training.objective import Objective, Step
from ligeia.training.optimisers import clip_blocks
from ligeia.training.processes import pick_precision

PARTS = ("first", "hidden", "output")
"""Parts of a network that have learning rates of their own."""


@dataclass(frozen=True)
class Trace:
    """One evaluation: after `step` steps and `seconds`, the group's best had this SNR."""

    step: int
    seconds: float
    snr_db: float


class GroupFit(Objective):
    """A group of blocks on its way from random numbers to the best fit found.

    `levels` `[blocks]` are the gains of the blocks: their squares weigh them in the one SNR of the group.
    `rate` in Hz is what the mel loss needs. With a `quantiser` everything that is kept, and its error, is what that
    makes of the parameters; from `config.quantise_from` of the run on, steps see it too.

    `trainer` runs it.

    Raises:
        InputError: the network, or the length of the batches, does not allow what `config` asks for.
    """

    memory = "the width of the network, or `group` of the settings"

    def __init__(
        self,
        spec: NetworkSpec,
        samples: Samples,
        levels: Tensor,
        config: FitConfig,
        seed: int,
        rate: int | None = None,
        quantiser: Quantiser | None = None,
    ) -> None:
        self.spec, self.config, self.quantiser = spec, config, quantiser
        self.samples = with_slopes(samples) if config.analytic else samples
        self.levels = levels.double()
        self.module = spec.build(blocks=samples.targets.shape[0], seed=seed).to(samples.targets.device)
        self.loss_terms = make_objective(self.module, spec, samples, config, rate)
        self.unmasking = None
        if config.progressive_groups:
            self.unmasking = Unmasking(first_units(spec, self.module), config.progressive_groups)
        self.dtype = pick_precision(config.precision, samples.targets.device)
        with quantised(self.module, quantiser):
            self.best = {name: value.detach().clone() for name, value in self.module.named_parameters()}
        self.best_error = torch.full_like(self.levels, torch.inf)
        self.best_score = self.best_error
        self.trace: list[Trace] = []
        self.trainer = Trainer(self, config, keep_best=False)

    @cached_property
    def signal(self) -> float:
        """Energy of what the group stands for, at its true level."""
        weights = self.samples.weights
        targets = self.samples.targets if weights is None else self.samples.targets * weights
        return float((targets.square().sum((1, 2), dtype=torch.float64) * self.levels**2).sum())

    @property
    def snr_db(self) -> float:
        """SNR of the best parameters over the whole group, in dB, at the blocks' true levels."""
        return snr_from_energies(self.signal, float((self.best_error * self.levels**2).sum()))

    def backward(self, step: Step) -> float:
        """Add up the gradients of a step, each block's a mean over its numbers, and return the mean loss."""
        quantiser = self.quantiser if step.fraction >= self.config.quantise_from else None
        masking = None if step.fraction >= END else self.unmasking
        with quantised(self.module, quantiser):
            with nullcontext() if masking is None else masking.applied(self.module, step.fraction):
                loss, scores, errors, numbers = self._add_gradients(step)
            if self.config.full_batch and masking is None and quantiser is self.quantiser and isfinite(loss):
                self._keep(errors, scores)  # they belong to the parameters before this step
                self._trace()
        scale = 1 / numbers
        for value in self.module.parameters():
            if value.grad is not None:
                value.grad.mul_(scale)
        return loss

    def groups(self) -> list[list[Parameter]]:
        """The parameters of the first layer, of hidden layers, and of the output."""
        members = list(self.module.named_parameters())
        return [[value for name, value in members if self.spec.part(name) == part] for part in PARTS]

    def clip(self, limit: float) -> None:
        """Limit the norm of each block's gradient."""
        clip_blocks(self.module.parameters(), limit)

    def reached(self) -> bool:
        """True where the signal-to-noise ratio is high enough to stop."""
        return self.config.snr_db is not None and self.snr_db >= self.config.snr_db

    def _batches(self, step: int) -> Iterable[Batch]:
        """Batches of a step.

        A full batch comes in parts: that bounds the memory of long sounds, and smaller products are faster.
        """
        if not self.config.full_batch:
            return [self.samples.step(step, self.config)]
        return parts(self.samples, self.spec) if self.loss_terms is None else self.loss_terms.batches(self.samples)

    def _add_gradients(self, step: Step) -> tuple[float, Tensor, Tensor, int]:
        """Add up the gradients of the loss; return its mean, score and squared error of blocks, numbers in a block."""
        totals, numbers = torch.zeros_like(self.levels), 0
        plain = self.loss_terms is None
        scores, squares = (totals, totals) if plain else (torch.zeros_like(totals), torch.zeros_like(totals))
        for batch in self._batches(step.number):
            if self.loss_terms is None:
                losses = squared_error(self.module(batch.coordinates, self.dtype), batch)
            else:
                measured = self.loss_terms(self.module, batch, self.dtype)
                losses = measured.loss
                scores += measured.score
                squares += measured.squares
            step.backward(losses.sum())
            totals += losses.detach().double()
            numbers += batch.numbers
        return float(totals.sum()) / (numbers * len(totals)), scores, squares, numbers

    def diverged(self, step: int, loss: float, config: TrainingConfig) -> str:
        """The message, with what may help."""
        rates = ", ".join(f"{rate:g}" for rate in config.learning_rates)
        others = ["lower the frequencies that the network starts with"]
        if config.clip_gradient is None:
            others.insert(0, "set clip_gradient")
        return (
            f"{self.name}: the fit of network {self.spec.name!r} diverged at step {step}: the loss is {loss}; "
            f"lower the learning rates ({rates}), {' or '.join(others)}"
        )

    def evaluate(self) -> dict[str, float]:
        """Measure every block whole, in single precision, with the parameters as they are; keep the better ones.

        "As they are" is as they would be stored, where there is a quantiser; so all errors can be compared, whether
        steps saw its values already or not.
        """
        with quantised(self.module, self.quantiser):
            self._keep(*self._measured())
        self._trace()
        return {"snr_db": self.snr_db}

    def finish(self) -> dict[str, float]:
        """Last evaluation, and the closed-form output layer on top of the best parameters."""
        self.evaluate()
        if self.config.full_batch:  # what was kept had been measured in the precision of the steps
            load(self.module, self.best)
            self.best_error, self.best_score = self._measured()
        if self.config.closed_form and isinstance(self.module, LinearOutput):
            load(self.module, self.best)
            solved = best_output(self.module, self.samples, self.spec)
            # The features are of quantised parameters already: quantising these again might change them.
            load(self.module, solved if self.quantiser is None else self.quantiser(solved))
            self._keep(*self._measured())
            self._trace()
        return {"snr_db": self.snr_db}

    def settle(self) -> None:
        """Make sure, after a divergence, that the error of the best parameters is known."""
        load(self.module, self.best)
        self._keep(*self._measured())

    def _measured(self) -> tuple[Tensor, Tensor]:
        """Squared error of each block over all its samples, and what is minimised (`losses`): the same, or another."""
        if self.loss_terms is None:
            errors = block_errors(self.module, self.samples, self.spec)
            return errors, errors
        scores, errors = self.loss_terms.evaluate(self.module, self.samples)
        return errors, scores

    def _trace(self) -> None:
        """Record how good the best parameters are now."""
        self.trace.append(Trace(self.trainer.step, self.trainer.seconds, self.snr_db))

    def _keep(self, errors: Tensor, scores: Tensor | None = None) -> None:
        """Copy the current parameters of the blocks whose `scores` (default: `errors`) are their lowest so far."""
        scores = errors if scores is None else scores
        better = scores < self.best_score
        self.best_error = torch.where(better, errors, self.best_error)
        self.best_score = self.best_error if scores is errors else torch.where(better, scores, self.best_score)
        for name, value in self.module.named_parameters():
            self.best[name][better] = value.detach()[better]

    def state(self) -> Tensors:
        """The best of each block so far."""
        return prefixed("best", self.best) | {"best_error": self.best_error, "best_score": self.best_score}

    @torch.no_grad()
    def load_state(self, state: Tensors) -> None:
        """Restore what `state` returned."""
        for name, value in without_prefix("best", state).items():
            self.best[name].copy_(value)
        self.best_error = state["best_error"].to(self.best_error.device)
        self.best_score = state["best_score"].to(self.best_error.device)
