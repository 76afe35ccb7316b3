"""Input of a method of restoration: a stretch of sound with holes, and the settings."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ligeia.arguments import check_fields
from ligeia.errors import SettingsError

Reals = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class RestoreSettings:
    """Settings of the restoration of a recording.

    Raises:
        TypeError: a setting is of another type.
        SettingsError: a setting is out of range.
    """

    method: str = "lapped"
    """Name of the method for samples that are missing; see `restore.METHODS`."""
    declip: str = "ensemble"
    """Name of the method for clipped samples, of which a bound is known."""
    strength: float = 1.0
    """Share of what the method changes: 1 all, 0 nothing."""
    clipping: bool = True
    """Look for clipped samples, and restore them."""
    clicks: bool = True
    """Look for clicks."""
    steps: int | None = None
    """Iterations of the methods that iterate (None: their own number)."""
    gain_db: float | None = None
    """Change of level in dB of everything, so that restored peaks fit; None: none at all."""
    model: Path | None = None
    """File or folder of weights, for methods that run a model of the user's."""
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
        if self.gain_db is not None and not -120 <= self.gain_db <= 120:
            raise SettingsError(f"gain_db must be between -120 and 120 dB, got {self.gain_db}")
        if self.seed < 0:
            raise SettingsError(f"seed must not be negative, got {self.seed}")


@dataclass(frozen=True, eq=False)
class Stretch:
    """A stretch of sound with missing samples, and true neighbours around them.

    What a method returns for known samples is thrown away: the driver puts the true ones back.
    """

    samples: Reals
    """`[channels, time]`; whatever stands at missing samples (zeros, or clipped ones) is not to be believed."""
    missing: Flags
    """`[channels, time]`, true where samples are missing; a channel may have none."""
    rate: int
    """Sampling rate in Hz."""
    lower: Reals | None = None
    """Least values of the missing samples, `[channels, time]`, -inf where nothing is known; None: nothing is known."""
    upper: Reals | None = None
    """Greatest values, in the same way."""
    findings: dict[str, object] = field(default_factory=dict)
    """Whatever the method wants to report; later stretches get the same dict."""


Repair = Callable[[Stretch, RestoreSettings], Reals]
"""A method: returns samples `[channels, time]`, of which the missing ones are used."""


def by_channel(repair: Callable[[Reals, Flags], Reals], stretch: Stretch) -> Reals:
    """Run `repair(samples [time], missing [time])` on each channel that lacks some of its samples, but not all."""
    samples = stretch.samples.copy()
    for row, missing in zip(samples, stretch.missing, strict=True):
        if missing.any():
            row[missing] = 0.0 if missing.all() else repair(np.where(missing, 0.0, row), missing)[missing]
    return within_bounds(stretch, samples)


def within_bounds(stretch: Stretch, samples: Reals) -> Reals:
    """Return `samples` `[channels, time]` with the missing ones moved into their bounds."""
    if stretch.lower is not None:
        samples = np.where(stretch.missing, np.maximum(samples, stretch.lower), samples)
    if stretch.upper is not None:
        samples = np.where(stretch.missing, np.minimum(samples, stretch.upper), samples)
    return samples
