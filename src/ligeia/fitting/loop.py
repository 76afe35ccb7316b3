"""The optimiser loop: it fits a group of blocks of one shape together, and keeps the best of each."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from time import monotonic

import torch
from torch import Tensor

from ligeia.errors import FitError
from ligeia.fitting.batches import Batch, Samples, squared_error
from ligeia.fitting.config import FitConfig
from ligeia.fitting.device import autocast_dtype
from ligeia.fitting.group import snr_from_energies
from ligeia.fitting.measure import best_output, block_errors, parts
from ligeia.fitting.optimisers import make_optimiser, scale_rates
from ligeia.fitting.schedule import rate_factor
from ligeia.networks.spec import LinearOutput, NetworkSpec


@dataclass(frozen=True)
class Trace:
    """One evaluation: after `step` steps and `seconds`, the group's best had this SNR."""

    step: int
    seconds: float
    snr_db: float


class GroupFit:
    """A group of blocks on its way from random numbers to the best fit found.

    `levels` `[blocks]` are the gains of the blocks: their squares weigh them where one SNR is said for the group.
    """

    def __init__(self, spec: NetworkSpec, samples: Samples, levels: Tensor, config: FitConfig, seed: int) -> None:
        self.spec, self.samples, self.config = spec, samples, config
        self.levels = levels.double()
        self.module = spec.build(blocks=samples.targets.shape[0], seed=seed).to(samples.targets.device)
        self.optimiser = make_optimiser(self.module, spec, config)
        self.dtype = autocast_dtype(config, samples.targets.device)
        self.step = 0
        self.best = {name: value.detach().clone() for name, value in self.module.named_parameters()}
        self.best_error = torch.full_like(self.levels, torch.inf)
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
        scale_rates(self.optimiser, rate_factor(self.config, fraction, self.step))
        self.optimiser.zero_grad(set_to_none=True)
        full = self.config.full_batch
        batches = parts(self.samples, self.spec) if full else [self.samples.step(self.step, self.config)]
        errors, numbers = self._backward(batches)
        self.loss = float(errors.sum()) / (numbers * len(errors))
        if not isfinite(self.loss):
            raise FitError(f"the fit diverged at step {self.step}: the loss is {self.loss}; lower the learning rates")
        if full:
            self._keep(errors)  # the errors belong to the parameters before this step
            self.trace.append(Trace(self.step, self.seconds, self.snr_db))
        scale = 1 / numbers
        for value in self.module.parameters():
            if value.grad is not None:
                value.grad.mul_(scale)
        self.optimiser.step()
        self.step += 1

    def _backward(self, batches: Iterable[Batch]) -> tuple[Tensor, int]:
        """Add up the gradients of the squared error; the error of each block, and numbers in a block.

        A full batch comes in parts: that bounds the memory of long sounds, and smaller products are quicker.
        """
        total, numbers = torch.zeros_like(self.levels), 0
        for batch in batches:
            errors = squared_error(self.module(batch.coordinates, self.dtype), batch)
            errors.sum().backward()  # type: ignore[no-untyped-call]
            total += errors.detach().double()
            numbers += batch.targets[0].numel()
        return total, numbers

    def evaluate(self) -> None:
        """Measure every block whole, in single precision, with the parameters as they are; keep the better ones."""
        self._keep(block_errors(self.module, self.samples, self.spec))
        self.trace.append(Trace(self.step, self.seconds, self.snr_db))

    def finish(self) -> None:
        """Last evaluation, and the closed-form output layer on top of the best parameters."""
        self.evaluate()
        if self.config.full_batch:  # what was kept had been measured in the precision of the steps
            self._restore_best()
            self.best_error = block_errors(self.module, self.samples, self.spec)
        if self.config.closed_form and isinstance(self.module, LinearOutput):
            self._restore_best()
            self._load(best_output(self.module, self.samples, self.spec))
            self.evaluate()

    def settle(self) -> None:
        """After a divergence: make sure that the error of the best parameters is known."""
        self._restore_best()
        self._keep(block_errors(self.module, self.samples, self.spec))

    def _keep(self, errors: Tensor) -> None:
        """Copy the current parameters of the blocks whose `errors` are their lowest so far."""
        better = errors < self.best_error
        self.best_error = torch.where(better, errors, self.best_error)
        for name, value in self.module.named_parameters():
            self.best[name][better] = value.detach()[better]

    def _restore_best(self) -> None:
        self._load(self.best)

    @torch.no_grad()
    def _load(self, values: dict[str, Tensor]) -> None:
        """Set the parameters that `values` names."""
        for name, value in values.items():
            self.module.get_parameter(name).copy_(value)


def run_group(fit: GroupFit, *, seconds: float | None, on_step: Callable[[GroupFit], None]) -> None:
    """Run `fit` to the end of its budget; `seconds` is the wall clock it may take in all, None for any.

    `on_step` is called after every step: it may save, report, or raise to stop.
    """
    config = fit.config
    clock = monotonic() - fit.seconds
    fraction = _fraction(fit, seconds)
    while fraction < 1:
        evaluated = int(fraction * config.evaluations)
        fit.advance(fraction)
        fit.seconds = monotonic() - clock
        fraction = _fraction(fit, seconds)
        if fraction < 1 and int(fraction * config.evaluations) > evaluated:
            fit.evaluate()
        if config.snr_db is not None and fit.snr_db >= config.snr_db:
            break
        on_step(fit)
    fit.finish()
    fit.seconds = monotonic() - clock


def _fraction(fit: GroupFit, seconds: float | None) -> float:
    """How much of its budget, in steps or in seconds, a fit has used."""
    steps = fit.step / fit.config.steps
    return steps if seconds is None else max(steps, fit.seconds / seconds)
