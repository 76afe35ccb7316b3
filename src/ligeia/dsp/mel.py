"""Mel spectrograms: power in bands that get wider with pitch, much as those of the ear (Slaney's scale)."""

from math import log2

import numpy as np
from numpy.typing import NDArray

from ligeia.dsp.stft import Signal, magnitude_blocks

MOST_BANDS = 80
WINDOW_SECONDS = 1024 / 22050
"""About 46 ms."""
KNEE_HZ, KNEE_MEL = 1000.0, 15.0
"""Slaney's scale is linear below and logarithmic above."""
MEL_PER_LOG = 27 / np.log(6.4)
"""Mel per natural logarithm of frequency above the knee: 27 up to 6400 Hz."""


def mel_power(signal: Signal, rate: int) -> NDArray[np.float64]:
    """Return the mel power spectrogram `[frames, bands]` of `signal` `[time]` at `rate` Hz.

    `band_count` bands from 0 to rate / 2, periodic Hann windows of 33 to 66 ms (`window_size`), a frame every quarter
    of it, centred between zeros.
    """
    size = window_size(rate)
    filters = mel_filters(rate, size, band_count(rate, size)).T
    return np.concatenate([np.square(block) @ filters for block in magnitude_blocks(signal, size=size, hop=size // 4)])


def mel_filters(rate: int, size: int, bands: int, highest: float | None = None) -> NDArray[np.float64]:
    """Return the weights `[bands, size // 2 + 1]`, per Hz, of triangles on Slaney's mel scale (Auditory Toolbox, 1998).

    Edges are equally spaced in mel from 0 to `highest` (Hz; None: rate / 2); each triangle spans three and has the area
    1, so that white noise is equally loud in all. More bands than `band_count` can leave some without a bin.
    """
    bins = np.arange(size // 2 + 1) * rate / size
    edges = mel_to_hz(np.linspace(0, hz_to_mel(np.asarray(highest or rate / 2)), bands + 2))[:, None]
    lower, center, upper = edges[:-2], edges[1:-1], edges[2:]
    triangles = np.minimum((bins - lower) / (center - lower), (upper - bins) / (upper - center))
    return np.asarray(np.maximum(triangles, 0) * 2 / (upper - lower))


def window_size(rate: int) -> int:
    """Return the samples in a window: the power of two nearest (by ratio) to 1024 / 22050 s; 4 at least."""
    return 1 << max(round(log2(WINDOW_SECONDS * rate)), 2)


def band_count(rate: int, size: int) -> int:
    """Return the number of bands that a transform of `size` samples at `rate` Hz can tell apart, 80 at most.

    Each flank of the narrowest triangle, the lowest, must span a bin: then every triangle holds a bin at no less than
    half its height. That takes fewer than 80 bands only at some rates below 8 kHz.
    """
    bin_width, highest = hz_to_mel(np.array([rate / size, rate / 2]))
    return int(np.clip(highest / bin_width - 1, 1, MOST_BANDS))


def hz_to_mel(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Convert Hz to Slaney's mel scale: 3 mel in 200 Hz up to 1 kHz, then 27 mel for each factor of 6.4.

    Example:
        >>> hz_to_mel(np.array([200.0, 1000.0, 6400.0]))
        array([ 3., 15., 42.])
    """
    return np.asarray(
        np.minimum(hz, KNEE_HZ) * KNEE_MEL / KNEE_HZ + MEL_PER_LOG * np.log(np.maximum(hz, KNEE_HZ) / KNEE_HZ)
    )


def mel_to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    """Convert mel to Hz, the inverse of `hz_to_mel`."""
    return np.asarray(
        np.minimum(mel, KNEE_MEL) * KNEE_HZ / KNEE_MEL * np.exp(np.maximum(mel - KNEE_MEL, 0) / MEL_PER_LOG)
    )
