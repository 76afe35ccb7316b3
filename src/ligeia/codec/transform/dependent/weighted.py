"""The objective of the networks of sizes and signs: examples that stand for several others (torch).

Most coefficients lie where nothing is, and are 0: there is little to be learned from them. A part of those is enough,
if each counts for all that it stands for.
"""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ligeia.codec.transform.dependent.trainable import RowNetwork
from ligeia.codec.transform.material import Task
from ligeia.codec.transform.prediction import Prediction


class WeightedExamples(NamedTuple):
    """Contexts and the symbols that came in them."""

    contexts: NDArray[np.int8]
    """`[n, inputs]`."""
    symbols: NDArray[np.uint8]
    """`[n]`."""
    weights: NDArray[np.float32]
    """Number of examples that each stands for, `[n]`."""

    @classmethod
    def joined(cls, parts: list["WeightedExamples"]) -> "WeightedExamples":
        """Return the examples of all parts."""
        return cls(*(np.concatenate(column) for column in zip(*parts, strict=True)))

    @property
    def stands_for(self) -> int:
        """Number of examples they stand for altogether."""
        return round(float(self.weights.sum(dtype=np.float64)))


class WeightedPrediction(Prediction):
    """The mean negative log-likelihood of all symbols that the examples stand for."""

    module: RowNetwork

    def __init__(self, device: torch.device, network: RowNetwork, task: Task, examples: WeightedExamples) -> None:
        super().__init__(device, network, task, examples)
        self.mean = float(examples.weights.mean(dtype=np.float64))

    def loss(self, batch: list[Tensor]) -> Tensor:
        """Return the mean negative log-likelihood of a batch, in nats."""
        contexts, symbols, weights = batch
        return -(self.module.likelihoods(contexts.float(), symbols.long()) * weights).mean() / self.mean
