"""Segmental signal-to-noise ratio: the mean of ratios of short frames, so that quiet passages count as loud ones."""

import numpy as np
from numpy.typing import ArrayLike

from ligeia.metrics.conditions import audible_reference
from ligeia.metrics.frames import Frames, per_frame
from ligeia.metrics.metric import Signal

LOWEST, HIGHEST = -10.0, 35.0
"""Limits in dB that the ratio of each frame is clipped to."""


def segmental_snr(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Segmental SNR in dB (Hansen and Pellom 1998; Hu and Loizou 2008).

    Mean over windowed frames of 10 log10(sum x^2 / sum (x - y)^2), each clipped to [-10, 35] dB; 30 ms frames with 75 %
    overlap (see `frames`). A frame without error counts 35 dB even where the reference is digital silence (the authors'
    programme: -10 dB), so that identical sounds score 35; a silent frame with an error counts -10 dB.

    Raises:
        InputError: the arrays are unusable, or the rate is under 134 Hz.
        UndefinedScore: the reference is silent, or the sounds are shorter than 37.5 ms.

    Example:
        >>> tone = np.sin(np.arange(800) / 5)
        >>> round(segmental_snr(reference=tone, estimate=0.9 * tone, rate=8000), 6)
        20.0
    """
    x, y = audible_reference(reference, estimate)
    peak = max(np.abs(x).max(), np.abs(y).max())  # the squares of what is left cannot overflow
    return float(np.mean(per_frame(_ratios, x / peak, y / peak, rate)))


def _ratios(x: Frames, y: Frames) -> Signal:
    """Clipped signal-to-noise ratio in dB of each frame."""
    signal, noise = np.sum(np.square(x), axis=1), np.sum(np.square(x - y), axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = 10 * (np.log10(signal) - np.log10(noise))
    return np.where(noise > 0, np.clip(ratios, LOWEST, HIGHEST), HIGHEST)
