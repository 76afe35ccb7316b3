"""The one loop for everything that is learned.

A client states an `Objective`; a `Trainer` runs it: optimiser, schedules, clipping, averages, mixed precision,
processes, curve, and a state from which it resumes exactly. Folders, progress and resuming are in `runs`.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict
from functools import partial
from math import inf, isfinite

import torch
from torch import Tensor
from torch.nn import Module

from ligeia.errors import FitError
from ligeia.records.journal import Row
from ligeia.training.checkpoint import (
    Facts,
    Tensors,
    optimiser_state,
    prefixed,
    random_state,
    restore_optimiser,
    restore_random,
    without_prefix,
)
from ligeia.training.config import TrainingConfig
from ligeia.training.objective import Objective, Step
from ligeia.training.optimisers import (
    Average,
    Plateau,
    decay_factor,
    make_optimiser,
    rate_factor,
    scale_rates,
    set_decay,
)
from ligeia.training.processes import (
    Processes,
    pick_precision,
    torch_errors,
)


class Trainer:
    """An objective on its way through a run.

    `keep_best` keeps the best weights, by the objective's `judge`. `on_row` is called with each row of the curve.

    Raises:
        InputError: the configuration does not suit the objective.
    """

    def __init__(
        self,
        objective: Objective,
        config: TrainingConfig,
        *,
        processes: Processes = Processes(),  # noqa: B008 - frozen
        keep_best: bool = True,
        on_row: Callable[[Row], None] | None = None,
    ) -> None:
        self.objective, self.config, self.processes = objective, config, processes
        processes.broadcast([value.detach() for value in _weights(objective.module).values()])
        self.optimiser = make_optimiser(objective.groups(), config, objective.penalised())
        self.parameters = dict(objective.module.named_parameters())
        self.average = None if config.ema is None else Average(self.parameters, config.ema)
        self.plateau = Plateau()
        self.budget = config.seconds
        self.step, self.seconds, self.loss = 0, 0.0, float("nan")
        self.keep_best, self.best, self.best_score = keep_best, dict[str, Tensor](), inf
        self.best_step = 0
        self.finished = False
        self.on_row, self._losses = on_row, [0.0, 0.0]
        device = next(iter(self.parameters.values())).device
        dtype = pick_precision(config.precision, device)
        self._autocast: Callable[[], AbstractContextManager[None]] = nullcontext
        if dtype != torch.float32:
            self._autocast = partial(torch.autocast, device.type, dtype)
        self.scaler = torch.amp.GradScaler(device.type) if dtype == torch.float16 else None

    @property
    def fraction(self) -> float:
        """The share of the budget, in steps or in seconds, that is used."""
        steps = self.step / self.config.steps
        return steps if self.budget is None else max(steps, self.seconds / self.budget)

    def guard(self) -> AbstractContextManager[None]:
        """A context in which errors of torch become one line that names the objective."""
        return torch_errors(self.objective.name, self.objective.memory)

    def run(self, after_step: Callable[["Trainer"], None] | None = None) -> None:
        """Run to the end of the budget; `after_step` may save, report, or raise to stop.

        Raises:
            FitError: the loss is no longer finite, or torch failed.
        """
        if self.finished:
            return
        start = self.config.now() - self.seconds
        fraction = self._agreed(self.fraction)
        while fraction < 1 and not self.objective.reached():
            evaluated = int(fraction * self.config.evaluations)
            with self.guard():
                self.advance(fraction)
                self.seconds = self.config.now() - start
                fraction = self._agreed(self.fraction)
                if fraction < 1 and int(fraction * self.config.evaluations) > evaluated:
                    self.evaluate(self.objective.evaluate)
                elif fraction < 1 and self.step % self.config.log_every == 0:
                    self._add_row({})
            if after_step is not None:
                after_step(self)
        with self.guard():
            self.evaluate(self.objective.finish)
        self.seconds, self.finished = self.config.now() - start, True

    def advance(self, fraction: float) -> None:
        """Take one step, at `fraction` (0 to 1) of the schedules.

        Raises:
            FitError: the loss is no longer a finite number.
        """
        config = self.config
        scale_rates(self.optimiser, rate_factor(config, fraction, self.step) * self.plateau.factor)
        if config.decay_schedule != "constant":
            set_decay(self.optimiser, config.weight_decay * decay_factor(config, fraction))
        self.optimiser.zero_grad(set_to_none=True)
        if self.processes.count > 1:  # the state of one process alone is saved
            torch.manual_seed(hash((config.seed, self.step, self.processes.rank)) % 2**63)
        step = Step(self.step, fraction, config.seed, self.processes, self._backward, self._autocast)
        self.loss = self.objective.backward(step)
        if self.processes.count > 1:
            self._average_gradients()
        if not isfinite(self.loss) and (self.scaler is None or self.scaler.get_scale() < 1):
            raise FitError(self.objective.diverged(self.step, self.loss, config))
        if self.scaler is not None:
            self.scaler.unscale_(self.optimiser)
        if config.clip_gradient is not None:
            self.objective.clip(config.clip_gradient)
        if self.scaler is None:
            self.optimiser.step()
        else:
            self.scaler.step(self.optimiser)
            self.scaler.update()
        if self.average is not None:
            self.average.update(self.step)
        if config.schedule == "plateau" and config.plateau_of == "steps":
            self.plateau.see(self.loss, config)
        self.step += 1
        self._losses = [self._losses[0] + self.loss, self._losses[1] + 1]

    def evaluate(self, measure: Callable[[], Mapping[str, float]]) -> None:
        """Add a row of what `measure` returns for the weights, averaged ones if there are, and keep the best."""
        objective = self.objective
        with self.averaged():
            was_training = objective.module.training
            objective.module.eval()
            scalars = dict(measure())
            objective.module.train(was_training)
            score = scalars[objective.judge] if objective.judge is not None else -self.step
            watched = self.config.schedule == "plateau" and self.config.plateau_of == "evaluations"
            if objective.judge is not None and watched:
                self.plateau.see(score, self.config)
            if self.keep_best and score < self.best_score:
                self.best_score, self.best_step = score, self.step
                self.best = {k: value.detach().clone() for k, value in _weights(objective.module).items()}
        self._add_row(scalars)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Within this, the parameters are their moving averages, where there are any."""
        if self.average is None:
            yield
            return
        self.average.swap()
        try:
            yield
        finally:
            self.average.swap()

    def state(self) -> tuple[Tensors, Facts]:
        """Tensors and plain values that the rest of the run depends on."""
        random_tensors, random_facts = random_state()
        tensors = prefixed("module", _weights(self.objective.module)) | prefixed("best", self.best)
        tensors |= prefixed("optimiser", optimiser_state(self.optimiser)) | prefixed("random", random_tensors)
        tensors |= prefixed("objective", self.objective.state())
        if self.average is not None:
            tensors |= prefixed("average", self.average.values)
        facts = {"step": self.step, "seconds": self.seconds, "losses": self._losses, "random": random_facts}
        facts |= {"finished": self.finished, "plateau": asdict(self.plateau), "best_score": self.best_score}
        facts |= {"best_step": self.best_step}
        return tensors, facts | {"scaler": None if self.scaler is None else self.scaler.state_dict()}

    @torch.no_grad()
    def load_state(self, tensors: Tensors, facts: Facts) -> None:
        """Restore what `state` returned."""
        weights = without_prefix("module", tensors)
        for name, value in _weights(self.objective.module).items():
            value.copy_(weights[name])
        self.best = without_prefix("best", tensors)
        restore_optimiser(self.optimiser, without_prefix("optimiser", tensors))
        restore_random(without_prefix("random", tensors), facts["random"])
        self.objective.load_state(without_prefix("objective", tensors))
        if self.average is not None:
            for name, value in without_prefix("average", tensors).items():
                self.average.values[name].copy_(value)
        if self.scaler is not None:
            self.scaler.load_state_dict(facts["scaler"])
        self.plateau, self.best_score = Plateau(**facts["plateau"]), facts["best_score"]
        self.best_step = facts["best_step"]
        self.step, self.seconds, self.finished = facts["step"], facts["seconds"], facts["finished"]
        self._losses = facts["losses"]

    def _backward(self, loss: Tensor) -> None:
        (loss if self.scaler is None else self.scaler.scale(loss)).backward()  # type: ignore[no-untyped-call]

    def _average_gradients(self) -> None:
        """Make gradients and loss their means over the processes."""
        loss = torch.tensor([self.loss], dtype=torch.float64)
        for value in self.parameters.values():
            if value.grad is None:
                value.grad = torch.zeros_like(value)
        device = next(iter(self.parameters.values())).device
        loss = loss.to(device)
        self.processes.average([*(value.grad for value in self.parameters.values() if value.grad is not None), loss])
        self.loss = float(loss)

    def _agreed(self, fraction: float) -> float:
        """The fraction of the first process, so that all take the same steps."""
        if self.processes.count == 1 or self.budget is None:
            return fraction
        agreed = torch.tensor([fraction], dtype=torch.float64, device=next(iter(self.parameters.values())).device)
        self.processes.broadcast([agreed])
        return float(agreed)

    def _add_row(self, scalars: Mapping[str, float]) -> None:
        """Add a row to the curve, with the mean loss since the row before."""
        if self.on_row is None:
            return
        total, steps = self._losses
        self._losses = [0.0, 0.0]
        rate = self.optimiser.param_groups[0]["lr"]
        loss = {"loss": total / steps} if steps else {}
        self.on_row({"step": self.step, "seconds": self.seconds, "learning_rate": rate, **loss, **scalars})


def _weights(module: Module) -> Tensors:
    """Parameters and buffers by name, each once, but for buffers that a module does not keep."""
    kept = module.state_dict()
    return dict(module.named_parameters()) | {name: value for name, value in module.named_buffers() if name in kept}
