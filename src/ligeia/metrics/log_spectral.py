"""Three log-spectral distances that the literature calls by one name; their values are not comparable.

They differ in transform, logarithm, floor and in the order of means and roots. None of them is in dB.
"""

import numpy as np
from numpy.typing import ArrayLike

from ligeia.dsp.stft import Spectra, magnitude_blocks, magnitude_pairs
from ligeia.errors import InputError, UndefinedScore
from ligeia.metrics.metric import Signal, checked_pair

HYPERSOUND_FLOOR = 1e-12
THESIS_FLOOR = 1e-12
SUPER_RESOLUTION_FLOOR = 1e-8


def lsd_hypersound(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Log-spectral distance of HyperSound (2023), as its programme computes it, in powers of ten of a power ratio.

    Of the magnitudes T of the reference and P of the estimate, log10(T^2 / (P + 1e-12)^2 + 1e-12)^2; mean over
    frequency, root, mean over time. Frames of int(2048 rate / 44100) samples every int(rate / 100), periodic Hann,
    centred between zeros. It is not symmetric, and a frame of digital silence in the reference counts 12 whatever the
    estimate is, silence too: identical sounds score 0 only where there is none.

    Raises:
        InputError: the arrays are unusable, or the rate is under 100 Hz.
        UndefinedScore: the reference is silent.
    """
    x, y = checked_pair(reference, estimate)
    if rate < 100:
        raise InputError(f"lsd_hypersound has a frame every hundredth of a second: {rate} Hz is too low a rate")
    if not x.any():
        raise UndefinedScore("the reference is silent")
    pairs = magnitude_pairs(x, y, size=2048 * rate // 44100, hop=rate // 100)
    return float(np.mean(np.concatenate([_rms(_hypersound_log(t, p)) for t, p in pairs])))


def lsd_thesis(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Log-spectral distance of Zuiderveld 2021 (Equation 5.3): mean over frequency of (ln P/P')^2, without a root.

    P and P' are the powers of reference and estimate in each bin, averaged over all frames, so that it does not see
    when something sounds. The thesis states neither transform nor base: frames of 1024 samples every 256 (periodic
    Hann, centred between zeros), the natural logarithm, and a floor 120 dB below the reference's strongest bin are our
    reading, and values are not comparable with its tables.

    Raises:
        InputError: the arrays are unusable.
        UndefinedScore: the reference is silent.
    """
    x, y = checked_pair(reference, estimate)
    power = _mean_power(x)
    floor = THESIS_FLOOR * power.max()
    if floor <= 0:
        raise UndefinedScore("the reference is silent")
    return float(np.mean(np.square(np.log(np.maximum(power, floor)) - np.log(np.maximum(_mean_power(y), floor)))))


def lsd_sr(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Log-spectral distance of the super-resolution papers (Kuleshov et al. 2017), in powers of ten.

    Per frame, the root of the mean over frequency of the squared difference of log10 |STFT|^2; mean over frames.
    Frames of 2048 samples every 512, periodic Hann, centred in the mirrored sound, powers clamped at 1e-8, as in the
    programmes of NU-Wave 2 (2022) and AP-BWE (2024), for samples in [-1, 1].

    Raises:
        InputError: the arrays are unusable.
        UndefinedScore: there are fewer than 1025 samples, which cannot be mirrored.
    """
    x, y = checked_pair(reference, estimate)
    pairs = magnitude_pairs(x, y, size=2048, hop=512, pad_mode="reflect")
    return float(np.mean(np.concatenate([_rms(_clamped_log(t) - _clamped_log(p)) for t, p in pairs])))


def _rms(spectra: Spectra) -> Signal:
    """Root mean square over frequency: `[frames]`."""
    return np.asarray(np.sqrt(np.mean(np.square(spectra), axis=1)))


def _hypersound_log(target: Spectra, prediction: Spectra) -> Spectra:
    return np.log10(np.square(target / (prediction + HYPERSOUND_FLOOR)) + HYPERSOUND_FLOOR)


def _clamped_log(spectra: Spectra) -> Spectra:
    return np.log10(np.maximum(np.square(spectra), SUPER_RESOLUTION_FLOOR))


def _mean_power(signal: Signal) -> Signal:
    """Power in each bin, averaged over all frames."""
    total, frames = np.zeros(513), 0
    for block in magnitude_blocks(signal, size=1024, hop=256):
        total += np.square(block).sum(axis=0)
        frames += len(block)
    return total / frames
