"""Two distances between short-time spectra of speech: log-likelihood ratio and weighted spectral slope.

Both follow the conventions of the programme that Hu and Loizou published with their composite measures (2008), for
samples in [-1, 1]. Written from the formulas; other programmes depart from them, and their values from ours.
"""

from functools import cache

import numpy as np
from numpy.typing import ArrayLike

from ligeia.errors import UndefinedScore
from ligeia.metrics.conditions import audible_reference, demand_rate, finite
from ligeia.metrics.frames import Frames, frame_length, mean_of_lowest, per_frame
from ligeia.metrics.metric import Signal
from ligeia.metrics.remembered import remembered

RATES = (8000, 16000)
"""Rates in Hz that the two are used at: speech, and bands up to 3.6 kHz."""
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


@remembered
def llr(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Log-likelihood ratio of the all-pole models of two sounds (Quackenbush et al. 1988; Hu and Loizou 2008).

    Per frame, ln(a_y R_x a_y' / a_x R_x a_x'), with R_x the autocorrelation of the reference's frame, a_x and a_y the
    linear predictors of reference and estimate: order 16, below 10 kHz 10. Mean over the lowest 95 % of the frames
    (their number rounded half up), none capped (some programmes cap at 2). A frame where the reference is digital
    silence has no model and is left out; one where the estimate is, predicts nothing (a_y = 1, 0, 0, ...).

    Raises:
        InputError: the arrays are unusable, or the rate is neither 8000 nor 16000 Hz.
        UndefinedScore: the reference is silent, or the sounds are shorter than 37.5 ms.
    """
    x, y = audible_reference(reference, estimate)
    demand_rate(rate, RATES, "LLR")
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
    above where the slope rises (there, as in the authors' programme, the band before the peak), else below. Bands are
    weighted sums over the power spectrum, whose transform is the power of two that holds two frames, with the weights
    exp(-11 ((j - floor(f)) / b)^2) b_1 / b in bin j, zero below exp(-30 / 4.606); levels are clamped at -100 dB.

    Raises:
        InputError: the arrays are unusable, or the rate is neither 8000 nor 16000 Hz.
        UndefinedScore: the reference is silent, or the sounds are shorter than 37.5 ms.
    """
    x, y = audible_reference(reference, estimate)
    demand_rate(rate, RATES, "WSS")
    with np.errstate(over="ignore", invalid="ignore"):
        distances = per_frame(lambda x, y: _slope_distances(_levels(x, rate), _levels(y, rate)), x, y, rate)
        return finite(mean_of_lowest(distances), "WSS")


def autocorrelation(frames: Frames, order: int) -> Frames:
    """Autocorrelation of each frame at lags 0..order: `[frames, order + 1]`."""
    length = frames.shape[1]
    lags = [np.sum(frames[:, : length - lag] * frames[:, lag:], axis=1) for lag in range(order + 1)]
    return np.stack(lags, axis=1)


def predictors(correlations: Frames) -> Frames:
    """Linear predictors 1, a_1, ..., a_p from autocorrelations `[frames, p + 1]`, by Levinson and Durbin's recursion.

    The model is x[n] + a_1 x[n - 1] + ... + a_p x[n - p] = e[n].
    """
    found = np.zeros_like(correlations)
    found[:, 0] = 1
    error = correlations[:, 0].copy()
    for step in range(1, correlations.shape[1]):
        ahead = np.sum(found[:, :step] * correlations[:, step:0:-1], axis=1)
        usable = error > SMALLEST_ERROR * correlations[:, 0]
        reflection = np.where(usable, -ahead / np.where(usable, error, 1), 0)
        found[:, 1 : step + 1] += reflection[:, None] * found[:, step - 1 :: -1]
        error *= 1 - np.square(reflection)
    return found


def _likelihood_ratios(x: Frames, y: Frames, order: int) -> Signal:
    """LLR of each frame, at least 0 whatever is rounded; NaN where the reference is digital silence."""
    own, others = (predictors(autocorrelation(frames, order)) for frames in (x, y))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.maximum(np.log(_error_energy(x, others)) - np.log(_error_energy(x, own)), 0))


def _error_energy(frames: Frames, filters: Frames) -> Signal:
    """Energy of each frame after its prediction filter: a R a', without the cancellation of that form."""
    length, taps = frames.shape[1], filters.shape[1]
    errors = np.zeros((len(frames), length + taps - 1))
    for tap in range(taps):
        errors[:, tap : tap + length] += filters[:, tap, None] * frames
    return np.asarray(np.sum(np.square(errors), axis=1))


@cache
def _band_filters(rate: int) -> Frames:
    """Power responses `[bins, bands]`: exp(-11 ((j - floor(f_0)) / b)^2) b_1 / b, all in bins."""
    bins = _transform_length(rate) // 2
    centres, widths = (np.array(hertz) / (rate / 2) * bins for hertz in (CENTRES, WIDTHS))
    shapes = np.exp(-11 * np.square((np.arange(bins)[:, None] - np.floor(centres)) / widths)) * widths[0] / widths
    return np.where(shapes > SMALLEST_FILTER, shapes, 0)


def _transform_length(rate: int) -> int:
    """The power of two that holds two frames."""
    return 1 << (2 * frame_length(rate) - 1).bit_length()


def _levels(frames: Frames, rate: int) -> Frames:
    """Level in dB of each band: `[frames, bands]`."""
    power = np.square(np.abs(np.fft.rfft(frames, _transform_length(rate))))[:, :-1]
    return np.asarray(10 * np.log10(np.maximum(power @ _band_filters(rate), SMALLEST_ENERGY)))


def _slope_distances(x: Frames, y: Frames) -> Signal:
    """WSS of each frame from the levels in dB of the two sounds `[frames, bands]`."""
    weights = (_slope_weights(x) + _slope_weights(y)) / 2
    squares = np.square(np.diff(x) - np.diff(y))
    return np.asarray(np.sum(weights * squares, axis=1) / np.sum(weights, axis=1))


def _slope_weights(levels: Frames) -> Frames:
    """Klatt's weight of each slope: `[frames, bands - 1]`."""
    below_highest = levels.max(axis=1, keepdims=True) - levels[:, :-1]
    below_peak = _nearest_peaks(levels) - levels[:, :-1]
    return np.asarray(K_MAX / (K_MAX + below_highest) * K_LOCAL / (K_LOCAL + below_peak))


def _nearest_peaks(levels: Frames) -> Frames:
    """Level of the peak that belongs to each slope: `[frames, bands - 1]`."""
    rising = np.diff(levels) > 0
    index = np.arange(rising.shape[1])
    next_fall = np.minimum.accumulate(np.where(rising, len(index), index)[:, ::-1], axis=1)[:, ::-1]
    last_rise = np.maximum.accumulate(np.where(rising, index, -1), axis=1)
    return np.take_along_axis(levels, np.where(rising, next_fall - 1, last_rise + 1), axis=1)
