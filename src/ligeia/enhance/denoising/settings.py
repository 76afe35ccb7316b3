"""The settings of `denoise`, which its methods read."""

from dataclasses import dataclass
from pathlib import Path

from ligeia.arguments import check_fields
from ligeia.audio.signal import Audio
from ligeia.errors import SettingsError


@dataclass(frozen=True, kw_only=True)
class DenoiseSettings:
    """Settings of the denoising of a recording; what is None is left to the method.

    Raises:
        TypeError: a setting is of another type.
        SettingsError: a setting is out of range.
    """

    method: str = "ligeia"
    """A name of the table `METHODS` of `denoise.py`."""
    strength: float = 1.0
    """Mixture of input and result: 0 is the input, 1 the result."""
    noise: Audio | None = None
    """The noise alone, at the rate of the recording: a stretch in which nothing else is heard."""
    model: Path | None = None
    """File or folder of weights, for methods that run a model of the user's."""
    steps: int | None = None
    """Optimiser steps, for methods that fit a network."""
    seed: int = 0
    """Seed of the random numbers."""
    device: str = "auto"
    """Device of methods that need torch: auto, cpu or cuda."""

    def __post_init__(self) -> None:
        check_fields(self)
        if not 0 <= self.strength <= 1:
            raise SettingsError(f"strength must be between 0 and 1, got {self.strength}")
        if self.steps is not None and self.steps < 1:
            raise SettingsError(f"steps must be at least 1, got {self.steps}")
        if self.seed < 0:
            raise SettingsError(f"seed must not be negative, got {self.seed}")
