"""Distances between waveforms, sample by sample: squared errors and the ratios made of them.

Conventions: signals are float `[time]`, equally long and aligned. A ratio whose reference is silent has no value;
a perfect estimate has a ratio of +inf dB and an error of 0.
"""

import numpy as np
from numpy.typing import ArrayLike

from ligeia.errors import UndefinedScore
from ligeia.metrics.metric import Signal, checked_pair


def mse(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Mean squared error: mean (x - y)^2.

    Raises:
        InputError: the arrays are unusable.

    Example:
        >>> mse(reference=[0.0, 1.0], estimate=[0.0, 0.5], rate=8000)
        0.125
    """
    x, y = checked_pair(reference, estimate)
    return float(np.mean(np.square(x - y)))


def mae(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Mean absolute error: mean |x - y|.

    Raises:
        InputError: the arrays are unusable.
    """
    x, y = checked_pair(reference, estimate)
    return float(np.mean(np.abs(x - y)))


def derivative_mse(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Mean squared error of the forward differences x[n+1] - x[n], per sample, not per second (Zuiderveld 2021, 5.8.1).

    Raises:
        InputError: the arrays are unusable.
        UndefinedScore: there is only one sample.
    """
    x, y = checked_pair(reference, estimate)
    if len(x) < 2:
        raise UndefinedScore("a derivative needs two samples")
    return float(np.mean(np.square(np.diff(x - y))))


def snr(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Signal-to-noise ratio in dB: 10 log10(sum x^2 / sum (x - y)^2).

    Raises:
        InputError: the arrays are unusable.
        UndefinedScore: the reference is silent.

    Example:
        >>> round(snr(reference=[1.0, -1.0], estimate=[0.9, -0.9], rate=8000), 6)
        20.0
    """
    x, y = checked_pair(reference, estimate)
    return decibels(energy(x), energy(x - y))


def si_sdr(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Scale-invariant signal-to-distortion ratio in dB, means kept (Le Roux et al. 2019, Equation 3).

    The estimate is compared with its projection on the reference, so that its gain does not count.

    Raises:
        InputError: the arrays are unusable.
        UndefinedScore: the reference or the estimate is silent.
    """
    return _scale_invariant(*checked_pair(reference, estimate))


def si_snr(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """`si_sdr` of the signals with their means removed (Luo and Mesgarani 2018).

    Raises:
        InputError: the arrays are unusable.
        UndefinedScore: the reference or the estimate is silent (or constant).
    """
    x, y = checked_pair(reference, estimate)
    return _scale_invariant(x - x.mean(), y - y.mean())


def psnr(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Peak signal-to-noise ratio in dB with peak 1 for samples in [-1, 1]: -10 log10 mean (x - y)^2.

    Raises:
        InputError: the arrays are unusable.
    """
    return decibels(1.0, mse(reference=reference, estimate=estimate, rate=rate))


def psnr01(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Peak signal-to-noise ratio in dB as in COIN++ (2022): of (x + 1) / 2 with peak 1, i.e. 6.02 dB above `psnr`.

    An all-zero estimate of speech scores about 30 dB: never compare it with an SNR.

    Raises:
        InputError: the arrays are unusable.
    """
    return decibels(4.0, mse(reference=reference, estimate=estimate, rate=rate))


def energy(signal: Signal) -> float:
    """Sum of squares."""
    return float(np.dot(signal, signal))


def decibels(signal: float, noise: float) -> float:
    """10 log10(signal / noise); inf without noise.

    Raises:
        UndefinedScore: there is no signal.
    """
    if signal <= 0:
        raise UndefinedScore("the reference is silent")
    return float(10 * (np.log10(signal) - np.log10(noise))) if noise > 0 else float("inf")


def _scale_invariant(x: Signal, y: Signal) -> float:
    if energy(x) <= 0:
        raise UndefinedScore("the reference is silent")
    if energy(y) <= 0:
        raise UndefinedScore("the estimate is silent")
    target = x * (np.dot(x, y) / energy(x))
    if energy(target) <= 0:
        return float("-inf")
    return decibels(energy(target), energy(y - target))
