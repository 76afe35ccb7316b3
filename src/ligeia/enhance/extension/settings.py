"""Settings of `extend`, and the result that every method gives back."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ligeia.arguments import check_fields
from ligeia.audio.signal import Sound, checked_rate
from ligeia.errors import InputError, SettingsError

MOST_RATE = 1_000_000
"""Highest rate in Hz that is rendered; above it a mistyped rate is likelier than a wish."""


@dataclass(frozen=True, kw_only=True)
class ExtendSettings:
    """The settings of `extend`.

    Raises:
        TypeError: a setting is of another type.
        SettingsError: a setting is out of range.
    """

    rate: int
    """Rate of the result in Hz, above that of the sound."""
    method: str = "ligeia"
    """Name of the method (`extend.METHODS`)."""
    strength: float = 1.0
    """Share of what the method invents that is added: 0 leaves the band of the sound, 1 is all of it."""
    model: Path | None = None
    """A trained network in the place of the shipped one, or the folder of a plug-in's checkpoint."""
    seed: int = 0
    """Seed of the random numbers."""

    def __post_init__(self) -> None:
        check_fields(self)
        if checked_rate(self.rate) > MOST_RATE:
            raise SettingsError(f"rate must be at most {MOST_RATE} Hz, got {self.rate}; was it meant in Hz?")
        if not 0 <= self.strength <= 1:
            raise SettingsError(f"strength must be between 0 and 1, got {self.strength}")
        if self.seed < 0:
            raise SettingsError(f"seed must not be negative, got {self.seed}")

    def check(self, sound: Sound) -> None:
        """Refuse a rate that extends nothing.

        Raises:
            InputError: it is not above that of the sound.
        """
        if self.rate == sound.rate:
            raise InputError(f"the sound is at {sound.rate} Hz already: there is nothing to extend")
        if self.rate < sound.rate:
            raise InputError(
                f"rate must be above that of the sound ({sound.rate} Hz), got {self.rate}; "
                "to lower the rate, resample: ligeia.resample(audio, rate)"
            )


class Extended(Sound, Protocol):
    """A sound at the higher rate: any part of it is made when it is read, and always the same."""

    @property
    def findings(self) -> dict[str, Any]:
        """Findings for the report, and what was done: plain values; complete once everything was read."""
        ...
