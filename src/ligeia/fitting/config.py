"""How a fit is run: budget, optimiser, batches, precision. A recipe is a network together with this."""

from dataclasses import dataclass
from typing import Literal

from ligeia.errors import InputError

MAX_STEPS = 10_000_000
CHOICES = {
    "schedule": ("one_cycle", "constant", "staircase"),
    "decay_schedule": ("constant", "linear"),
    "sampling": ("strided", "random", "contiguous"),
    "loss": ("mse", "l1", "smooth_l1"),
    "derivative": ("analytic", "difference"),
    "precision": ("auto", "float32", "bfloat16"),
    "level": ("block", "peak"),
}
"""Settings that are one of a few words."""
LIMITS = {"weight_decay": 1e3, "derivative_weight": 1e9, "stft_weight": 1e9, "mel_weight": 1e9}
"""What settings that are 0 or more stay below."""


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
    """Coupled L2 penalty, as PyTorch's Adam applies it: lambda of lambda/2 |W|^2 (Zuiderveld 2021, eq. 5.1)."""
    decay_schedule: Literal["constant", "linear"] = "constant"
    """The penalty stays, or falls linearly from `weight_decay` to 0 over the first `decay_until` of the run."""
    decay_until: float = 1.0
    """Part of the run after which a linear penalty is 0 (Zuiderveld 2021: 0.5)."""
    clip_gradient: float | None = None
    """Largest norm of the gradient of one block (blocks are clipped each by its own); None: any."""
    schedule: Literal["one_cycle", "constant", "staircase"] = "one_cycle"
    """Learning rates: cosine up over `warmup`, cosine down to zero; constant; or 1 % less after every 20 steps."""
    warmup: float = 0.1
    """Part of the run in which the one-cycle schedule rises."""
    stride: int = 20
    """A step sees every stride-th sample, at a phase that changes from step to step; 1: full batch."""
    sampling: Literal["strided", "random", "contiguous"] = "strided"
    """Regularly strided samples, as many drawn at random with replacement, or a stretch of as many neighbours."""
    loss: Literal["mse", "l1", "smooth_l1"] = "mse"
    """What is minimised, a mean over samples: squared, absolute, or smoothed absolute error (`losses`)."""
    smooth_l1_beta: float = 0.1
    """Error, relative to the level, below which "smooth_l1" is quadratic: e^2 / (2 beta), then |e| - beta / 2."""
    derivative_weight: float = 0.0
    """Weight of the mean squared error of the change from sample to sample (`slopes`); 0: none."""
    derivative: Literal["analytic", "difference"] = "analytic"
    """The network's own derivative half way between two samples, or the difference of its values at both."""
    stft_weight: float = 0.0
    """Weight of a multi-resolution STFT distance, that of `metrics.mr_stft` (`spectral`); 0: none."""
    mel_weight: float = 0.0
    """Weight of HyperSound's multi-resolution mel distance (`spectral`); 0: none."""
    progressive_groups: int = 0
    """First-layer units fade in over the first half of the run, low frequencies first, in so many groups
    (Zuiderveld 2021: 8; `unmasking`); 0: all are there from the start."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """Products of the hidden layers; "auto": bfloat16 where the machine has instructions for it."""
    closed_form: bool = True
    """Solve the linear output layer by least squares at the end (kept only where it is better)."""
    evaluations: int = 4
    """How often, evenly over the budget, the whole of each block is evaluated to find the best parameters, by what is
    minimised; a full batch does so at every step."""
    quantise_from: float = 0.85
    """Part of the run after which steps see the parameters as they will be stored, where a plan says how (`quantised`).

    At the bits that `encode` chooses, anything from 0.7 to 0.9 gave the same SNR within half a decibel (three clips,
    three presets); with one or two bits less, 0.5 to 0.7 gave up to about a decibel more."""
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
        for name in ("weight_decay", "derivative_weight", "stft_weight", "mel_weight"):
            value = getattr(self, name)
            _require(0 <= value < LIMITS[name], f"{name} must lie between 0 and {LIMITS[name]:g}, got {value}")
        _require(self.evaluations >= 0, f"evaluations must be at least 0, got {self.evaluations}")
        _require(0 <= self.warmup <= 1, f"warmup must lie between 0 and 1, got {self.warmup}")
        for name, known in CHOICES.items():
            value = getattr(self, name)
            _require(value in known, f"{name} must be one of {', '.join(known)}, got {value!r}")
        _require(0 < self.decay_until <= 1, f"decay_until must lie above 0, and at most at 1, got {self.decay_until}")
        _require(
            self.clip_gradient is None or 0 < self.clip_gradient < float("inf"),
            f"clip_gradient must be a positive number, got {self.clip_gradient}",
        )
        _require(0 <= self.quantise_from <= 1, f"quantise_from must lie between 0 and 1, got {self.quantise_from}")
        _require(0 < self.smooth_l1_beta < 1e9, f"smooth_l1_beta must be a positive number, got {self.smooth_l1_beta}")
        _require(self.progressive_groups >= 0, f"progressive_groups must be at least 0, got {self.progressive_groups}")
        _require(self.stride >= 1, f"stride must be at least 1, got {self.stride}")
        _require(self.group >= 1, f"group must be at least 1, got {self.group}")
        _require(self.threads is None or self.threads >= 1, f"threads must be at least 1, got {self.threads}")
        _require(-(2**63) <= self.seed < 2**63, f"seed must be a 64-bit integer, got {self.seed}")
        self._check_batches()

    def _check_batches(self) -> None:
        """Raise `InputError` where a loss needs neighbouring samples and the batches have none."""
        if self.neighbours and not self.full_batch and self.sampling != "contiguous":
            batches = f"every {self.stride}th sample" if self.sampling == "strided" else "samples drawn at random"
            raise InputError(
                f"{' and '.join(self.neighbours)} need(s) neighbouring samples, but a step sees {batches}: "
                'set sampling="contiguous", or stride=1 with sampling="strided"'
            )

    @property
    def full_batch(self) -> bool:
        """Whether every step sees every sample."""
        return self.stride == 1 and self.sampling != "random"

    @property
    def neighbours(self) -> tuple[str, ...]:
        """The settings that ask for batches of neighbouring samples."""
        difference = self.derivative == "difference" and self.derivative_weight > 0
        asking = {
            "derivative_weight": difference,
            "stft_weight": self.stft_weight > 0,
            "mel_weight": self.mel_weight > 0,
        }
        return tuple(name for name, asks in asking.items() if asks)

    @property
    def analytic(self) -> bool:
        """Whether the network's own derivative is asked for."""
        return self.derivative == "analytic" and self.derivative_weight > 0

    @property
    def plain(self) -> bool:
        """Whether nothing but the squared error is minimised."""
        return self.loss == "mse" and not self.neighbours and not self.analytic


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise InputError(message)
