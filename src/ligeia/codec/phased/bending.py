"""A sound in the time of its phases: what the second layer of the network `Phased` sees."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.signal import Sound
from ligeia.networks.phase import Phase, Reals

FINER = 8
"""Points between two samples from which a sound is interpolated."""
AROUND = 256
"""Samples at both ends of a stretch that are read along, as interpolation reaches that far."""
NEAREST = 6
"""Points that a polynomial goes through."""
KEPT_BLOCKS = 4


@dataclass(frozen=True)
class Finely:
    """Samples at whole places and `FINER` - 1 points between each two, `[channels, n]`; beginning `AROUND` before 0."""

    points: NDArray[np.float32]

    @classmethod
    def of(cls, samples: Reals) -> "Finely":
        """Return a stretch of sound `[channels, n]`, which begins `AROUND` samples before the place 0."""
        from scipy.fft import irfft, next_fast_len, rfft

        fade = np.sin(np.pi / 2 * (np.arange(AROUND) + 0.5) / AROUND) ** 2  # a sudden start would ring
        faded = samples.astype(np.float64)
        faded[:, :AROUND] *= fade
        faded[:, -AROUND:] *= fade[::-1]
        size = next_fast_len(faded.shape[1], real=True)
        size += size % 2
        spectrum = rfft(faded, n=size, axis=1)
        spectrum[:, -1] /= 2  # half the rate is a frequency of both halves of the finer spectrum
        points = irfft(spectrum, n=size * FINER, axis=1) * FINER
        return cls(points[:, : samples.shape[1] * FINER].astype(np.float32))

    def near(self, places: Reals) -> NDArray[np.float32]:
        """Return the sound at places by straight lines between points, float32 `[channels, *places.shape]`."""
        way = (places + AROUND) * FINER
        first = np.clip(way.astype(np.int64), 0, self.points.shape[1] - 2)
        part = (way - first).astype(np.float32)
        low = self.points[:, first]
        return np.asarray(low + part * (self.points[:, first + 1] - low))

    def at(self, places: Reals) -> Reals:
        """Return the sound at places by polynomials through `NEAREST` points, float64 `[channels, *places.shape]`."""
        way = (places + AROUND) * FINER
        first = np.clip(np.floor(way).astype(np.int64), NEAREST // 2 - 1, self.points.shape[1] - NEAREST // 2 - 1)
        part = way - first
        values = np.zeros((len(self.points), *places.shape))
        offsets = range(1 - NEAREST // 2, NEAREST // 2 + 1)
        for offset in offsets:
            weight = np.ones_like(part)
            for other in offsets:
                if other != offset:
                    weight *= (part - other) / (offset - other)
            values += weight * self.points[:, first + offset]
        return values


@dataclass(frozen=True, eq=False)
class BentSound:
    """A sound whose samples are those of another at the places where its phases are whole, a block at a time.

    It has whole blocks: what lies beyond the end of the sound is silence.
    """

    sound: Sound
    phase: Phase

    @property
    def rate(self) -> int:
        """Sampling rate in Hz."""
        return self.sound.rate

    @property
    def channels(self) -> int:
        """Number of channels."""
        return self.sound.channels

    @property
    def sample_count(self) -> int:
        """Samples of whole blocks."""
        return len(self.phase.slopes) * self.phase.length

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        """Return samples `start:stop` as float32 `[channels, n]`, cut at the end."""
        length, stop = self.phase.length, min(stop, self.sample_count)
        blocks = range(start // length, -(-stop // length))
        if not blocks:
            return np.zeros((self.channels, 0), np.float32)
        values = np.concatenate([self._block(number) for number in blocks], axis=1)
        return values[:, start - blocks.start * length : stop - blocks.start * length]

    @cached_property
    def _block(self) -> Callable[[int], NDArray[np.float32]]:
        return lru_cache(maxsize=KEPT_BLOCKS)(self._bent)

    def _bent(self, number: int) -> NDArray[np.float32]:
        first, length = number * self.phase.length, self.phase.length
        if self.phase.is_straight[number]:
            return stretch(self.sound, first, first + length)
        finely = Finely.of(stretch(self.sound, first - AROUND, first + length + AROUND))
        block = np.full(length, number)
        places = self.phase.inverse(block, np.arange(length) + 0.5)
        slopes = self.phase.slope(block, places)
        return np.asarray(finely.at(places - 0.5) / np.sqrt(slopes), np.float32)


def stretch(sound: Sound, start: int, stop: int) -> NDArray[np.float32]:
    """Return samples `start:stop` of a sound, float32 `[channels, stop - start]`, zeros where it has none."""
    values = np.zeros((sound.channels, stop - start), np.float32)
    low, high = max(start, 0), min(stop, sound.sample_count)
    if low < high:
        values[:, low - start : high - start] = sound.read(low, high)
    return values
