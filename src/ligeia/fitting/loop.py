"""The optimiser loop: it fits a group of blocks of one shape together, and keeps the best of each."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from time import monotonic

import torch
from torch import Tensor

from ligeia.audio.signal import snr_from_energies
from ligeia.errors import FitError
from ligeia.fitting.batches import Batch, Samples, squared_error
from ligeia.fitting.config import FitConfig
from ligeia.fitting.first_units import first_units
from ligeia.fitting.losses import make_objective
from ligeia.fitting.measure import best_output, block_errors, parts
from ligeia.fitting.quantised import Quantiser, load, quantised
from ligeia.fitting.slopes import with_slopes
from ligeia.fitting.unmasking import END, Unmasking
from ligeia.networks.spec import LinearOutput, NetworkSpec
from ligeia.training.device import autocast_dtype
from ligeia.training.optimisers import make_optimiser, scale_rates, set_decay
from ligeia.training.schedule import clip_blocks, decay_factor, rate_factor


@dataclass(frozen=True)
class Trace:
    """One evaluation: after `step` steps and `seconds`, the group's best had this SNR."""

    step: int
    seconds: float
    snr_db: float


class GroupFit:
    """A group of blocks on its way from random numbers to the best fit found.

    `levels` `[blocks]` are the gains of the blocks: their squares weigh them where one SNR is said for the group.
    `rate` in Hz is what the mel loss needs. With a `quantiser` everything that is kept, and its error, is what that
    makes of the parameters; from `config.quantise_from` of the run on, steps see it too.

    Raises:
        InputError: the network, or the length of the batches, does not allow what `config` asks for.
    """

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
        self.objective = make_objective(self.module, spec, samples, config, rate)
        self.unmasking = None
        if config.progressive_groups:
            self.unmasking = Unmasking(first_units(spec, self.module), config.progressive_groups)
        self.optimiser = make_optimiser(self.module, spec, config)
        self.dtype = autocast_dtype(config, samples.targets.device)
        self.step = 0
        with quantised(self.module, quantiser):
            self.best = {name: value.detach().clone() for name, value in self.module.named_parameters()}
        self.best_error = torch.full_like(self.levels, torch.inf)
        self.best_score = self.best_error
        self.trace: list[Trace] = []
        self.seconds = 0.0
        self.loss = float("nan")

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

    def advance(self, fraction: float) -> None:
        """One step, at `fraction` (0 to 1) of the schedule.

        Raises:
            FitError: the loss is no longer a finite number.
        """
        config = self.config
        scale_rates(self.optimiser, rate_factor(config, fraction, self.step))
        if config.decay_schedule != "constant":
            set_decay(self.optimiser, config.weight_decay * decay_factor(config, fraction))
        self.optimiser.zero_grad(set_to_none=True)
        quantiser = self.quantiser if fraction >= config.quantise_from else None
        masking = None if fraction >= END else self.unmasking
        with quantised(self.module, quantiser):
            with nullcontext() if masking is None else masking.applied(self.module, fraction):
                scores, errors, numbers = self._backward(self._batches())
            if not isfinite(self.loss):
                raise FitError(self._diverged())
            if config.full_batch and masking is None and quantiser is self.quantiser:
                self._keep(errors, scores)  # they belong to the parameters before this step
                self.trace.append(Trace(self.step, self.seconds, self.snr_db))
        scale = 1 / numbers
        for value in self.module.parameters():
            if value.grad is not None:
                value.grad.mul_(scale)
        if config.clip_gradient is not None:
            clip_blocks(self.module.parameters(), config.clip_gradient)
        self.optimiser.step()
        self.step += 1

    def _batches(self) -> Iterable[Batch]:
        """What the next step sees.

        A full batch comes in parts: that bounds the memory of long sounds, and smaller products are quicker.
        """
        if not self.config.full_batch:
            return [self.samples.step(self.step, self.config)]
        return parts(self.samples, self.spec) if self.objective is None else self.objective.batches(self.samples)

    def _backward(self, batches: Iterable[Batch]) -> tuple[Tensor, Tensor, int]:
        """Add up the gradients of the loss; score and squared error of each block, and numbers in a block."""
        totals, numbers = torch.zeros_like(self.levels), 0
        plain = self.objective is None
        scores, squares = (totals, totals) if plain else (torch.zeros_like(totals), torch.zeros_like(totals))
        for batch in batches:
            if self.objective is None:
                losses = squared_error(self.module(batch.coordinates, self.dtype), batch)
            else:
                measured = self.objective(self.module, batch, self.dtype)
                losses = measured.loss
                scores += measured.score
                squares += measured.squares
            losses.sum().backward()  # type: ignore[no-untyped-call]
            totals += losses.detach().double()
            numbers += batch.numbers
        self.loss = float(totals.sum()) / (numbers * len(totals))
        return scores, squares, numbers

    def _diverged(self) -> str:
        """What happened, and what may help."""
        rates = ", ".join(f"{rate:g}" for rate in self.config.learning_rates)
        others = ["lower the frequencies that the network starts with"]
        if self.config.clip_gradient is None:
            others.insert(0, "set clip_gradient")
        return (
            f"the fit of network {self.spec.name!r} diverged at step {self.step}: the loss is {self.loss}; "
            f"lower the learning rates ({rates}), {' or '.join(others)}"
        )

    def evaluate(self) -> None:
        """Measure every block whole, in single precision, with the parameters as they are; keep the better ones.

        "As they are" is as they would be stored, where there is a quantiser; so all errors can be compared, whether
        steps saw its values already or not.
        """
        with quantised(self.module, self.quantiser):
            self._keep_measured()

    def finish(self) -> None:
        """Last evaluation, and the closed-form output layer on top of the best parameters."""
        self.evaluate()
        if self.config.full_batch:  # what was kept had been measured in the precision of the steps
            self._restore_best()
            self.best_error, self.best_score = self._measured()
        if self.config.closed_form and isinstance(self.module, LinearOutput):
            self._restore_best()
            solved = best_output(self.module, self.samples, self.spec)
            # The features are of quantised parameters already: quantising these again might change them.
            self._load(solved if self.quantiser is None else self.quantiser(solved))
            self._keep_measured()

    def settle(self) -> None:
        """After a divergence: make sure that the error of the best parameters is known."""
        self._restore_best()
        self._keep(*self._measured())

    def _measured(self) -> tuple[Tensor, Tensor]:
        """Squared error of each block over all its samples, and what is minimised (`losses`): the same, or another."""
        if self.objective is None:
            errors = block_errors(self.module, self.samples, self.spec)
            return errors, errors
        scores, errors = self.objective.evaluate(self.module, self.samples)
        return errors, scores

    def _keep_measured(self) -> None:
        """Measure what the module holds, and keep what is better of it."""
        self._keep(*self._measured())
        self.trace.append(Trace(self.step, self.seconds, self.snr_db))

    def _keep(self, errors: Tensor, scores: Tensor | None = None) -> None:
        """Copy the current parameters of the blocks whose `scores` (default: `errors`) are their lowest so far."""
        scores = errors if scores is None else scores
        better = scores < self.best_score
        self.best_error = torch.where(better, errors, self.best_error)
        self.best_score = self.best_error if scores is errors else torch.where(better, scores, self.best_score)
        for name, value in self.module.named_parameters():
            self.best[name][better] = value.detach()[better]

    def _restore_best(self) -> None:
        self._load(self.best)

    def _load(self, values: dict[str, Tensor]) -> None:
        load(self.module, values)


def run_group(
    fit: GroupFit,
    *,
    seconds: float | None,
    on_step: Callable[[GroupFit], None],
    guard: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> None:
    """Run `fit` to the end of its budget; `seconds` is the wall clock it may take in all, None for any.

    `on_step` is called after every step: it may save, report, or raise to stop. All that is torch's work runs within
    a `guard`.
    """
    config = fit.config
    clock = monotonic() - fit.seconds
    fraction = _fraction(fit, seconds)
    while fraction < 1:
        evaluated = int(fraction * config.evaluations)
        with guard():
            fit.advance(fraction)
            fit.seconds = monotonic() - clock
            fraction = _fraction(fit, seconds)
            if fraction < 1 and int(fraction * config.evaluations) > evaluated:
                fit.evaluate()
        if config.snr_db is not None and fit.snr_db >= config.snr_db:
            break
        on_step(fit)
    with guard():
        fit.finish()
    fit.seconds = monotonic() - clock


def _fraction(fit: GroupFit, seconds: float | None) -> float:
    """How much of its budget, in steps or in seconds, a fit has used."""
    steps = fit.step / fit.config.steps
    return steps if seconds is None else max(steps, fit.seconds / seconds)
