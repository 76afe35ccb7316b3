"""Codes that are learned: one for each sound, stored beside the network, with an optimiser of their own (torch).

An *autodecoder* (Park et al. 2019) has no encoder: the code of a sound is a parameter that only the steps move that see
the sound. Zuiderveld 2021 draws codes from N(0, 0.001^2) and moves those of a batch by plain gradient descent with a
rate of 0.3, while the gradients of the network are those at the codes before that. One forward and one backward pass
give both (the thesis's program makes two backward passes). Its steps depend on the size of the loss, a sum over samples
and a mean over the batch; the moments of "adam", which are kept for each sound, do not.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import Module

from ligeia.training.config import require, require_choice

EPS = 1e-8


@dataclass(frozen=True, kw_only=True)
class CodeSettings:
    """Settings of the codes and their inference: the table `[codes]`. Defaults are those of the thesis's program.

    Raises:
        InputError: a setting is out of range.
    """

    inference: Literal["autodecoder", "autoencoder"] = "autodecoder"
    """A stored code for each sound; or an encoder that makes codes of sounds."""
    optimiser: Literal["sgd", "adam"] = "sgd"
    """Optimiser of stored codes: plain gradient descent (as executed), or Adam with moments for each sound."""
    learning_rate: float = 0.3
    """Learning rate of stored codes; with "adam" it follows the schedule of the run."""
    start: Literal["drawn", "closed"] = "drawn"
    """Stored codes begin as random numbers; or codes and network as a closed form has them, where the decoder knows
    one."""
    deviation: float = 1e-3
    """Standard deviation of random codes at the start."""
    penalty: float = 0.0
    """lambda of lambda/2 |z|^2 for each stored code, beside the loss of its sound."""
    batch: int = 128
    """Sounds of a step, over all processes."""
    train_mapping: bool = True
    """False: the mapping network stays as it starts, as that of every ablation in the thesis's released program."""

    def __post_init__(self) -> None:
        require_choice("inference", self.inference, ("autodecoder", "autoencoder"))
        require_choice("optimiser", self.optimiser, ("sgd", "adam"))
        require_choice("start", self.start, ("drawn", "closed"))
        require(
            self.start == "drawn" or self.inference == "autodecoder",
            'start = "closed" is of stored codes: an autoencoder has none',
        )
        require(0 <= self.learning_rate < 1e6, f"learning_rate must be at least 0, got {self.learning_rate}")
        require(0 <= self.deviation < 1e3, f"deviation must be at least 0, got {self.deviation}")
        require(0 <= self.penalty < 1e6, f"penalty must be at least 0, got {self.penalty}")
        require(1 <= self.batch <= 2**20, f"batch must lie between 1 and {2**20}, got {self.batch}")


class StoredCodes(Module):
    """The codes `values [items, numbers]` of an autodecoder, and what their optimiser remembers of each.

    They are buffers, not parameters: the optimiser of the network does not see them.
    """

    def __init__(self, settings: CodeSettings, items: int, numbers: int, seed: int = 0) -> None:
        super().__init__()
        self.settings = settings
        generator = torch.Generator().manual_seed(seed % 2**63)
        self.values: Tensor
        self.register_buffer("values", settings.deviation * torch.randn(items, numbers, generator=generator))
        if settings.optimiser == "adam":
            self.register_buffer("mean", torch.zeros(items, numbers))
            self.register_buffer("square", torch.zeros(items, numbers))
            self.register_buffer("seen", torch.zeros(items, dtype=torch.int32))

    def __len__(self) -> int:
        """Return the number of sounds."""
        return len(self.values)

    @torch.no_grad()
    def move(
        self, items: Tensor, gradients: Tensor, factor: float = 1.0, betas: tuple[float, float] = (0.9, 0.999)
    ) -> None:
        """Take one step with the codes of `items [n]`, each of them once, against `gradients [n, numbers]`.

        `factor` is that of the schedule on Adam's rate; `betas` are the decay rates of its moments.
        """
        settings, before = self.settings, self.values[items]
        gradients = gradients + settings.penalty * before if settings.penalty else gradients
        if settings.optimiser == "sgd":
            self.values[items] = before - settings.learning_rate * gradients
            return
        mean, square, seen = (self.get_buffer(name) for name in ("mean", "square", "seen"))
        seen[items] += 1
        mean[items] = betas[0] * mean[items] + (1 - betas[0]) * gradients
        square[items] = betas[1] * square[items] + (1 - betas[1]) * gradients.square()
        count = seen[items].unsqueeze(1).float()
        root = (square[items] / (1 - betas[1] ** count)).sqrt() + EPS
        rate = settings.learning_rate * factor
        self.values[items] = before - rate * (mean[items] / (1 - betas[0] ** count)) / root
