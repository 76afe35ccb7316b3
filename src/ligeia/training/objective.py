"""The objective of a training, which a client of the loop states, and the step that it is called with."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import Module, Parameter

from ligeia.training.checkpoint import Tensors
from ligeia.training.config import TrainingConfig
from ligeia.training.optimisers import clip_norm
from ligeia.training.processes import Processes


@dataclass(frozen=True)
class Step:
    """A step of the loop, as an objective sees it."""

    number: int
    """Steps before it."""
    fraction: float
    """Part of the run that lies behind, 0 to 1."""
    seed: int
    """The seed of the run."""
    processes: Processes
    """The processes that share the batch."""
    backward: Callable[[Tensor], None]
    """Add the gradients of a loss, or of a part of one, to the parameters'."""
    autocast: Callable[[], AbstractContextManager[None]]
    """A context in which products run in the precision of the run."""

    def indices(self, count: int, batch: int) -> NDArray[np.int64]:
        """This process's share of a batch out of `count` examples: all of them once in an epoch, in random order.

        They depend on step and seed alone, so that a resumed run sees the same. `batch` counts all processes.
        """
        places = np.arange(self.number * batch, (self.number + 1) * batch)[self.processes.rank :: self.processes.count]
        epochs, turns = np.divmod(places, count)
        orders = {epoch: _order(count, self.seed % 2**63, epoch) for epoch in np.unique(epochs).tolist()}
        pairs = zip(epochs.tolist(), turns.tolist(), strict=True)
        return np.array([orders[epoch][turn] for epoch, turn in pairs], np.int64)

    def random(self) -> np.random.Generator:
        """A generator that depends on step, seed and process alone."""
        return np.random.default_rng([self.seed % 2**63, self.number, self.processes.rank])


@lru_cache(maxsize=2)
def _order(count: int, seed: int, epoch: int) -> NDArray[np.int64]:
    return np.random.default_rng([seed, epoch]).permutation(count)


class Objective:
    """The aim of a training: derive from it, set `module`, and state at least `loss`."""

    module: Module
    """Its parameters are learned. It lies on the device where it shall run."""
    name: str = "training"
    """Start of error messages."""
    memory: str = "the size of the batch"
    """Settings to lower where memory is short, for error messages."""
    judge: str | None = None
    """The scalar of `evaluate` (lower is better) that says which weights are the best; None: the last ones."""

    def batch(self, step: Step) -> Any:
        """The data of a step; it should depend on `step` alone. None where `loss` needs no data."""

    def loss(self, batch: Any) -> Tensor:
        """The loss of a batch, a scalar."""
        raise NotImplementedError

    def backward(self, step: Step) -> float:
        """Add up the gradients of a step, and return its loss; override it to do so in parts."""
        batch = self.batch(step)
        with step.autocast():
            loss = self.loss(batch)
        step.backward(loss)
        return float(loss.detach())

    def evaluate(self) -> Mapping[str, float]:
        """Scalars that say how good the module is now."""
        return {}

    def groups(self) -> list[list[Parameter]]:
        """The parameters in groups, each with a learning rate of its own."""
        return [list(self.module.parameters())]

    def penalised(self) -> list[bool] | None:
        """Truth values: the groups that the weight penalty applies to; None: all."""
        return None

    def clip(self, limit: float) -> None:
        """Limit the norm of the gradient."""
        clip_norm(self.module.parameters(), limit)

    def reached(self) -> bool:
        """True to stop early."""
        return False

    def finish(self) -> Mapping[str, float]:
        """Complete the work at the end, and return the last scalars."""
        return self.evaluate()

    def diverged(self, step: int, loss: float, config: TrainingConfig) -> str:
        """The message for a loss that is not finite."""
        rates = ", ".join(f"{rate:g}" for rate in config.learning_rates)
        advice = "" if config.clip_gradient is not None else ", or set clip_gradient"
        return f"{self.name} diverged at step {step}: the loss is {loss}; lower the learning rates ({rates}){advice}"

    def state(self) -> Tensors:
        """Tensors besides the module that the rest of the run depends on."""
        return {}

    def load_state(self, state: Tensors) -> None:
        """Restore what `state` returned."""

    def identity(self) -> str:
        """A digest or description of data and settings, which a checkpoint must agree with."""
        return type(self).__qualname__
