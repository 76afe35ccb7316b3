"""Two channels as mid and side, where that tells sound from noise better.

What both channels share is all in the mid; noises of two tracks of a tape share nothing, and half of each is in the
side, where little covers it. In five excerpts of music with hiss 15 dB below, shrinkage gained 0.1 to 1.9 dB SI-SDR
more on mid and side than on left and right.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.signal import Sound

SAMPLES_AT_ONCE = 1 << 20
COMPACTION = 0.8
"""The product of the powers of mid and side must be less than that of left and right by this factor."""


@dataclass(frozen=True)
class MidSide:
    """A stereo sound as mid and side, each divided by the square root of 2."""

    sound: Sound

    @property
    def rate(self) -> int:
        """Sampling rate in Hz."""
        return self.sound.rate

    @property
    def channels(self) -> int:
        """Two."""
        return self.sound.channels

    @property
    def sample_count(self) -> int:
        """Number of samples in each."""
        return self.sound.sample_count

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        """Return samples `start:stop`, `[2, n]`."""
        return rotate(self.sound.read(start, stop))


def rotate(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return mid and side of left and right, `[2, time]`, or the other way round.

    Example:
        >>> rotate(rotate(np.float32([[1, 2], [3, 4]]))).round(5).tolist()
        [[1.0, 2.0], [3.0, 4.0]]
    """
    left, right = samples
    return np.stack([left + right, left - right]) * np.float32(np.sqrt(0.5))


def prefers_mid_side(sound: Sound, powers: NDArray[np.float64]) -> bool:
    """Return whether mid and side of a sound, whose channels have `powers`, differ more in power than its channels."""
    return sound.channels == 2 and float(np.prod(channel_powers(MidSide(sound)))) < COMPACTION * float(np.prod(powers))


def channel_powers(sound: Sound) -> NDArray[np.float64]:
    """Return the mean power of each channel."""
    total = np.zeros(sound.channels)
    for start in range(0, sound.sample_count, SAMPLES_AT_ONCE):
        total += np.square(sound.read(start, start + SAMPLES_AT_ONCE), dtype=np.float64).sum(axis=1)
    return total / max(sound.sample_count, 1)
