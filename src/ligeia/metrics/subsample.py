"""Delays between samples: decoders that change the rate inside (Opus) delay by fractions, which cost an SNR dearly.

Nobody hears half a sample, so a metric must not pay for it.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ligeia.metrics.metric import Signal

Spectrum = NDArray[np.complex128]

MOST = 1.0
"""Samples that a fraction may have; whole ones have been undone before."""
LEAST_GAIN = 0.05
"""Only a delay that explains this share of what the two sounds do not have in common is believed."""
HALF_LENGTH = 64
"""Samples on either side of the filter that undoes a fraction."""
_STEPS = 8


def find_fraction(*, reference: Signal, estimate: Signal) -> float:
    """By what fraction of a sample `estimate` lags behind `reference` (both `[time]`, aligned to the sample).

    The highest correlation between samples, found on the cross-spectrum by Newton's method; 0 where it explains
    too little (so that a perfect or an unrelated estimate is left alone).
    """
    size = len(reference) + len(estimate)
    cross = np.conj(np.fft.rfft(reference, size)) * np.fft.rfft(estimate, size)
    omega = 2 * np.pi * np.fft.rfftfreq(size)
    lag = _highest(cross, omega)
    scale = float(np.sqrt(np.dot(reference, reference) * np.dot(estimate, estimate))) * size / 2
    if scale <= 0:
        return 0.0
    before, after = (1 - min(_correlation(cross, omega, at) / scale, 1.0) ** 2 for at in (0.0, lag))
    return lag if after < (1 - LEAST_GAIN) * before else 0.0


def earlier(signal: Signal, lag: float) -> Signal:
    """`signal [channels, time]` moved to the front by `lag` samples (between -1 and 1), by a windowed sinc."""
    from scipy.signal import oaconvolve

    offsets = np.arange(-HALF_LENGTH, HALF_LENGTH + 1)
    kernel = np.sinc(offsets + lag) * np.kaiser(len(offsets), 8.0)
    return np.asarray(oaconvolve(signal, kernel[None] / kernel.sum(), mode="same", axes=1))


def _correlation(cross: Spectrum, omega: NDArray[np.floating[Any]], lag: float) -> float:
    return float(np.real(cross * np.exp(1j * omega * lag)).sum())


def _highest(cross: Spectrum, omega: NDArray[np.floating[Any]]) -> float:
    """The lag of the peak: the best of a coarse grid, then Newton's method on the derivative."""
    grid = np.linspace(-MOST, MOST, 9)
    lag = float(grid[np.argmax([_correlation(cross, omega, at) for at in grid])])
    for _ in range(_STEPS):
        turned = cross * np.exp(1j * omega * lag)
        slope, bend = -np.imag(turned * omega).sum(), -np.real(turned * omega**2).sum()
        if bend >= 0:
            break
        lag = float(np.clip(lag - slope / bend, -MOST, MOST))
    return lag
