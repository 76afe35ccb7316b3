"""Augmentation of crops: another phase, dithering, and the level (HyperSound 2023, as its program does it).

The order is that of the program: all-pass, dequantisation, then the peak to 1. (RAVE, which the paper refers to, has
another.) Every draw comes from a generator that the caller gives, one for each crop, so that a resumed run, and several
processes, see the same sounds.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ligeia.training.config import require

Waveform = NDArray[np.float32]
"""Samples `[n]`."""
FULL_SCALE = 2**16
"""Steps of 16-bit samples from -1 to 1 as the paper's program counts them: it adds half of a true step."""


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """Settings of the augmentation: the table `[augmentation]`. Defaults are those of the paper's program.

    Raises:
        InputError: a setting is out of range.
    """

    random_crop: bool = True
    """Crops begin anywhere in their stretch, or where it begins."""
    phase_mangle: float = 0.8
    """Probability of an all-pass of second order at a random frequency."""
    lowest_hz: float = 20.0
    """Least frequency of the all-pass in Hz."""
    highest_hz: float = 2000.0
    """Greatest frequency of the all-pass in Hz; at most half the rate counts."""
    pole: float = 0.99
    """Radius of the poles of the all-pass."""
    dequantise: bool = True
    """Add noise, uniform over 2^-16."""
    normalise: bool = True
    """Scale the peak of each crop to 1."""
    silence: float = 0.0
    """Peak up to which a crop counts as silent and is not scaled. The program's 0 spares digital silence alone, of
    which its own noise leaves none in training: there, silent crops become noise at full scale."""

    def __post_init__(self) -> None:
        require(0 <= self.phase_mangle <= 1, f"phase_mangle must lie between 0 and 1, got {self.phase_mangle}")
        require(
            0 < self.lowest_hz <= self.highest_hz < 1e6,
            f"lowest_hz and highest_hz must be frequencies, the lower first, got {self.lowest_hz}, {self.highest_hz}",
        )
        require(0 <= self.pole < 1, f"pole must lie between 0 and 1, got {self.pole}")
        require(0 <= self.silence < 1, f"silence must lie between 0 and 1, got {self.silence}")


def augmented(crop: Waveform, rate: int, settings: Augmentation, random: np.random.Generator) -> Waveform:
    """Return a crop `[n]` at `rate` Hz, changed at random, and normalised."""
    chosen, place = random.random(2)  # drawn in any case, so that one setting does not move the draws of another
    if chosen < settings.phase_mangle:
        highest = min(settings.highest_hz, rate / 2)
        lowest = min(settings.lowest_hz, highest)
        crop = all_pass(crop, lowest * (highest / lowest) ** place, rate, settings.pole)
    if settings.dequantise:
        crop = crop + (random.random(len(crop), np.float32) - np.float32(0.5)) / np.float32(FULL_SCALE)
    return normalised(crop, settings)


def all_pass(crop: Waveform, hz: float, rate: int, pole: float) -> Waveform:
    """Return a crop `[n]` after an all-pass of second order, whose phase turns at `hz`: spectra keep their magnitudes.

    Its poles lie at `pole` e^(+-j 2 pi hz / rate), its zeros at their mirror images outside of the unit circle.
    """
    real = pole * np.cos(2 * np.pi * hz / rate)
    denominator = np.array([1.0, -2 * real, pole**2])
    from scipy.signal import lfilter  # seconds to load, and most trainings change no phases

    return np.asarray(lfilter(denominator[::-1], denominator, crop), np.float32)


def normalised(crop: Waveform, settings: Augmentation) -> Waveform:
    """Return a crop `[n]` with the peak 1, as the settings say; one that is silent as it is."""
    peak = float(np.abs(crop).max())
    return crop / np.float32(peak) if settings.normalise and peak > settings.silence else crop
