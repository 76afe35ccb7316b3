"""How a fit is run: budget, optimiser, batches, precision. A recipe is a network together with this."""

from dataclasses import dataclass
from typing import Literal

from ligeia.errors import InputError

MAX_STEPS = 10_000_000
CHOICES = {
    "schedule": ("one_cycle", "constant", "staircase"),
    "sampling": ("strided", "random"),
    "precision": ("auto", "float32", "bfloat16"),
    "level": ("block", "peak"),
}
"""Settings that are one of a few words."""


@dataclass(frozen=True, kw_only=True)
class FitConfig:
    """The settings of the optimiser loop; the defaults are Ligeia's own recipe.

    Raises:
        InputError: a setting is out of range.
    """

    steps: int = 1500
    """Optimiser steps for each group of blocks."""
    seconds: float | None = None
    """Wall-clock budget for the whole sound; the schedule then follows the clock where that is sooner."""
    snr_db: float | None = None
    """Stop a group of blocks as soon as its signal-to-noise ratio reaches this."""
    optimiser: str = "adam"
    """Name of the optimiser (see `optimisers.NAMES`)."""
    learning_rates: tuple[float, float, float] = (0.004, 0.07, 0.018)
    """Peak learning rates of the first layer, the hidden layers, and the output layer."""
    betas: tuple[float, float] = (0.8, 0.95)
    """Decay rates of Adam's moments."""
    weight_decay: float = 0.0
    """Coupled L2 penalty, as PyTorch's Adam applies it."""
    schedule: Literal["one_cycle", "constant", "staircase"] = "one_cycle"
    """Learning rates: cosine up over `warmup`, cosine down to zero; constant; or 1 % less after every 20 steps."""
    warmup: float = 0.1
    """Part of the run in which the one-cycle schedule rises."""
    stride: int = 20
    """A step sees every stride-th sample, at a phase that changes from step to step; 1: full batch."""
    sampling: Literal["strided", "random"] = "strided"
    """Regularly strided coordinates, or as many drawn at random with replacement."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """Products of the hidden layers; "auto": bfloat16 where the machine has instructions for it."""
    closed_form: bool = True
    """Solve the linear output layer by least squares at the end (kept only where it is better)."""
    evaluations: int = 4
    """How often, evenly over the budget, the whole of each block is evaluated to find the best parameters; a full
    batch does so at every step."""
    level: Literal["block", "peak"] = "block"
    """What networks see is divided by the block's own RMS, or by the peak of the whole sound."""
    group: int = 256
    """Blocks that are fitted together; it bounds the memory of long recordings."""
    device: str = "auto"
    """"auto", "cpu" or "cuda"."""
    threads: int | None = None
    """Threads for the products; None: PyTorch's own choice."""
    seed: int = 0
    """Where the random numbers start; the same seed on the same machine gives the same bytes."""

    def __post_init__(self) -> None:
        _require(1 <= self.steps <= MAX_STEPS, f"steps must lie between 1 and {MAX_STEPS}, got {self.steps}")
        _require(
            self.seconds is None or 0 < self.seconds < float("inf"),
            f"the time budget must be a positive number of seconds, got {self.seconds}",
        )
        _require(
            self.snr_db is None or -100 <= self.snr_db <= 200,
            f"snr must lie between -100 and 200 dB, got {self.snr_db}",
        )
        _require(
            len(self.learning_rates) == 3 and all(0 <= rate < 1e3 for rate in self.learning_rates),
            f"there must be three learning rates between 0 and 1000, got {self.learning_rates}",
        )
        _require(all(0 <= beta < 1 for beta in self.betas), f"betas must lie in [0, 1), got {self.betas}")
        _require(0 <= self.weight_decay < 1e3, f"weight_decay must lie between 0 and 1000, got {self.weight_decay}")
        _require(self.evaluations >= 0, f"evaluations must be at least 0, got {self.evaluations}")
        _require(0 <= self.warmup <= 1, f"warmup must lie between 0 and 1, got {self.warmup}")
        for name, known in CHOICES.items():
            value = getattr(self, name)
            _require(value in known, f"{name} must be one of {', '.join(known)}, got {value!r}")
        _require(self.stride >= 1, f"stride must be at least 1, got {self.stride}")
        _require(self.group >= 1, f"group must be at least 1, got {self.group}")
        _require(self.threads is None or self.threads >= 1, f"threads must be at least 1, got {self.threads}")
        _require(-(2**63) <= self.seed < 2**63, f"seed must be a 64-bit integer, got {self.seed}")

    @property
    def full_batch(self) -> bool:
        """Whether every step sees every sample."""
        return self.stride == 1 and self.sampling == "strided"


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise InputError(message)
