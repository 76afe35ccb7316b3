"""Noise on what the encoder sees, while the target stays clean: HyperSound as a denoiser (INR denoising 2024, §3.2).

The paper leaves open what it trained on ("noisy audio samples", against "the ground truth clean audio"), and its code
has none of it. Our reading: the encoder's input is a noisy crop, and the loss compares with the clean one. The level of
the noise is relative to that of the whole recording, not of the crop: in a recording noise stays and speech comes and
goes, so that pauses are to become silence. Both are divided by the peak of the noisy crop, the only one that is known
when the model is used.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ligeia.training.config import require, require_choice

Waveform = NDArray[np.float32]
"""Samples `[n]`."""


@dataclass(frozen=True, kw_only=True)
class NoiseConfig:
    """Settings of the noise: the table `[noise]`. Without `snr_db` there is none, as in HyperSound.

    Raises:
        InputError: a setting is out of range.
    """

    snr_db: tuple[float, float] | None = None
    """Lowest and highest signal-to-noise ratio of a recording in dB, evenly drawn for each crop."""
    kind: Literal["white", "pink"] = "white"
    """Gaussian noise of equal power at all frequencies, or with a power that falls as 1 / f from 50 Hz on."""

    def __post_init__(self) -> None:
        require_choice("kind", self.kind, ("white", "pink"))
        if self.snr_db is not None:
            low, high = self.snr_db
            require(
                -100 <= low <= high <= 100, f"snr_db must be two levels in dB, the lower first, got {[*self.snr_db]}"
            )

    def drawn(self, count: int, level: float, rate: int, random: np.random.Generator) -> Waveform:
        """Draw noise `[count]` at `rate` Hz for a recording of the RMS `level`."""
        assert self.snr_db is not None, "there is no noise to draw"
        decibels = random.uniform(*self.snr_db)
        noise = random.standard_normal(count)
        if self.kind == "pink":
            noise = _pink(noise, rate)
        return (level * 10 ** (-decibels / 20) * noise).astype(np.float32)


def _pink(white: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    """Return noise with a power that falls as 1 / f from 50 Hz on; its expected power is 1."""
    hz = np.fft.rfftfreq(len(white), 1 / rate)
    gain = 1 / np.sqrt(np.maximum(hz, 50.0))
    weights = np.where((hz == 0) | (hz == rate / 2), 1, 2)
    gain /= np.sqrt(np.sum(weights * gain**2) / len(white))
    return np.asarray(np.fft.irfft(np.fft.rfft(white) * gain, len(white)))


def at_noisy_peak(clean: Waveform, noise: Waveform) -> tuple[Waveform, Waveform]:
    """Return the noisy crop at a peak of 1, and the clean one at the same gain."""
    noisy = clean + noise
    peak = np.float32(np.abs(noisy).max())
    return (noisy / peak, clean / peak) if peak > 0 else (noisy, clean)
