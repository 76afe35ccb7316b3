"""The optimiser loop: it fits a group of blocks of one shape together, and keeps the best of each."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import isfinite, log10
from time import monotonic

import torch
from torch import Tensor

from ligeia.errors import FitError
from ligeia.fitting.batches import Batch, Samples, squared_error
from ligeia.fitting.closed_form import solve_output
from ligeia.fitting.config import FitConfig
from ligeia.fitting.device import autocast_dtype
from ligeia.fitting.optimisers import make_optimiser, scale_rates
from ligeia.fitting.schedule import rate_factor
from ligeia.networks.spec import LinearOutput, NetworkSpec

_UNITS_AT_ONCE = 2**22


@dataclass(frozen=True)
class Trace:
    """One evaluation: after `step` steps and `seconds`, the group's best had this SNR."""

    step: int
    seconds: float
    snr_db: float


class GroupFit:
    """A group of blocks on its way from random numbers to the best fit found.

    `energies` float64 `[blocks]` weigh the blocks where one SNR is said for the group: squared level of each.
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

    @property
    def signal(self) -> Tensor:
        """Energy of each block's target, `[blocks]`."""
        weights = self.samples.weights
        targets = self.samples.targets if weights is None else self.samples.targets * weights
        return targets.double().square().sum((1, 2))

    @property
    def snr_db(self) -> float:
        """SNR of the best parameters over the whole group, in dB, at the blocks' true levels."""
        error = float((self.best_error * self.levels**2).sum())
        return 10 * log10(max(float((self.signal * self.levels**2).sum()), 1e-300) / max(error, 1e-300))

    def advance(self, fraction: float) -> None:
        """One step, at `fraction` (0 to 1) of the schedule.

        Raises:
            FitError: the loss is no longer a finite number.
        """
        scale_rates(self.optimiser, rate_factor(self.config.schedule, fraction, self.config.warmup))
        self.optimiser.zero_grad(set_to_none=True)
        full = self.config.full_batch
        batches = map(self.samples.take, self._parts()) if full else [self.samples.step(self.step, self.config)]
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
        self._keep(self._errors())
        self.trace.append(Trace(self.step, self.seconds, self.snr_db))

    def finish(self) -> None:
        """Last evaluation, and the closed-form output layer on top of the best parameters."""
        self.evaluate()
        if self.config.full_batch:  # what was kept had been measured in the precision of the steps
            self._restore_best()
            self.best_error = self._errors()
        if self.config.closed_form and isinstance(self.module, LinearOutput):
            self._restore_best()
            self._solve_output()
            self.evaluate()

    def settle(self) -> None:
        """After a divergence: make sure that the error of the best parameters is known."""
        self._restore_best()
        self._keep(self._errors())

    def _keep(self, errors: Tensor) -> None:
        """Copy the current parameters of the blocks whose `errors` are their lowest so far."""
        better = errors < self.best_error
        self.best_error = torch.where(better, errors, self.best_error)
        for name, value in self.module.named_parameters():
            self.best[name][better] = value.detach()[better]

    @torch.no_grad()
    def _errors(self) -> Tensor:
        """Squared error of each block over all its samples, float64 `[blocks]`."""
        total = torch.zeros_like(self.levels)
        for part in self._parts():
            batch = self.samples.take(part)
            total += squared_error(self.module(batch.coordinates), batch).double()
        return total

    def _parts(self) -> list[slice]:
        """Slices of the samples, short enough that evaluating them takes bounded memory."""
        units = max(max(shape) for shape in self.spec.shapes().values()) * self.samples.targets.shape[0]
        points = max(_UNITS_AT_ONCE // units, 256)
        return [slice(k, k + points) for k in range(0, self.samples.length, points)]

    @torch.no_grad()
    def _restore_best(self) -> None:
        for name, value in self.module.named_parameters():
            value.copy_(self.best[name])

    @torch.no_grad()
    def _solve_output(self) -> None:
        """Replace the output layer by the least-squares one."""
        batches = [self.samples.take(part) for part in self._parts()]
        assert isinstance(self.module, LinearOutput), self.module
        features = self.module.features
        weight, bias = solve_output((features(batch.coordinates), batch) for batch in batches)
        names = [name for name in self.spec.shapes() if self.spec.part(name) == "output"]
        self.module.get_parameter(names[0]).copy_(weight)
        self.module.get_parameter(names[1]).copy_(bias)


def run_group(
    fit: GroupFit, *, seconds: float | None, on_step: Callable[[GroupFit], None], started: float | None = None
) -> None:
    """Run `fit` to the end of its budget; `seconds` is the wall clock it may take in all, None for any.

    `on_step` is called after every step: it may save, report, or raise to stop.
    """
    config = fit.config
    clock = monotonic() - fit.seconds if started is None else started
    due = max(config.steps // max(config.evaluations, 1), 1)
    while fit.step < config.steps:
        fraction = fit.step / config.steps
        if seconds is not None:
            fraction = max(fraction, (monotonic() - clock) / seconds)
            if fraction >= 1:
                break
        fit.advance(fraction)
        fit.seconds = monotonic() - clock
        if fit.step % due == 0 and fit.step < config.steps:
            fit.evaluate()
            if config.snr_db is not None and fit.snr_db >= config.snr_db:
                break
        on_step(fit)
    fit.finish()
    fit.seconds = monotonic() - clock
