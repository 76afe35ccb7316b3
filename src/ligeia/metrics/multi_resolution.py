"""Distances between spectrograms of several resolutions at once: long windows tell pitches apart, short ones times."""

import numpy as np
from numpy.typing import ArrayLike

from ligeia.dsp.stft import hamming, hann, magnitude_pairs
from ligeia.errors import UndefinedScore
from ligeia.metrics.metric import Signal, checked_pair

RESOLUTIONS = ((1024, 120, 600), (2048, 240, 1200), (512, 50, 240))
"""Transform, hop and window in samples: those of Parallel WaveGAN (2020)."""
FLOOR = 1e-4
"""Lowest magnitude in `mr_stft`: auraloss 0.4.0 clamps powers at 1e-8."""
HAMMING_WINDOWS = (400, 800, 1600, 3200)
"""Windows of `multi_stft_mse` in samples."""


def mr_stft(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Multi-resolution STFT distance of Parallel WaveGAN (Yamamoto et al. 2020), a plain number.

    Of the magnitudes T of the reference and P of the estimate, spectral convergence ||T - P|| / ||T|| (Frobenius)
    plus mean |ln T - ln P|; mean over the `RESOLUTIONS`. Periodic Hann, centred in the mirrored sound, magnitudes
    clamped at 1e-4: the value of `MultiResolutionSTFTLoss` of auraloss 0.4.0 as it comes, for samples in [-1, 1].
    Sizes are samples at any rate; the paper works at 24 kHz.

    Raises:
        InputError: the arrays are unusable.
        UndefinedScore: the reference is silent (nowhere above the floor), or there are fewer than 1025 samples,
            which cannot be mirrored.
    """
    x, y = checked_pair(reference, estimate)
    return float(np.mean([_resolution(x, y, size, hop, window) for size, hop, window in RESOLUTIONS]))


def multi_stft_mse(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Multi-resolution STFT error of Zuiderveld 2021 (Equation 5.2): mean squared difference of STFT magnitudes.

    Mean over all bins and frames, then over periodic Hamming windows of 400, 800, 1600 and 3200 samples (25 to 200 ms
    at the paper's 16 kHz; samples at any rate). The paper states neither hop nor scaling nor ends: a quarter of the
    window, none (so that the long windows weigh most) and zeros are our reading, and values are not comparable with
    its tables.

    Raises:
        InputError: the arrays are unusable.
    """
    x, y = checked_pair(reference, estimate)
    return float(np.mean([_magnitude_mse(x, y, size) for size in HAMMING_WINDOWS]))


def _resolution(x: Signal, y: Signal, size: int, hop: int, window: int) -> float:
    """Spectral convergence plus mean distance of log magnitudes, in one resolution."""
    peak, sums, values = FLOOR, np.zeros(3), 0
    for target, prediction in magnitude_pairs(x, y, size=size, hop=hop, window=hann(window), pad_mode="reflect"):
        t, p = np.maximum(target, FLOOR), np.maximum(prediction, FLOOR)
        sums += np.sum(np.square(t - p)), np.sum(np.square(t)), np.sum(np.abs(np.log(t) - np.log(p)))
        peak = max(peak, t.max())
        values += t.size
    if peak <= FLOOR:
        raise UndefinedScore("the reference is silent")
    error, energy, distance = sums
    return float(np.sqrt(error / energy) + distance / values)


def _magnitude_mse(x: Signal, y: Signal, size: int) -> float:
    total, values = 0.0, 0
    for target, prediction in magnitude_pairs(x, y, size=size, hop=size // 4, window=hamming(size)):
        total += np.sum(np.square(target - prediction))
        values += target.size
    return total / values
