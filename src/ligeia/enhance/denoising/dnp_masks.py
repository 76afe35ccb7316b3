"""Transform, masks and gains of the deep network prior; `dnp` tells what they are for."""

import numpy as np
from numpy.typing import NDArray

Spectra = NDArray[np.complex128]
"""`[bins, frames]`."""
Reals = NDArray[np.float64]

SIZE, HOP = 512, 128
FIRST = 48
"""The first step after which differences count."""
PERCENTILES = (10, 90)
FLOOR = 1e-3
"""Least value of the mask, and least prior signal-to-noise ratio."""
LEAST_NOISE = 1e-10
"""Least (1 - M)^2."""
LOWEST_BINS, HIGHEST_BINS = 3, 1
"""Bins that are removed at either end of the spectrum."""


def mask_of(changes: Reals) -> Reals:
    """Return the mask of accumulated changes `[bins, frames]`: 1 where least changed, 1e-3 where most did."""
    low, high = changes.min(), changes.max()
    mask = (high - changes) / (high - low) if high > low else np.ones_like(changes)
    return np.maximum(mask, FLOOR)


def lsa_gain(mask: Reals) -> Reals:
    """Return the gains of the log-spectral amplitude for a mask: 1 / (1 - M)^2 is the posterior SNR."""
    from scipy.special import exp1

    posterior = 1 / np.maximum((1 - mask) ** 2, LEAST_NOISE)
    prior = np.maximum(posterior - 1, FLOOR)
    wiener = prior / (1 + prior)
    v = posterior * wiener
    gain = np.where(v <= 5, wiener * np.exp(0.5 * exp1(np.minimum(v, 5.0))), wiener)
    return np.asarray(np.minimum(gain, 1.0))


def transformed(signal: Reals) -> Spectra:
    """Return the short-time Fourier transform of `[n]`; frame m begins at sample 128 m."""
    frames = np.lib.stride_tricks.sliding_window_view(signal, SIZE)[::HOP]
    return np.asarray(np.fft.rfft(frames * _window(), axis=1).T)


def synthesised(spectra: Spectra, count: int) -> Reals:
    """Return `[count]` samples by overlap-add, divided by the sum of squared windows wherever there is any."""
    window, total, weight = _window(), np.zeros(count), np.zeros(count)
    for number, frame in enumerate(np.fft.irfft(spectra.T, SIZE, axis=1)):
        part = slice(number * HOP, number * HOP + SIZE)
        total[part] += window * frame
        weight[part] += window**2
    tiny = float(np.finfo(np.float32).tiny)
    return np.divide(total, weight, out=total, where=weight > tiny)


def _window() -> Reals:
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(SIZE) / SIZE)
