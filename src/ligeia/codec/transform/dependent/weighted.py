"""The objective of the networks of sizes and signs: examples that stand for several others (torch).

Most coefficients lie where nothing is, and are 0: there is little to be learned from them. A part of those is enough,
if each counts for all that it stands for.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ligeia.codec.transform.context_model import ROWS, ContextNetwork
from ligeia.codec.transform.dependent.trainable import RowNetwork
from ligeia.codec.transform.material import Task
from ligeia.codec.transform.prediction import EXAMPLES_EVALUATED
from ligeia.codec.transform.trainable import EVALUATED_AT_ONCE, Arrays, Integers
from ligeia.training.objective import Objective, Step


@dataclass(frozen=True)
class WeightedExamples:
    """Contexts and the symbols that came in them."""

    contexts: NDArray[np.int8]
    """`[n, inputs]`."""
    symbols: NDArray[np.uint8]
    """`[n]`."""
    weights: NDArray[np.float32]
    """How many examples each stands for, `[n]`."""

    @classmethod
    def joined(cls, parts: list["WeightedExamples"]) -> "WeightedExamples":
        """Return the examples of all parts."""
        columns = zip(*((part.contexts, part.symbols, part.weights) for part in parts), strict=True)
        return cls(*(np.concatenate(column) for column in columns))

    def every(self, stride: int) -> "WeightedExamples":
        """Return every so-many-th example."""
        return WeightedExamples(self.contexts[::stride], self.symbols[::stride], self.weights[::stride])

    @property
    def stands_for(self) -> int:
        """How many examples they stand for altogether."""
        return round(float(self.weights.sum(dtype=np.float64)))


class WeightedPrediction(Objective):
    """The mean negative log-likelihood of symbols, given their contexts."""

    memory = "the batch"

    def __init__(self, device: torch.device, network: RowNetwork, task: Task, examples: WeightedExamples) -> None:
        self.kind, self.settings, self.size = network.kind, f"{task.hidden} {task.batch}", task.batch
        self.name = f"learning {self.kind.title}"
        self.module: RowNetwork = network.to(device)
        self.examples, self.mean = examples, float(examples.weights.mean(dtype=np.float64))
        columns = (examples.contexts, examples.symbols, examples.weights)
        self.contexts, self.symbols, self.weights = (torch.from_numpy(values).to(device) for values in columns)

    def batch(self, step: Step) -> tuple[Tensor, Tensor, Tensor]:
        """Draw examples, with replacement."""
        count = max(self.size // step.processes.count, 1)
        index = torch.from_numpy(step.random().integers(0, len(self.symbols), count)).to(self.symbols.device)
        return self.contexts[index].float(), self.symbols[index].long(), self.weights[index]

    def loss(self, batch: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        """Return the mean negative log-likelihood of a batch, in nats."""
        contexts, symbols, weights = batch
        return -(self.module.likelihoods(contexts, symbols) * weights).mean() / self.mean

    def evaluate(self) -> Mapping[str, float]:
        """Return the mean bits of a symbol by the integers that the network is now, on every so-many-th example."""
        chosen = self.examples.every(max(len(self.symbols) // EXAMPLES_EVALUATED, 1))
        return {"bits_per_symbol": weighted_bits(self.module.arrays(), self.kind.name, chosen)}

    def identity(self) -> str:
        """Return a digest of the examples, with the settings that are not the loop's."""
        digest = hashlib.sha256()
        for values in (self.examples.contexts, self.examples.symbols, self.examples.weights):
            digest.update(np.ascontiguousarray(values).data)
        return f"{self.kind.name} {self.settings} {digest.hexdigest()}"


def weighted_bits(arrays: Arrays, name: str, examples: WeightedExamples) -> float:
    """Return the mean bits of a symbol by the network of integers."""
    network, total = ContextNetwork.from_arrays(arrays, name), 0.0
    for start in range(0, len(examples.symbols), EVALUATED_AT_ONCE):
        part = slice(start, start + EVALUATED_AT_ONCE)
        contexts = examples.contexts[part]
        rows: Integers = network.rows(np.ascontiguousarray(contexts.T))
        if len(network.counts) > ROWS:  # the second half is for the second quantiser, which the first context tells
            rows += ROWS * (contexts[:, 0] > 0)
        total += float((network.bits[rows, examples.symbols[part]] * examples.weights[part]).sum())
    return total / float(examples.weights.sum(dtype=np.float64))
