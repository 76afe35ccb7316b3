"""The Parseval Gabor frame: a short-time Fourier transform whose adjoint inverts it.

Windows of `window` samples start every window / 4 and are extended by zeros to the length of the transform. The Hann
window is scaled so that the squares of all windows sum to 1 everywhere (the canonical tight window of LTFAT), and the
transforms are unitary: the energy of all coefficients is that of the samples.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

OVERLAP = 4
"""Windows that hold each sample."""
FLOOR = np.float32(1e-30)
"""Least power."""

Signal = NDArray[np.float32]
"""`[time]`."""
Spectra = NDArray[np.complex64]
"""`[frames, size // 2 + 1]`: the half with frequencies from 0 to half the rate."""


class Gabor:
    """The frame for signals of one length."""

    def __init__(self, samples: int, window: int, *, redundancy: int = 2) -> None:
        """Take signals of `samples`; `window` is a multiple of 4, its transforms are `redundancy` times as long."""
        self.size, self._window, self._hop = window * redundancy, window, window // OVERLAP
        rise = 0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(window) + 0.5) / window)
        self._shape = (rise / np.sqrt((rise.reshape(OVERLAP, -1) ** 2).sum(0).mean())).astype(np.float32)
        self._samples, self._before = samples, window - self._hop
        self.frames = -(-(samples + self._before) // self._hop)

    def analysis(self, signal: Signal) -> Spectra:
        """Return the coefficients of a signal, which is silent beyond its ends."""
        from scipy.fft import rfft

        padded = np.zeros((self.frames + OVERLAP - 1) * self._hop, np.float32)
        padded[self._before : self._before + self._samples] = signal
        frames = sliding_window_view(padded, self._window)[:: self._hop] * self._shape
        spectra: Spectra = rfft(frames, self.size, norm="ortho", overwrite_x=True, workers=1)
        return spectra

    def synthesis(self, spectra: Spectra) -> Signal:
        """Return the signal of coefficients: the adjoint of `analysis`, and its inverse."""
        from scipy.fft import irfft

        frames = irfft(spectra, self.size, norm="ortho", workers=1)[:, : self._window] * self._shape
        return overlap_added(frames)[self._before : self._before + self._samples]


def overlap_added(frames: Signal) -> Signal:
    """Return the sum `[time]` of frames `[frames, window]`, each window / 4 samples after the one before."""
    count, window = frames.shape
    parts = frames.reshape(count, OVERLAP, window // OVERLAP)
    total = np.zeros((count + OVERLAP - 1, window // OVERLAP), frames.dtype)
    for number in range(OVERLAP):
        total[number : number + count] += parts[:, number]
    return total.ravel()


def shrunk(spectra: Spectra, strength: float, neighbourhood: tuple[int, int]) -> Spectra:
    """Return coefficients times the persistent empirical Wiener gain max(0, 1 - strength^2 / P).

    P is the mean power of the `neighbourhood`, so many frames and bins around each coefficient, with mirrored borders
    (Siedenburg, Kowalski & Dörfler 2014, Section 3).
    """
    frames, bins = neighbourhood
    gain = _running_mean(_running_mean(spectra.real**2 + spectra.imag**2, bins, axis=1), frames, axis=0)
    np.maximum(gain, FLOOR, out=gain)
    np.divide(np.float32(-(strength**2)), gain, out=gain)
    gain += np.float32(1)
    np.maximum(gain, 0, out=gain)
    product: Spectra = spectra * gain
    return product


def _running_mean(values: Signal, count: int, axis: int) -> Signal:
    edges = [(0, 0), (0, 0)]
    edges[axis] = (count // 2, count // 2)
    padded = np.pad(values, edges, mode="symmetric")
    frames, bins = values.shape
    mean = padded[:frames, :bins].copy()
    for shift in range(1, count):
        mean += padded[shift : shift + frames] if axis == 0 else padded[:, shift : shift + bins]
    mean *= np.float32(1 / count)
    return mean


def survey_window(rate: int) -> int:
    """Return the samples of a window as the methods' papers have it at `rate`: a power of two.

    64 ms up to 16 kHz (1024 samples: Siedenburg et al. 2014), 186 ms above (8192 samples at 44.1 kHz: Záviška et al.
    2021, Section V).
    """
    seconds = 1024 / 16000 if rate <= 16000 else 8192 / 44100
    return int(2 ** max(6, round(np.log2(seconds * rate))))
