"""Gains above 8 kHz, beyond the suppressor: a Wiener gain, with what it found below as evidence of speech.

The noise is measured where the gains of the suppressor between 4 and 8 kHz say that nothing but noise is there, over
some seconds around each instant; where there is no such instant, there is no noise. What is clearly louder than it is
kept; where it is not, and nobody speaks, it is lowered as far as the noise below is.
"""

import numpy as np
from numpy.typing import NDArray

from ligeia.enhance.denoising.suppressor.features import BINS, HOPS_PER_SECOND, Spectrum

Reals = NDArray[np.float32]
WITNESS = slice(BINS // 2, BINS)
"""Bins, from 4 to 8 kHz, whose gains tell of speech above."""
SPOKEN = 0.3
"""Mean gain there from which on a spectrum counts as no noise at all."""
NOISE_SECONDS = 1.5
"""The noise is measured over this time before and after."""
LEAST_SHARE = 0.02
"""Share of that time which must be noise alone, about, for it to be believed."""
OVERESTIMATE = 1.5
"""Factor of the noise's power."""
FRAMES, WIDTH = 3, 5
"""Spectra and bins over which a power is taken: a single one is mostly chance."""
LEAST_PRESENCE = 0.05
"""Gain where it is certain that there is noise alone."""


def gains_above(spectrum: Spectrum, real: Reals, noise: Reals | None = None) -> Reals:
    """Return gains `[frames, bins - BINS]` of the bins above 8 kHz of `spectrum [frames, bins]`.

    `real [frames, BINS]` are the gains below; `noise [bins - BINS]` is the power of the noise, where it is known.
    """
    power = np.square(np.abs(spectrum[:, BINS:]))
    spoken = real[:, WITNESS].mean(axis=1, keepdims=True)
    if noise is None:
        absence = np.clip(1 - spoken / SPOKEN, 0, 1)
        reach = round(NOISE_SECONDS * HOPS_PER_SECOND)
        noise = _mean_around(power * absence, reach) / (_mean_around(absence, reach) + LEAST_SHARE)
    local = _mean_around(_mean_around(power, FRAMES // 2).T, WIDTH // 2).T
    excess = np.maximum(local / (OVERESTIMATE * noise + np.float32(1e-20)) - 1, 0)
    presence = np.clip(spoken / SPOKEN, LEAST_PRESENCE, 1)
    return np.asarray(excess / (1 + excess) * presence ** (1 / (1 + excess / 10)), np.float32)


def _mean_around(values: Reals, reach: int) -> Reals:
    """Return the mean of `values [n, ...]` over `reach` before and after, or as many as there are."""
    sums = np.cumsum(np.concatenate([np.zeros((1, *values.shape[1:])), values]), axis=0)
    count = len(values)
    first, last = np.maximum(np.arange(count) - reach, 0), np.minimum(np.arange(count) + reach + 1, count)
    widths = (last - first).reshape(-1, *[1] * (values.ndim - 1))
    return np.asarray((sums[last] - sums[first]) / widths, np.float32)
