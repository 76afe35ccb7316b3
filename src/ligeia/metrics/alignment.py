"""The delay of the estimate, found and undone: codecs delay what they encode, and a metric must not pay for it.

Decoders that change the rate inside (Opus) delay by fractions of a sample, which nobody hears and which cost an SNR
dearly; these are found and undone too.
"""

from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from ligeia.metrics.metric import Signal

LONGEST_WINDOW = 30.0
"""Seconds of sound that the delay is searched in; of longer sounds, the loudest stretch."""
LEAST_CORRELATION = 0.5
"""Peak of a correlation below which it may be chance."""
AMBIGUITY = 1e-3
"""Peaks of the correlation this close to the highest one (the periods of a tone) are as good: the shortest lag wins."""
ENVELOPE_SECONDS = 0.01
"""The envelope is the root mean square over this time."""
ENVELOPE_GAIN = 0.01
"""An envelope must correlate better by this than at no lag: its peak is broad."""
MOST_FRACTION = 1.0
"""Samples that a fraction may have; whole ones have been undone before."""
LEAST_EXPLAINED = 0.05
"""Only a delay that explains this share of what the two sounds do not have in common is believed."""
HALF_LENGTH = 64
"""Samples on either side of the filter that undoes a fraction."""
_NEWTON_STEPS = 8

Real = TypeVar("Real", bound=np.floating[Any])
Samples = NDArray[np.floating[Any]]
"""`[channels, time]`, in whatever precision they come."""
Spectrum = NDArray[np.complex128]


@dataclass(frozen=True)
class Delay:
    """The lag of the estimate behind the reference."""

    samples: int
    """Lag in samples; negative where the estimate is early."""
    correlation: float
    """Correlation coefficient at that lag, -1 to 1."""
    method: Literal["waveform", "envelope", "none", "off"]
    """The signals that were correlated; "none" where nothing correlates (lag 0), "off" where none was looked for."""


def find_delay(*, reference: Signal, estimate: Signal, rate: int, max_delay: float) -> Delay:
    """Return the lag of at most `max_delay` seconds (and half the sound) at which two signals `[time]` correlate most.

    A stretch of the reference (all of it up to 30 s, else the loudest 30 s) is slid along the estimate. Where the
    waveforms have too little in common (a vocoder), the envelopes decide; where these have, nothing is moved.
    """
    reach = min(int(max_delay * rate), len(reference) // 2)
    start, stop = loudest(reference, int(LONGEST_WINDOW * rate))
    x, y = reference[start:stop], _cut(estimate, start - reach, stop + reach)
    if reach == 0 or not x.any() or not y.any():
        return Delay(0, 0.0, "none")
    present = range(max(reach - start, 0), min(reach - start + len(estimate), len(y)))
    waveform = _best(x, y, present)
    if waveform[1] >= LEAST_CORRELATION:
        return Delay(*waveform, "waveform")
    envelope = _best(_envelope(x, rate), _envelope(y, rate), present, gain=ENVELOPE_GAIN)
    if envelope[1] >= LEAST_CORRELATION:
        return Delay(*envelope, "envelope")
    return Delay(0, waveform[1], "none")


def shifted(*, reference: Samples, estimate: Samples, lag: int) -> tuple[Samples, Samples, int]:
    """Return both `[channels, time]` over the time in which the reference has something to be compared with.

    The samples that the lag alone pushed out of reach (at most `lag` at one end) are left out of both. Any others
    that the estimate lacks count as silence; their number is the third result (negative: it had more).
    """
    x, y = (reference[:, -lag:], estimate) if lag < 0 else (reference, estimate[:, lag:])
    missing = x.shape[1] - y.shape[1]
    pushed_out = min(max(missing, 0), max(lag, 0), max(x.shape[1] - 1, 0))
    x = x[:, : x.shape[1] - pushed_out]
    missing = missing - pushed_out if missing > 0 else min(missing - min(lag, 0), 0)
    return x, _cut(y, 0, x.shape[1]), missing


def loudest(signal: Signal, length: int) -> tuple[int, int]:
    """Return the first sample of, and the one after, the loudest stretch of at most `length` samples."""
    if len(signal) <= length:
        return 0, len(signal)
    sums = np.concatenate(([0.0], np.cumsum(np.square(signal))))
    start = int(np.argmax(sums[length:] - sums[:-length]))
    return start, start + length


def _cut(signal: NDArray[Real], start: int, stop: int) -> NDArray[Real]:
    """Return samples `start:stop` of the last axis, zeros outside the signal."""
    inside = signal[..., max(start, 0) : max(stop, 0)]
    before = min(max(-start, 0), stop - start)
    after = stop - start - before - inside.shape[-1]
    return np.pad(inside, [(0, 0)] * (signal.ndim - 1) + [(before, after)])


def _envelope(signal: Signal, rate: int) -> Signal:
    """Return the root mean square over a sliding window, less its mean."""
    from scipy.ndimage import uniform_filter1d

    power = uniform_filter1d(np.square(signal), max(int(ENVELOPE_SECONDS * rate), 1), mode="constant")
    envelope = np.sqrt(np.maximum(power, 0.0))
    return np.asarray(envelope - envelope.mean())


def _best(x: Signal, y: Signal, present: range, gain: float = 0.0) -> tuple[int, float]:
    """Return the lag of the highest correlation, and that; lag 0 where no other is better by `gain`.

    Sample `k` of `y` belongs to lag `k - reach` of the first of `x`; only samples `present` of `y` exist.
    """
    reach = (len(y) - len(x)) // 2
    correlation = _correlations(x, y, present)
    if correlation.max() < correlation[reach] + gain:
        return 0, float(correlation[reach])
    peaks = np.flatnonzero(correlation >= correlation.max() - AMBIGUITY)
    peaks = peaks[_is_peak(correlation, peaks)]
    best = peaks[np.argmin(np.abs(peaks - reach))]
    return int(best) - reach, float(correlation[best])


def _is_peak(values: NDArray[np.float64], where: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Mark the places `where` no neighbour is higher."""
    padded = np.pad(values, 1, constant_values=-np.inf)
    return np.asarray((values[where] >= padded[where]) & (values[where] >= padded[where + 2]))


def _correlations(x: Signal, y: Signal, present: range) -> NDArray[np.float64]:
    """Return the correlation coefficient of `x` with every stretch of `y` of its length, over what both have."""
    from scipy.signal import correlate

    lags = np.arange(len(y) - len(x) + 1)
    first, last = np.maximum(present.start - lags, 0), np.minimum(present.stop - lags, len(x))
    ours, theirs = _energies(x, first, np.maximum(last, first)), _energies(y, lags, lags + len(x))
    # What has little in it correlates by chance: of ours at least a quarter counts, of theirs a thousandth of the most.
    scale = np.sqrt(np.maximum(ours, np.dot(x, x) / 4) * np.maximum(theirs, 1e-3 * theirs.max()))
    correlation = np.asarray(correlate(y, x, mode="valid", method="fft"), np.float64)
    return np.asarray(np.divide(correlation, scale, out=np.zeros_like(correlation), where=scale > 0), np.float64)


def _energies(signal: Signal, start: NDArray[np.intp], stop: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the energy of the stretches `start:stop`."""
    sums = np.concatenate(([0.0], np.cumsum(np.square(signal))))
    return np.asarray(np.maximum(sums[stop] - sums[start], 0.0))


# --- fractions of a sample ---------------------------------------------------------------------------


def find_fraction(*, reference: Signal, estimate: Signal) -> float:
    """Return the fraction of a sample by which `estimate` lags behind `reference` (`[time]`, aligned to the sample).

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
    return lag if after < (1 - LEAST_EXPLAINED) * before else 0.0


def earlier(signal: Signal, lag: float) -> Signal:
    """Move `signal` `[channels, time]` to the front by `lag` samples (between -1 and 1), by a windowed sinc."""
    from scipy.signal import oaconvolve

    offsets = np.arange(-HALF_LENGTH, HALF_LENGTH + 1)
    kernel = np.sinc(offsets + lag) * np.kaiser(len(offsets), 8.0)
    return np.asarray(oaconvolve(signal, kernel[None] / kernel.sum(), mode="same", axes=1))


def _correlation(cross: Spectrum, omega: NDArray[np.floating[Any]], lag: float) -> float:
    return float(np.real(cross * np.exp(1j * omega * lag)).sum())


def _highest(cross: Spectrum, omega: NDArray[np.floating[Any]]) -> float:
    """Return the lag of the peak: the best of a coarse grid, then Newton's method on the derivative."""
    grid = np.linspace(-MOST_FRACTION, MOST_FRACTION, 9)
    lag = float(grid[np.argmax([_correlation(cross, omega, at) for at in grid])])
    for _ in range(_NEWTON_STEPS):
        rotated = cross * np.exp(1j * omega * lag)
        slope, curvature = -np.imag(rotated * omega).sum(), -np.real(rotated * omega**2).sum()
        if curvature >= 0:
            break
        lag = float(np.clip(lag - slope / curvature, -MOST_FRACTION, MOST_FRACTION))
    return lag
