"""The complex short-time Fourier transform and its exact inverse, for whatever changes spectra and goes back.

Frame m is centred at sample m hop, the sound is extended by zeros on both sides, and nothing is scaled but by the
window. The inverse is the least-squares one (Griffin & Lim 1984, equation 6): frames are windowed once more, added, and
divided by the sum of squared windows, so that unchanged spectra give the sound back, and changed ones the nearest.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ligeia.dsp.stft import hann
from ligeia.errors import InputError

Reals = NDArray[np.floating]
Spectra = NDArray[np.complexfloating]
"""`[..., frames, bins]`; bin k lies at k rate / size Hz."""


@dataclass(frozen=True)
class Stft:
    """A short-time Fourier transform: `size` samples in a frame, frames `hop` samples apart.

    Raises:
        InputError: `size` is odd or below 4, or `hop` is not between 1 and half of `size`.

    Example:
        >>> noise = np.random.default_rng(0).standard_normal((2, 1000))
        >>> transform = Stft(size=64, hop=16)
        >>> spectra = transform.analyse(noise)
        >>> spectra.shape
        (2, 64, 33)
        >>> bool(np.allclose(transform.synthesise(spectra, 1000), noise))
        True
    """

    size: int
    hop: int
    sqrt_window: bool = False
    """True for the square root of the Hann window in place of the Hann window: less leakage after the inverse."""

    def __post_init__(self) -> None:
        if self.size < 4 or self.size % 2:
            raise InputError(f"size must be even and at least 4, got {self.size}")
        if not 1 <= self.hop <= self.size // 2:
            raise InputError(f"hop must be between 1 and {self.size // 2} (half of size), got {self.hop}")

    @property
    def bins(self) -> int:
        """Number of frequencies, 0 and half the rate included."""
        return self.size // 2 + 1

    @cached_property
    def window(self) -> NDArray[np.float64]:
        """The window `[size]`."""
        return np.sqrt(hann(self.size)) if self.sqrt_window else hann(self.size)

    def frames(self, sample_count: int) -> int:
        """Return the number of frames of a sound of `sample_count` samples: the last is centred beyond its end."""
        return -(-sample_count // self.hop) + 1

    def analyse(self, signal: Reals) -> Spectra:
        """Return the spectra `[..., frames, bins]` of `signal` `[..., time]`, in its precision (single or double)."""
        from scipy.fft import rfft

        count = signal.shape[-1]
        reach = (self.frames(count) - 1) * self.hop + self.size
        half = self.size // 2
        around = [*[(0, 0)] * (signal.ndim - 1), (half, reach - half - count)]
        padded = np.pad(signal, around)
        framed = np.lib.stride_tricks.sliding_window_view(padded, self.size, axis=-1)[..., :: self.hop, :]
        return np.asarray(rfft(framed * self.window.astype(_single_or_double(signal)), axis=-1))

    def synthesise(self, spectra: Spectra, sample_count: int) -> Reals:
        """Return the sound `[..., sample_count]` whose spectra are nearest to `spectra` `[..., frames, bins]`.

        Raises:
            InputError: the number of frames or bins is not that of such a sound.
        """
        from scipy.fft import irfft

        expected = (self.frames(sample_count), self.bins)
        if spectra.shape[-2:] != expected:
            raise InputError(f"{sample_count} samples have spectra {expected}, got {spectra.shape[-2:]}")
        frames = irfft(spectra, n=self.size, axis=-1)
        window = self.window.astype(frames.dtype)
        sound = self._added(frames * window)
        weight = self._added(np.broadcast_to(window**2, frames.shape[-2:]))
        start = self.size // 2
        return np.asarray(sound[..., start : start + sample_count] / weight[start : start + sample_count])

    def _added(self, frames: Reals) -> Reals:
        """Overlap and add frames `[..., frames, size]`."""
        count = frames.shape[-2]
        parts = -(-self.size // self.hop)
        padded = np.pad(frames, [*[(0, 0)] * (frames.ndim - 1), (0, parts * self.hop - self.size)])
        split = padded.reshape(*frames.shape[:-1], parts, self.hop)
        total = np.zeros((*frames.shape[:-2], count + parts - 1, self.hop), frames.dtype)
        for part in range(parts):
            total[..., part : part + count, :] += split[..., part, :]
        return total.reshape(*frames.shape[:-2], -1)


def _single_or_double(signal: Reals) -> type[np.floating]:
    return np.float32 if signal.dtype == np.float32 else np.float64
