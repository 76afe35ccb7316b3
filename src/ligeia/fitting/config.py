"""Settings of a fit: budget, optimiser, batches, loss, precision. A recipe is a network together with these."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from ligeia.errors import SettingsError
from ligeia.training.config import TrainingConfig, require, require_choice

CHOICES = {
    "sampling": ("strided", "random", "contiguous"),
    "loss": ("mse", "l1", "smooth_l1"),
    "derivative": ("analytic", "difference"),
    "level": ("block", "peak"),
}
"""Settings that are one of a few words."""
WEIGHTS = ("derivative_weight", "stft_weight", "mel_weight")
"""Settings that weigh a term of the loss."""


@dataclass(frozen=True, kw_only=True)
class FitConfig(TrainingConfig):
    """The settings of a fit: those of the loop, and those of the loss and the batches; Ligeia's own by default.

    Raises:
        TypeError: a setting is of another type.
        SettingsError: a setting is out of range.
    """

    steps: int = 1500
    """Optimiser steps for each group of blocks."""
    snr_db: float | None = None
    """Stop a group of blocks as soon as its signal-to-noise ratio reaches this."""
    learning_rates: tuple[float, ...] = (0.004, 0.07, 0.018)
    """Peak learning rates of the first layer, the hidden layers, and the output layer."""
    betas: tuple[float, float] = (0.8, 0.95)
    """Decay rates of Adam's moments."""
    stride: int = 20
    """A step sees every stride-th sample, at a phase that changes from step to step; 1: full batch."""
    sampling: Literal["strided", "random", "contiguous"] = "strided"
    """Regularly strided samples, as many drawn at random with replacement, or a stretch of as many neighbours."""
    loss: Literal["mse", "l1", "smooth_l1"] | Callable[..., Any] = "mse"
    """The loss, a mean over samples: squared, absolute, or smoothed absolute error (`losses`); or a function of
    `estimate` and `target`, which sees neighbouring samples (`own_loss`)."""
    smooth_l1_beta: float = 0.1
    """Error, relative to the level, below which "smooth_l1" is quadratic: e^2 / (2 beta), then |e| - beta / 2."""
    derivative_weight: float = 0.0
    """Weight of the mean squared error of the change from sample to sample (`losses`); 0: none."""
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
    """Evaluations of all samples, evenly over the budget, by which the parameters of the lowest loss are kept; a full
    batch does so at every step."""
    quantise_from: float = 0.85
    """Part of the run after which steps see the parameters as they will be stored, where a plan has a quantiser.

    At the bits that `encode` chooses, anything from 0.7 to 0.9 gave the same SNR within half a decibel (three clips,
    three presets); with one or two bits less, 0.5 to 0.7 gave up to about a decibel more."""
    level: Literal["block", "peak"] = "block"
    """The level that samples are divided by: the RMS of the block, or the peak of the whole sound."""
    group: int = 256
    """Blocks that are fitted together; it bounds the memory of long recordings."""

    SCHEDULES: ClassVar[tuple[str, ...]] = ("one_cycle", "constant", "staircase", "cosine")
    PRECISIONS: ClassVar[tuple[str, ...]] = ("auto", "float32", "bfloat16")

    def __post_init__(self) -> None:
        super().__post_init__()
        require(
            self.snr_db is None or -100 <= self.snr_db <= 200,
            f"snr must lie between -100 and 200 dB, got {self.snr_db}",
        )
        require(len(self.learning_rates) == 3, f"there must be three learning rates, got {self.learning_rates}")
        for name in WEIGHTS:
            value = getattr(self, name)
            require(0 <= value < 1e9, f"{name} must lie between 0 and 1e+09, got {value}")
        for name, choices in CHOICES.items():
            if not callable(getattr(self, name)):
                require_choice(name, getattr(self, name), choices)
        require(0 <= self.quantise_from <= 1, f"quantise_from must lie between 0 and 1, got {self.quantise_from}")
        require(0 < self.smooth_l1_beta < 1e9, f"smooth_l1_beta must be a positive number, got {self.smooth_l1_beta}")
        require(self.progressive_groups >= 0, f"progressive_groups must be at least 0, got {self.progressive_groups}")
        require(self.stride >= 1, f"stride must be at least 1, got {self.stride}")
        require(self.group >= 1, f"group must be at least 1, got {self.group}")
        self._check_batches()

    def _check_batches(self) -> None:
        """Raise `SettingsError` where a loss needs neighbouring samples and the batches have none."""
        if self.neighbours and not self.ordered:
            batches = f"every {self.stride}th sample" if self.sampling == "strided" else "samples drawn at random"
            raise SettingsError(
                f"{' and '.join(self.neighbours)} need(s) neighbouring samples, but a step sees {batches}: "
                'set sampling="contiguous", or stride=1 with sampling="strided"'
            )

    @property
    def full_batch(self) -> bool:
        """True where every step sees every sample."""
        return self.stride == 1 and self.sampling != "random"

    @property
    def ordered(self) -> bool:
        """True where the samples that a step sees are neighbours, in order of time."""
        return self.full_batch or self.sampling == "contiguous"

    @property
    def neighbours(self) -> tuple[str, ...]:
        """The settings that ask for batches of neighbouring samples."""
        difference = self.derivative == "difference" and self.derivative_weight > 0
        asking = {
            "a loss of your own": callable(self.loss),
            "derivative_weight": difference,
            "stft_weight": self.stft_weight > 0,
            "mel_weight": self.mel_weight > 0,
        }
        return tuple(name for name, asks in asking.items() if asks)

    @property
    def analytic(self) -> bool:
        """True where the network's own derivative is part of the loss."""
        return self.derivative == "analytic" and self.derivative_weight > 0

    @property
    def plain(self) -> bool:
        """True where nothing but the squared error is minimised."""
        return self.loss == "mse" and not self.neighbours and not self.analytic
