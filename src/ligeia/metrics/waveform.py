"""Distances between waveforms, sample by sample, the ratios made of them, and one that weighs quality against size.

Conventions: signals are float `[time]`, equally long and aligned. A ratio whose reference is silent has no value;
a perfect estimate has a ratio of +inf dB and an error of 0.
"""

from math import isfinite
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ligeia.errors import InputError, UndefinedScore
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


def mse_and_derivative(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Sum of `mse` and `derivative_mse`: what the thesis's networks are trained on, a plain number.

    Its program sums over the samples of every eighth instant instead (Zuiderveld 2021, 5.8.1 and Equation 4.7).

    Raises:
        InputError: the arrays are unusable.
        UndefinedScore: there is only one sample.
    """
    pair: dict[str, Any] = {"reference": reference, "estimate": estimate, "rate": rate}
    return mse(**pair) + derivative_mse(**pair)


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
    """Return the sum of squares."""
    return float(np.dot(signal, signal))


def decibels(signal: float, noise: float) -> float:
    """Return 10 log10(signal / noise); inf without noise.

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


def q_comp(*, compressed_bytes: int, original_bytes: int, cdpam: float) -> float:
    """Size ratio times squared CDPAM distance, a plain number: 0 is best, lower is better.

    State beside every value what "original" means: Mahdi's own ratios are against 32-bit float samples, half the ratios
    against 16-bit ones. Ligeia takes 16-bit PCM of the same sound, rate and channels (`pcm16_bytes`).

    Raises:
        InputError: a size is not a positive whole number, or the distance is negative or not finite.

    Source: Mahdi 2025, equation 4.2.

    Example:
        >>> q_comp(compressed_bytes=44100, original_bytes=pcm16_bytes(88200, 1), cdpam=0.5)
        0.0625
    """
    for name, size in (("compressed_bytes", compressed_bytes), ("original_bytes", original_bytes)):
        _check_positive(name, size)
    if not (isfinite(cdpam) and cdpam >= 0):
        raise InputError(f"cdpam must be a distance, 0 or more, got {cdpam}")
    return compressed_bytes / original_bytes * cdpam**2


def pcm16_bytes(sample_count: int, channels: int) -> int:
    """Return the bytes of a sound as 16-bit PCM without a header: two for each sample of each channel.

    Raises:
        InputError: one is not a positive whole number.
    """
    _check_positive("sample_count", sample_count)
    _check_positive("channels", channels)
    return 2 * int(sample_count) * int(channels)


def _check_positive(name: str, number: int) -> None:
    if isinstance(number, bool) or not isinstance(number, Integral) or number < 1:
        raise InputError(f"{name} must be a positive whole number, got {number!r}")
