"""The objective of context networks, and what comes of their training (torch)."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ligeia.codec.transform.material import Task
from ligeia.codec.transform.trainable import Arrays, RoundedNetwork, bits_per_symbol
from ligeia.training.objective import Objective, Step

Array = NDArray[Any]

EXAMPLES_EVALUATED = 2**16
"""Examples that evaluations in the course of training use."""


class Prediction(Objective):
    """The mean negative log-likelihood of symbols, given their contexts; examples are arrays `[n, …]` of both."""

    memory = "the batch"

    def __init__(self, device: torch.device, network: RoundedNetwork, task: Task, examples: Sequence[Array]) -> None:
        self.kind, self.hidden, self.size = network.kind, task.hidden, task.batch
        self.name = f"learning {self.kind.title}"
        self.module: RoundedNetwork = network.to(device)
        self.examples = examples
        self.columns = [torch.from_numpy(values).to(device) for values in examples]

    def batch(self, step: Step) -> list[Tensor]:
        """Draw examples, with replacement."""
        count = max(self.size // step.processes.count, 1)
        index = torch.from_numpy(step.random().integers(0, len(self.columns[0]), count)).to(self.columns[0].device)
        return [column[index] for column in self.columns]

    def loss(self, batch: list[Tensor]) -> Tensor:
        """Return the mean negative log-likelihood of a batch, in nats."""
        contexts, symbols = batch
        return nn.functional.nll_loss(self.module(contexts.float()), symbols.long())

    def evaluate(self) -> Mapping[str, float]:
        """Return the mean bits of a symbol by the integers that the network is now, on every so-many-th example."""
        chosen = slice(None, None, max(len(self.columns[0]) // EXAMPLES_EVALUATED, 1))
        columns = (values[chosen] for values in self.examples)
        return {"bits_per_symbol": bits_per_symbol(self.module.arrays(), self.kind.name, *columns)}

    def identity(self) -> str:
        """Return a digest of the examples, with the settings that are not the loop's."""
        digest = hashlib.sha256()
        for values in self.examples:
            digest.update(np.ascontiguousarray(values).data)
        return f"{self.kind.name} {self.hidden} {self.size} {digest.hexdigest()}"


@dataclass(frozen=True)
class LearnedContexts:
    """A finished model."""

    arrays: Arrays
    """Arrays of the model file."""
    bits: dict[str, float]
    """Mean bits of a symbol of each kind, over everything that was learned from."""
    symbols: dict[str, int]
    """Number of symbols of each kind that were learned from."""
    titles: dict[str, str]
    """Name of each kind in messages."""
