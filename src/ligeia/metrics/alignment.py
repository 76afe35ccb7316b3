"""Where in the estimate the reference starts: codecs delay what they encode, and a metric must not pay for it."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ligeia.metrics.metric import Signal

LONGEST_WINDOW = 30.0
"""Seconds of sound that the delay is searched in; of longer sounds, the loudest stretch."""
LEAST_CORRELATION = 0.5
"""Below this the peak of a correlation may be chance."""
AMBIGUITY = 1e-3
"""Peaks of the correlation this close to the highest one (the periods of a tone) are as good: the shortest lag wins."""
ENVELOPE_SECONDS = 0.01
"""The envelope is the root mean square over this time."""
ENVELOPE_GAIN = 0.01
"""An envelope must correlate better by this than at no lag: its peak is broad."""


@dataclass(frozen=True)
class Delay:
    """By how much the estimate lags behind the reference."""

    samples: int
    """Lag in samples; negative where the estimate is early."""
    correlation: float
    """Correlation coefficient at that lag, -1 to 1."""
    method: Literal["waveform", "envelope", "none", "off"]
    """What was correlated; "none" where nothing correlates, and then the lag is 0; "off" where nobody looked."""


def find_delay(*, reference: Signal, estimate: Signal, rate: int, max_delay: float) -> Delay:
    """The lag of at most `max_delay` seconds (and half the sound) at which two signals `[time]` correlate most.

    A stretch of the reference (all of it up to 30 s, else the loudest 30 s) is slid along the estimate. Where the
    waveforms have too little in common (a vocoder), the envelopes decide; where these have, nothing is moved.
    """
    reach = min(int(max_delay * rate), len(reference) // 2)
    start, stop = loudest(reference, int(LONGEST_WINDOW * rate))
    x, y = reference[start:stop], _cut(estimate, start - reach, stop + reach)
    if reach == 0 or not x.any() or not y.any():
        return Delay(0, 0.0, "none")
    there = range(max(reach - start, 0), min(reach - start + len(estimate), len(y)))
    waveform = _best(x, y, there)
    if waveform[1] >= LEAST_CORRELATION:
        return Delay(*waveform, "waveform")
    envelope = _best(_envelope(x, rate), _envelope(y, rate), there, gain=ENVELOPE_GAIN)
    if envelope[1] >= LEAST_CORRELATION:
        return Delay(*envelope, "envelope")
    return Delay(0, waveform[1], "none")


def shifted(*, reference: Signal, estimate: Signal, lag: int) -> tuple[Signal, Signal, int]:
    """Both `[channels, time]` over the time in which the reference has something to be compared with.

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
    """First and last sample of the loudest stretch of at most `length` samples."""
    if len(signal) <= length:
        return 0, len(signal)
    sums = np.concatenate(([0.0], np.cumsum(np.square(signal))))
    start = int(np.argmax(sums[length:] - sums[:-length]))
    return start, start + length


def _cut(signal: Signal, start: int, stop: int) -> Signal:
    """Samples `start:stop` of the last axis, zeros outside the signal."""
    inside = signal[..., max(start, 0) : max(stop, 0)]
    before = min(max(-start, 0), stop - start)
    after = stop - start - before - inside.shape[-1]
    return np.pad(inside, [(0, 0)] * (signal.ndim - 1) + [(before, after)])


def _envelope(signal: Signal, rate: int) -> Signal:
    """Root mean square over a sliding window, less its mean."""
    from scipy.ndimage import uniform_filter1d

    power = uniform_filter1d(np.square(signal), max(int(ENVELOPE_SECONDS * rate), 1), mode="constant")
    envelope = np.sqrt(np.maximum(power, 0.0))
    return np.asarray(envelope - envelope.mean())


def _best(x: Signal, y: Signal, there: range, gain: float = 0.0) -> tuple[int, float]:
    """The lag of the highest correlation, and that; lag 0 where no other is better by `gain`.

    Sample `k` of `y` belongs to lag `k - reach` of the first of `x`; only samples `there` of `y` exist.
    """
    reach = (len(y) - len(x)) // 2
    correlation = _correlations(x, y, there)
    if correlation.max() < correlation[reach] + gain:
        return 0, float(correlation[reach])
    peaks = np.flatnonzero(correlation >= correlation.max() - AMBIGUITY)
    peaks = peaks[_is_peak(correlation, peaks)]
    best = peaks[np.argmin(np.abs(peaks - reach))]
    return int(best) - reach, float(correlation[best])


def _is_peak(values: NDArray[np.float64], where: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Whether no neighbour is higher."""
    padded = np.pad(values, 1, constant_values=-np.inf)
    return np.asarray((values[where] >= padded[where]) & (values[where] >= padded[where + 2]))


def _correlations(x: Signal, y: Signal, there: range) -> NDArray[np.float64]:
    """Correlation coefficient of `x` with every stretch of `y` of its length, over what both have."""
    from scipy.signal import correlate

    lags = np.arange(len(y) - len(x) + 1)
    first, last = np.maximum(there.start - lags, 0), np.minimum(there.stop - lags, len(x))
    ours, theirs = _energies(x, first, np.maximum(last, first)), _energies(y, lags, lags + len(x))
    # What has little in it correlates by chance: of ours at least a quarter counts, of theirs a thousandth of the most.
    scale = np.sqrt(np.maximum(ours, np.dot(x, x) / 4) * np.maximum(theirs, 1e-3 * theirs.max()))
    correlation = np.asarray(correlate(y, x, mode="valid", method="fft"), np.float64)
    return np.asarray(np.divide(correlation, scale, out=np.zeros_like(correlation), where=scale > 0), np.float64)


def _energies(signal: Signal, start: NDArray[np.intp], stop: NDArray[np.intp]) -> NDArray[np.float64]:
    """Energy of the stretches `start:stop`."""
    sums = np.concatenate(([0.0], np.cumsum(np.square(signal))))
    return np.asarray(np.maximum(sums[stop] - sums[start], 0.0))
