"""A-SPADE: the sparsest windows that agree with a clipped signal, by analysis (Kitić, Bertin & Gribonval 2015).

Each window of the signal, on its own, is brought to have few large Fourier coefficients: all but the k largest are set
to zero, the window is projected on what clipping allows, and a dual variable keeps what the two disagree by (ADMM,
Algorithm 1 there). k grows by s = 1 in every second pass (r = 2), until the two agree within epsilon = 0.1.

Settings and details are those of the survey's program (Záviška, Rajmic, Ozerov & Rencker 2021, `declipping2020_codes`):
Hann windows that overlap by three quarters, transforms of twice their length, and:

- epsilon is absolute: what a window is brought to depends on the level of the recording, 1 being full scale.
- The best window seen is kept, by the norm that stops the iteration.
- Coefficients are counted in half of the spectrum, that of frequency 0 at half its size.
- Ties at the k-th largest size are all kept here.
"""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ligeia.enhance.restoration.bounds import by_clipped_channel
from ligeia.enhance.restoration.gabor import OVERLAP, Spectra, overlap_added, survey_window
from ligeia.enhance.restoration.stretch import Reals, RestoreSettings, Stretch

EPSILON = 0.1
"""Distance at which a window and its sparse version agree."""
REDUNDANCY = 2
"""Length of the transform in windows."""


@dataclass(frozen=True)
class Growth:
    """Pace at which windows may become less sparse."""

    coefficients: int = 1
    """Coefficients that are allowed in addition (s of the paper) ..."""
    passes: int = 2
    """... after so many passes (r)."""


PUBLISHED = Growth()
BATCH = 1 << 21
"""Coefficients that are worked on together (16 MiB for each of some six arrays)."""

Frames = NDArray[np.float32]
"""`[frames, window]`."""


def repair(stretch: Stretch, settings: RestoreSettings) -> Reals:
    """Return `stretch` with its clipped samples restored by A-SPADE."""
    window = survey_window(stretch.rate)
    return by_clipped_channel(lambda samples, lower, upper: a_spade(samples, lower, upper, window=window), stretch)


def a_spade(samples: Reals, lower: Reals, upper: Reals, *, window: int, growth: Growth = PUBLISHED) -> Reals:
    """Return `samples` `[time]` restored; known ones have equal bounds `lower` and `upper`. `window` in samples."""
    rise = 0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(window) + 0.5) / window)
    windows = [_framed(values, window) for values in (samples, lower, upper)]
    clipped = np.flatnonzero((windows[1] < windows[2]).any(axis=1))
    frames = (windows[0] * rise).astype(np.float32)
    step = max(1, BATCH // (window * REDUNDANCY))
    for first in range(0, len(clipped), step):
        at = clipped[first : first + step]
        start, least, most = ((values[at] * rise).astype(np.float32) for values in windows)
        frames[at] = sparse_windows(start, least, most, growth)
    squares = (rise.reshape(OVERLAP, -1) ** 2).sum(0)  # the same everywhere: the dual window is a multiple
    before = window - window // OVERLAP
    added = overlap_added(frames * (rise / squares.mean()).astype(np.float32))
    return added[before : before + len(samples)].astype(np.float64)


def _framed(values: Reals, window: int) -> Reals:
    hop = window // OVERLAP
    before = window - hop
    frames = -(-(len(values) + before) // hop)
    padded = np.zeros((frames + OVERLAP - 1) * hop)
    padded[before : before + len(values)] = values
    return sliding_window_view(padded, window)[::hop]


def sparse_windows(start: Frames, lower: Frames, upper: Frames, growth: Growth = PUBLISHED) -> Frames:
    """Return windows within their bounds that few Fourier coefficients say; all take their passes side by side."""
    from scipy.fft import irfft, rfft

    size = start.shape[1] * REDUNDANCY
    best, closest = start.copy(), np.full(len(start), np.inf, np.float32)
    active, estimate = np.arange(len(start)), start
    spectra: Spectra = rfft(estimate, size, norm="ortho", workers=1)
    dual = np.zeros_like(spectra)
    count, passes = 1, 1
    while len(active) and count < size // 2 + 1:
        sparse = largest(spectra + dual, count)
        distance = half_norm(spectra - sparse)
        better = distance <= closest[active]
        best[active[better]] = estimate[better]
        closest[active[better]] = distance[better]
        going = distance > EPSILON
        active, lower, upper = active[going], lower[going], upper[going]
        sparse, dual = sparse[going], dual[going]
        synthesised = irfft(sparse - dual, size, norm="ortho", workers=1)[:, : best.shape[1]]
        estimate = np.clip(synthesised, lower, upper)
        spectra = rfft(estimate, size, norm="ortho", workers=1)
        dual = dual + spectra - sparse
        passes += 1
        count += growth.coefficients * (passes % growth.passes == 0)
    return best


def largest(spectra: Spectra, count: int) -> Spectra:
    """Return half spectra `[frames, bins]` with all but the `count` largest coefficients of each set to zero."""
    power = spectra.real**2 + spectra.imag**2
    power[:, 0] /= 4
    least = np.partition(power, -count, axis=1)[:, -count, None]
    kept: Spectra = spectra * (power >= least)
    return kept


def half_norm(spectra: Spectra) -> NDArray[np.float32]:
    """Return the norms of whole spectra, of which `[frames, bins]` are the halves."""
    power = spectra.real**2 + spectra.imag**2
    norms: NDArray[np.float32] = np.sqrt(2 * power.sum(axis=1) - power[:, 0] - power[:, -1])
    return norms
