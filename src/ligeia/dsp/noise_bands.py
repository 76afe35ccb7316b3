"""Noise in bands: how loud it is in each band and frame of a sound, and new noise that is so loud there.

Bands are triangles on the mel scale (`dsp.mel`); levels are those of white noise of the same density, in dB of its
variance.
"""

from math import log2
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ligeia.dsp.mel import hz_to_mel, mel_filters, mel_to_hz
from ligeia.dsp.stft import hann, magnitudes

Reals = NDArray[np.floating[Any]]

WINDOW_SECONDS = 0.016
QUIETEST_DB = -160.0
SYNTHESIS_HOPS = 4
"""Hops to a window of the synthesis."""
DRAWN = 1 << 53
"""Uniform numbers have 53 bits."""


def window_size(rate: int) -> int:
    """Return the samples of a window: the power of two nearest (by ratio) to `WINDOW_SECONDS`, 8 at least."""
    return 1 << max(round(log2(WINDOW_SECONDS * rate)), 3)


def band_hz(rate: int, bands: int) -> Reals:
    """Return the middles of the bands, `[bands]`."""
    return mel_to_hz(np.linspace(0, hz_to_mel(np.asarray(rate / 2)), bands + 2))[1:-1]


def band_levels(signal: Reals, rate: int, bands: int, hop: int) -> Reals:
    """Return the levels of noise `[time]` in dB, `[frames, bands]`, a frame every `hop` samples from the first on."""
    size = window_size(rate)
    power = np.square(magnitudes(signal.astype(np.float64), size=size, hop=hop)) / np.square(hann(size)).sum()
    density = power @ mel_filters(rate, size, bands).T * (rate / size)
    return np.asarray(10 * np.log10(density + 10 ** (QUIETEST_DB / 10)))


def shaped_noise(levels: Reals, hop: int, rate: int, count: int, seed: int = 0) -> Reals:
    """Return `[count]` samples of noise with the levels `[frames, bands]`, a frame every `hop` samples.

    White noise is filtered frame by frame, the roots of raised-cosine windows before and after. The same seed gives the
    same noise, whose beginning does not depend on `count`.
    """
    size = window_size(rate)
    step = size // SYNTHESIS_HOPS
    frames = -(-count // step) + SYNTHESIS_HOPS - 1
    window = np.sqrt(hann(size) * 2 / SYNTHESIS_HOPS)
    white = sliding_window_view(_white(frames * step + size, seed), size)[::step][:frames]
    middles = (np.arange(frames) - SYNTHESIS_HOPS / 2 + 1) * step
    gains = 10 ** (_on_bins(_at_frames(levels, middles / hop), rate, size) / 20)
    filtered = np.fft.irfft(np.fft.rfft(white * window) * gains, n=size) * window
    total = np.zeros((frames + SYNTHESIS_HOPS) * step)
    for k in range(SYNTHESIS_HOPS):  # the k-th quarter of each frame falls on the k-th hop behind its start
        total[k * step : (k + frames) * step] += filtered[:, k * step : (k + 1) * step].ravel()
    first = (SYNTHESIS_HOPS - 1) * step
    return total[first : first + count]


def _white(count: int, seed: int) -> Reals:
    """Return white noise of variance 1 `[count]`: uniform numbers from the generator's bits, the same everywhere."""
    bits = np.random.PCG64(seed).random_raw(count) >> np.uint64(11)
    return np.asarray((bits.astype(np.float64) / DRAWN - 0.5) * np.sqrt(12))


def _at_frames(levels: Reals, places: Reals) -> Reals:
    """Return levels `[n, bands]` at `places [n]`, in frames, linear in dB."""
    places = places.clip(0, len(levels) - 1)
    first = places.astype(np.int64).clip(max=max(len(levels) - 2, 0))
    part = (places - first)[:, None]
    return np.asarray(levels[first] * (1 - part) + levels[(first + 1).clip(max=len(levels) - 1)] * part)


def _on_bins(levels: Reals, rate: int, size: int) -> Reals:
    """Return levels of the bins `[n, size // 2 + 1]` from those of bands, linear in mel."""
    middles = hz_to_mel(band_hz(rate, levels.shape[1]).astype(np.float64))
    bins = hz_to_mel(np.arange(size // 2 + 1) * rate / size)
    places = np.interp(bins, middles, np.arange(len(middles)))
    return _at_frames(levels.T, places).T
