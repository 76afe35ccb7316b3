"""The measures of Hu and Loizou 2008 for enhanced speech: segmental SNR, LLR, WSS, and the ratings composed of them.

All are averages over frames of 30 ms (rounded to samples, half up), a new one every quarter of that (rounded down),
with the window 0.5 (1 - cos(2 pi n / (N + 1))), n = 1..N; the last frame that would fit is left out, as in the authors'
program. Written from the formulas, for samples in [-1, 1]; other programs depart from them, and their values from ours.

The composite ratings predict the opinions of listeners, from 1 to 5: CSIG of signal distortion, CBAK of background
intrusiveness, COVL of overall quality. As in papers on speech enhancement they are taken at 16 kHz and from wide-band
PESQ, although the coefficients were fitted at 8 kHz with the narrow-band one.
"""

from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from ligeia.errors import InputError, UndefinedScore
from ligeia.metrics.metric import (
    Compare,
    Signal,
    audible_pair,
    audible_reference,
    check_rate,
    checked_finite,
    remembered,
)
from ligeia.metrics.pesq import pesq_wb

Frames = NDArray[np.float64]
"""Windowed frames `[frames, samples]`, or other values of each frame."""
Measure = Callable[[Frames, Frames], Signal]
"""A measure of each frame of a reference and an estimate: `[frames]`."""
BLOCK_FRAMES = 2048
"""Frames that are held in memory at a time (8 MiB at 16 kHz)."""
LOWEST_RATE = 134
"""Hz; below this a frame has fewer than four samples, and its quarter is nothing."""
LOWEST, HIGHEST = -10.0, 35.0
"""Limits in dB that the segmental SNR of each frame is clipped to."""
RATES = (8000, 16000)
"""Rates in Hz that LLR and WSS are used at: speech, and bands up to 3.6 kHz."""
CENTRES = (
    *(50.0, 120.0, 190.0, 260.0, 330.0, 400.0, 470.0, 540.0, 617.372, 703.378, 798.717, 904.128, 1020.38, 1148.30),
    *(1288.72, 1442.54, 1610.70, 1794.16, 1993.93, 2211.08, 2446.71, 2701.97, 2978.04, 3276.17, 3597.63),
)
"""Centre frequencies in Hz of the 25 critical bands."""
WIDTHS = (
    *(70.0, 70.0, 70.0, 70.0, 70.0, 70.0, 70.0, 77.3724, 86.0056, 95.3398, 105.411, 116.256, 127.914, 140.423),
    *(153.823, 168.154, 183.457, 199.776, 217.153, 235.631, 255.255, 276.072, 298.126, 321.465, 346.136),
)
"""Their bandwidths in Hz."""
SMALLEST_FILTER = float(np.exp(-30 / (2 * 2.303)))
"""Filters are zero where they fall below this."""
SMALLEST_ENERGY = 1e-10
"""Energies of a band are clamped at this: -100 dB."""
K_MAX, K_LOCAL = 20.0, 1.0
"""Weights of the distances in dB from the highest band and from the nearest peak (Klatt 1982)."""
SMALLEST_ERROR = 1e-12
"""A prediction error below this share of a frame's energy is rounding: the recursion stops there."""


# --- frames ------------------------------------------------------------------------------------------


def frame_length(rate: int) -> int:
    """Return the samples in a frame of 30 ms at `rate` Hz.

    Raises:
        InputError: the rate is under 134 Hz.
    """
    if rate < LOWEST_RATE:
        raise InputError(f"frames of 30 ms need a rate of {LOWEST_RATE} Hz or more, got {rate}")
    return (30 * int(rate) + 500) // 1000


def window(length: int) -> Signal:
    """Return the Hann window `[length]` without the zeros at its ends."""
    return np.asarray(0.5 * (1 - np.cos(2 * np.pi * np.arange(1, length + 1) / (length + 1))))


def frame_pairs(reference: Signal, estimate: Signal, rate: int) -> Iterator[tuple[Frames, Frames]]:
    """Yield the windowed frames of two equally long signals `[time]` side by side, some at a time.

    Raises:
        InputError: the rate is under 134 Hz.
        UndefinedScore: the signals are shorter than a frame and a quarter (37.5 ms).
    """
    length = frame_length(rate)
    if len(reference) < length + length // 4:
        raise UndefinedScore(f"too short: {len(reference) / rate:.3g} s, 37.5 ms are needed")
    weights = window(length)
    views = [sliding_window_view(signal, length)[:: length // 4][:-1] for signal in (reference, estimate)]
    for start in range(0, len(views[0]), BLOCK_FRAMES):
        x, y = (view[start : start + BLOCK_FRAMES] * weights for view in views)
        yield x, y


def per_frame(measure: Measure, reference: Signal, estimate: Signal, rate: int) -> Signal:
    """Apply `measure` to each frame of two equally long signals `[time]`: `[frames]`.

    Raises:
        InputError: the rate is under 134 Hz.
        UndefinedScore: the signals are shorter than 37.5 ms.
    """
    return np.concatenate([measure(x, y) for x, y in frame_pairs(reference, estimate, rate)])


def mean_of_lowest(values: Signal, share: float = 0.95) -> float:
    """Return the mean of the lowest `share` of the values (their number rounded half up, but at least one)."""
    kept = max(int(np.floor(share * len(values) + 0.5)), 1)
    return float(np.mean(np.sort(values)[:kept]))


# --- segmental signal-to-noise ratio -----------------------------------------------------------------


def segmental_snr(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Segmental SNR in dB (Hansen and Pellom 1998; Hu and Loizou 2008).

    Mean over windowed frames of 10 log10(sum x^2 / sum (x - y)^2), each clipped to [-10, 35] dB; 30 ms frames with 75 %
    overlap. A frame without error counts 35 dB even where the reference is digital silence (the authors'
    program: -10 dB), so that identical sounds score 35; a silent frame with an error counts -10 dB.

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
    """Return the clipped signal-to-noise ratio in dB of each frame."""
    signal, noise = np.sum(np.square(x), axis=1), np.sum(np.square(x - y), axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = 10 * (np.log10(signal) - np.log10(noise))
    return np.where(noise > 0, np.clip(ratios, LOWEST, HIGHEST), HIGHEST)


# --- log-likelihood ratio and weighted spectral slope ------------------------------------------------


@remembered
def llr(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Log-likelihood ratio of the all-pole models of two sounds (Quackenbush et al. 1988; Hu and Loizou 2008).

    Per frame, ln(a_y R_x a_y' / a_x R_x a_x'), with R_x the autocorrelation of the reference's frame, a_x and a_y the
    linear predictors of reference and estimate: order 16, below 10 kHz 10. Mean over the lowest 95 % of the frames
    (their number rounded half up), none capped (some programs cap at 2). A frame where the reference is digital
    silence has no model and is left out; one where the estimate is, predicts nothing (a_y = 1, 0, 0, ...).

    Raises:
        InputError: the arrays are unusable, or the rate is neither 8000 nor 16000 Hz.
        UndefinedScore: the reference is silent, or the sounds are shorter than 37.5 ms.
    """
    x, y = audible_reference(reference, estimate)
    check_rate(rate, RATES, "LLR")
    order = 10 if rate < 10_000 else 16
    scaled = [signal / max(np.abs(signal).max(), np.finfo(float).tiny) for signal in (x, y)]
    ratios = per_frame(lambda x, y: _likelihood_ratios(x, y, order), scaled[0], scaled[1], rate)
    ratios = ratios[np.isfinite(ratios)]
    if not len(ratios):
        raise UndefinedScore("the reference is silent")
    return mean_of_lowest(ratios)


@remembered
def wss(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Weighted distance of spectral slopes in 25 critical bands (Klatt 1982; Hu and Loizou 2008), in dB^2.

    Per frame, the mean of (s_x - s_y)^2, where s are the differences of the levels L in dB of neighbouring bands,
    weighted with the mean of the two sounds' 20 / (20 + L_max - L) 1 / (1 + L_peak - L); mean over the lowest 95 % of
    the frames (their number rounded half up). L_max is the highest level of the frame, L_peak that of the nearest peak:
    above where the slope rises (there, as in the authors' program, the band before the peak), else below. Bands are
    weighted sums over the power spectrum, whose transform is the power of two that holds two frames, with the weights
    exp(-11 ((j - floor(f)) / b)^2) b_1 / b in bin j, zero below exp(-30 / 4.606); levels are clamped at -100 dB.

    Raises:
        InputError: the arrays are unusable, or the rate is neither 8000 nor 16000 Hz.
        UndefinedScore: the reference is silent, or the sounds are shorter than 37.5 ms.
    """
    x, y = audible_reference(reference, estimate)
    check_rate(rate, RATES, "WSS")
    with np.errstate(over="ignore", invalid="ignore"):
        distances = per_frame(lambda x, y: _slope_distances(_levels(x, rate), _levels(y, rate)), x, y, rate)
        return checked_finite(mean_of_lowest(distances), "WSS")


def autocorrelation(frames: Frames, order: int) -> Frames:
    """Return the autocorrelation of each frame at lags 0..order: `[frames, order + 1]`."""
    length = frames.shape[1]
    lags = [np.sum(frames[:, : length - lag] * frames[:, lag:], axis=1) for lag in range(order + 1)]
    return np.stack(lags, axis=1)


def predictors(correlations: Frames) -> Frames:
    """Compute the linear predictors 1, a_1, ..., a_p from autocorrelations `[frames, p + 1]` (Levinson and Durbin).

    The model is x[n] + a_1 x[n - 1] + ... + a_p x[n - p] = e[n].
    """
    taps = np.zeros_like(correlations)
    taps[:, 0] = 1
    error = correlations[:, 0].copy()
    for step in range(1, correlations.shape[1]):
        ahead = np.sum(taps[:, :step] * correlations[:, step:0:-1], axis=1)
        usable = error > SMALLEST_ERROR * correlations[:, 0]
        reflection = np.where(usable, -ahead / np.where(usable, error, 1), 0)
        taps[:, 1 : step + 1] += reflection[:, None] * taps[:, step - 1 :: -1]
        error *= 1 - np.square(reflection)
    return taps


def _likelihood_ratios(x: Frames, y: Frames, order: int) -> Signal:
    """Return the LLR of each frame, at least 0 whatever is rounded; NaN where the reference is digital silence."""
    ours, theirs = (predictors(autocorrelation(frames, order)) for frames in (x, y))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.maximum(np.log(_error_energy(x, theirs)) - np.log(_error_energy(x, ours)), 0))


def _error_energy(frames: Frames, filters: Frames) -> Signal:
    """Return the energy of each frame after its prediction filter: a R a', without the cancellation of that form."""
    length, taps = frames.shape[1], filters.shape[1]
    errors = np.zeros((len(frames), length + taps - 1))
    for tap in range(taps):
        errors[:, tap : tap + length] += filters[:, tap, None] * frames
    return np.asarray(np.sum(np.square(errors), axis=1))


@cache
def _band_filters(rate: int) -> Frames:
    """Return the power responses `[bins, bands]`: exp(-11 ((j - floor(f_0)) / b)^2) b_1 / b, all in bins."""
    bins = _transform_length(rate) // 2
    centres, widths = (np.array(hertz) / (rate / 2) * bins for hertz in (CENTRES, WIDTHS))
    shapes = np.exp(-11 * np.square((np.arange(bins)[:, None] - np.floor(centres)) / widths)) * widths[0] / widths
    return np.where(shapes > SMALLEST_FILTER, shapes, 0)


def _transform_length(rate: int) -> int:
    """Return the power of two that holds two frames."""
    return 1 << (2 * frame_length(rate) - 1).bit_length()


def _levels(frames: Frames, rate: int) -> Frames:
    """Return the level in dB of each band: `[frames, bands]`."""
    power = np.square(np.abs(np.fft.rfft(frames, _transform_length(rate))))[:, :-1]
    return np.asarray(10 * np.log10(np.maximum(power @ _band_filters(rate), SMALLEST_ENERGY)))


def _slope_distances(x: Frames, y: Frames) -> Signal:
    """Return the WSS of each frame from the levels in dB of the two sounds `[frames, bands]`."""
    weights = (_slope_weights(x) + _slope_weights(y)) / 2
    squares = np.square(np.diff(x) - np.diff(y))
    return np.asarray(np.sum(weights * squares, axis=1) / np.sum(weights, axis=1))


def _slope_weights(levels: Frames) -> Frames:
    """Return Klatt's weight of each slope: `[frames, bands - 1]`."""
    below_highest = levels.max(axis=1, keepdims=True) - levels[:, :-1]
    below_peak = _nearest_peaks(levels) - levels[:, :-1]
    return np.asarray(K_MAX / (K_MAX + below_highest) * K_LOCAL / (K_LOCAL + below_peak))


def _nearest_peaks(levels: Frames) -> Frames:
    """Return the level of the peak that belongs to each slope: `[frames, bands - 1]`."""
    rising = np.diff(levels) > 0
    index = np.arange(rising.shape[1])
    next_fall = np.minimum.accumulate(np.where(rising, len(index), index)[:, ::-1], axis=1)[:, ::-1]
    last_rise = np.maximum.accumulate(np.where(rising, index, -1), axis=1)
    return np.take_along_axis(levels, np.where(rising, next_fall - 1, last_rise + 1), axis=1)


# --- composite ratings -------------------------------------------------------------------------------


COMPOSITE_RATES = (16000,)
"""The rate in Hz that they are taken at."""
PARTS: dict[str, Compare] = {"pesq": pesq_wb, "llr": llr, "wss": wss, "segmental_snr": segmental_snr}
"""The measures that they are sums of; the costly ones are remembered."""
WEIGHTS = {
    "csig": (3.093, {"llr": -1.029, "pesq": 0.603, "wss": -0.009}),
    "cbak": (1.634, {"pesq": 0.478, "wss": -0.007, "segmental_snr": 0.063}),
    "covl": (1.594, {"pesq": 0.805, "llr": -0.512, "wss": -0.007}),
}
"""The constant and the weights of the parts (Hu and Loizou 2008)."""


def composite(*, reference: ArrayLike, estimate: ArrayLike, rate: int, rating: str) -> float:
    """Return one of the composite ratings, a weighted sum of `PARTS`, not clipped to the opinions 1 to 5.

    Raises:
        InputError: the arrays are unusable, or the rate is not 16000 Hz.
        UndefinedScore: one of the measures has no value.
        MissingExtra: the package pesq is not installed.
    """
    x, y = audible_pair(reference, estimate)
    check_rate(rate, COMPOSITE_RATES, "a composite measure")
    constant, weights = WEIGHTS[rating]
    values = {part: PARTS[part](reference=x, estimate=y, rate=rate) for part in PARTS if part in weights}
    return sum((weight * values[part] for part, weight in weights.items()), constant)


def _rating(name: str, *, clipped: bool) -> Compare:
    """Make the metric of the composite rating `name`."""

    def rating(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
        value = composite(reference=reference, estimate=estimate, rate=rate, rating=name)
        return min(max(value, 1.0), 5.0) if clipped else value

    rating.__doc__ = (
        f"{name.upper()}, {'clipped to opinions of 1 to 5' if clipped else 'not clipped'}: see `composite`."
    )
    rating.__name__ = name if clipped else f"{name}_unclipped"
    return rating


csig, cbak, covl = (_rating(name, clipped=True) for name in WEIGHTS)
csig_unclipped, cbak_unclipped, covl_unclipped = (_rating(name, clipped=False) for name in WEIGHTS)
