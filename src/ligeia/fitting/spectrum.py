"""Where in frequency the energy of a sound lies."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.signal import Sound

SHARE = 0.999
"""The part of the energy that counts as all of it (30 dB)."""
FRAME = 4096
"""Samples that are transformed at a time, at most."""
MAX_FRAMES = 512
"""Of a long sound, so many frames evenly over its duration are looked at."""


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Energy `[bins]` at the frequencies `hz [bins]`, rising from 0 to half the rate."""

    hz: NDArray[np.float64]
    energy: NDArray[np.float64]

    @property
    def limit(self) -> float:
        """The highest frequency that samples at this rate can say, in Hz."""
        return float(self.hz[-1])

    def edge(self, share: float = SHARE) -> float | None:
        """The frequency in Hz below which this `share` of the energy lies; None for silence.

        Example:
            >>> Spectrum(np.array([0.0, 100.0, 200.0]), np.array([0.0, 1.0, 0.0])).edge()
            100.0
        """
        below = np.cumsum(self.energy)
        if below[-1] <= 0:
            return None
        return float(self.hz[np.searchsorted(below, share * below[-1])])


def spectrum_of(sound: Sound) -> Spectrum:
    """The spectrum of a sound, all channels together, in bounded time and memory.

    Example:
        >>> from ligeia.audio.signal import Audio
        >>> tone = Audio(np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)[None], rate=8000)
        >>> round(spectrum_of(tone).edge())
        443
    """
    size = min(sound.frames, FRAME)
    window = np.hanning(size + 2)[1:-1]
    starts = np.linspace(0, sound.frames - size, min(-(-sound.frames // size), MAX_FRAMES)).astype(int)
    energy = np.zeros(size // 2 + 1)
    for start in starts.tolist():
        frames = sound.read(start, start + size) * window
        energy += np.square(np.abs(np.fft.rfft(frames))).sum(axis=0)
    return Spectrum(np.linspace(0, sound.rate / 2, len(energy)), energy)
