"""Missing samples by autoregressive models (AR): the classical methods, which hold their own to this day.

A sound is taken for the response of an all-pole filter: e = a * x is small, where a = [1, a1 .. ap]. Given a, the
missing samples of least residual energy follow from linear equations (least-squares AR interpolation; Janssen,
Veldhuis & Vries 1986, IEEE Trans. ASSP 34(2)); given all samples, a follows from linear prediction. Janssen's
iteration alternates the two. Extrapolation instead predicts from each side and cross-fades (Kauppinen & Roth 2002;
Etter 1996).
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve, solve_toeplitz, solveh_banded
from scipy.signal import fftconvolve, lfilter, lfiltic

from ligeia.enhance.restoration.damage import runs_of
from ligeia.enhance.restoration.spline import interpolated
from ligeia.enhance.restoration.stretch import Flags, Reals, RestoreSettings, Stretch, by_channel

ORDER = 32
"""Order of the single pass."""
JANSSEN_ORDER = 1024
"""Order of Janssen's iteration, capped by what the stretch supports (Mokry & Rajmic 2024: 512 to 2048 are alike)."""
JANSSEN_STEPS = 10
"""Its iterations."""
SAMPLES_FOR_EACH = 3
"""Known samples for each coefficient of a model, at least."""
LOADING = 1e-12
"""Share of white noise in the autocorrelation, which keeps its equations solvable."""
EXHAUSTED, LEAST_ENERGY = 1e-20, 1e-300
"""Energy of error, relative to that of the sound, below which it is rounding, and a model grows no further."""
CONVERGED = 1e-6
"""Change of the missing samples, relative to the peak, at which the iteration ends."""
DENSE_BAND = 64
"""Unknown samples within reach of each other up to which equations are solved as a band."""

Places = NDArray[np.int64]
Estimate = Callable[[Reals, int], Reals]
"""Returns the coefficients `[order + 1]` of samples `[time]`, the first of which is 1."""


def repair(stretch: Stretch, settings: RestoreSettings) -> Reals:
    """Return the stretch after one pass: a model of order 32 of the spline's result, then least squares."""

    def once(samples: Reals, missing: Flags) -> Reals:
        return iterated(samples, missing, order=ORDER, steps=1)

    return by_channel(once, stretch)


def repair_janssen(stretch: Stretch, settings: RestoreSettings) -> Reals:
    """Return the stretch after Janssen's iteration: model and missing samples in turn."""
    steps = JANSSEN_STEPS if settings.steps is None else settings.steps

    def run(samples: Reals, missing: Flags) -> Reals:
        return iterated(samples, missing, order=JANSSEN_ORDER, steps=steps, estimate=burg)

    return by_channel(run, stretch)


def repair_extrapolation(stretch: Stretch, settings: RestoreSettings) -> Reals:
    """Return the stretch with each gap predicted from both of its sides, cross-faded."""
    return by_channel(lambda samples, missing: extrapolated(samples, missing, order=JANSSEN_ORDER), stretch)


# --- models -------------------------------------------------------------------------------------------


def autocorrelation(samples: Reals, count: int) -> Reals:
    """Return the autocorrelation of `samples` `[time]` at the lags 0 to `count - 1`; 0 beyond the end."""
    size = 1 << (len(samples) + count).bit_length()
    lags = np.asarray(np.fft.irfft(np.abs(np.fft.rfft(samples, size)) ** 2, size)[: min(count, len(samples))])
    return np.asarray(np.concatenate([lags, np.zeros(count - len(lags))]))


def levinson(samples: Reals, order: int) -> Reals:
    """Return the coefficients of least prediction error by the autocorrelation method, under a Hann window."""
    lags = autocorrelation(samples * np.hanning(len(samples) + 2)[1:-1], order + 1)
    if lags[0] <= 0:
        return np.asarray(np.eye(1, order + 1)[0])
    lags[0] *= 1 + LOADING
    return np.asarray(np.concatenate([[1.0], solve_toeplitz(lags[:-1], -lags[1:])]))


def burg(samples: Reals, order: int) -> Reals:
    """Return the coefficients of least prediction error in both directions, by Burg's recursion (stable, no window).

    `samples` `[..., time]` may be several sounds, each of which gets its own `[..., order + 1]`.
    """
    coefficients = np.zeros((*samples.shape[:-1], order + 1))
    coefficients[..., 0] = 1.0
    forward, backward = samples[..., 1:].copy(), samples[..., :-1].copy()
    least = np.zeros(samples.shape[:-1])
    for index in range(1, min(order, samples.shape[-1] - 2) + 1):
        energy = np.einsum("...t,...t", forward, forward) + np.einsum("...t,...t", backward, backward)
        product = np.einsum("...t,...t", forward, backward)
        least = EXHAUSTED * energy if index == 1 else least
        reflection = np.where(energy > least, -2.0 * product / np.maximum(energy, LEAST_ENERGY), 0.0)[..., None]
        coefficients[..., 1 : index + 1] += reflection * coefficients[..., index - 1 :: -1][..., :index]
        forward, backward = forward + reflection * backward, backward + reflection * forward
        forward, backward = forward[..., 1:], backward[..., :-1]
    return coefficients


# --- interpolation ------------------------------------------------------------------------------------


def iterated(samples: Reals, missing: Flags, *, order: int, steps: int, estimate: Estimate = levinson) -> Reals:
    """Return `samples` `[time]` after `steps` rounds of a model of what is there, then the missing ones of least error.

    The first model is that of the spline where single samples miss, and of zeros in longer gaps. The order is at most
    a third of the number of known samples.
    """
    order = min(order, int(np.count_nonzero(~missing)) // SAMPLES_FOR_EACH)
    filled = started(samples, missing)
    for _ in range(steps if order else 0):
        before, filled = filled, least_residual(filled, missing, estimate(filled, order))
        if np.abs(filled - before).max() <= CONVERGED * np.abs(filled).max():
            break  # and further on, the model of a pure tone would only become harder to solve
    return filled


def started(samples: Reals, missing: Flags) -> Reals:
    """Return `samples` `[time]` with runs of one or two missing ones interpolated, and zeros in longer runs."""
    filled = interpolated(samples, missing)
    for start, stop in runs_of(missing).T:
        if stop - start > 2:
            filled[start:stop] = 0.0
    return filled


def least_residual(samples: Reals, missing: Flags, coefficients: Reals, *, open_ends: bool = True) -> Reals:
    """Return `samples` `[time]` with those values of the missing ones that give the least residual energy.

    Beyond the ends of the stretch nothing is known: what lies there is solved for as well. Without `open_ends` the
    missing samples within reach of the ends stay as they are instead, which is quicker.
    """
    order = len(coefficients) - 1
    if not open_ends:
        missing = missing.copy()
        missing[:order] = missing[max(0, len(missing) - order) :] = False
    at = np.flatnonzero(missing)
    if not len(at):
        return samples
    before, after = order * (at[0] < order), order * (at[-1] >= len(samples) - order)
    wide = np.pad(np.where(missing, 0.0, samples), (before, after))
    unknown = np.pad(missing, (before, after), constant_values=True)
    both = np.correlate(coefficients, coefficients, "full")  # directly: an FFT's rounding spoils the equations of tones
    lags = both[order:]
    right = -fftconvolve(wide, both, mode="same")
    filled = wide.copy()
    filled[unknown] = _solved(np.flatnonzero(unknown), lags, right[unknown])
    return filled[before : len(filled) - after]


def _solved(at: Places, lags: Reals, right: Reals) -> Reals:
    """Solve sum over j of lags[|at[i] - at[j]|] x[j] = right[i]."""
    order = len(lags) - 1
    band = int((np.searchsorted(at, at + order, side="right") - np.arange(len(at))).max()) - 1
    if band <= DENSE_BAND:
        return _solved_band(at, lags, right, band)
    solution = np.empty(len(at))
    borders = np.flatnonzero(np.diff(at) > order) + 1
    for part in np.split(np.arange(len(at)), borders):
        solution[part] = _solved_part(at[part], lags, right[part])
    return solution


def _solved_band(at: Places, lags: Reals, right: Reals, band: int) -> Reals:
    rows = np.zeros((band + 1, len(at)))
    for k in range(band + 1):
        distance = at[k:] - at[: len(at) - k]
        rows[k, : len(at) - k] = np.where(distance < len(lags), lags[np.minimum(distance, len(lags) - 1)], 0.0)
    return np.asarray(solveh_banded(rows, right, lower=True))


def _solved_part(at: Places, lags: Reals, right: Reals) -> Reals:
    padded = np.pad(lags, (0, max(0, int(at[-1] - at[0]) + 1 - len(lags))))
    if at[-1] - at[0] == len(at) - 1:  # one gap: the equations are Toeplitz
        return np.asarray(solve_toeplitz(padded[: len(at)], right))
    matrix = padded[np.abs(at[:, None] - at[None, :])]
    try:
        return np.asarray(cho_solve(cho_factor(matrix), right))
    except LinAlgError:
        return np.asarray(np.linalg.lstsq(matrix, right, rcond=None)[0])


# --- extrapolation ------------------------------------------------------------------------------------


def extrapolated(samples: Reals, missing: Flags, *, order: int) -> Reals:
    """Return `samples` `[time]` with each run of missing ones predicted from the known ones before and after it.

    The two predictions are cross-faded by squared sines. Only the sound to the neighbouring runs counts.
    """
    filled = samples.copy()
    runs = runs_of(missing)
    edges = np.concatenate([[0], runs[1], [len(samples)]])
    for index, (start, stop) in enumerate(runs.T):
        later = runs[0][index + 1] if index + 1 < runs.shape[1] else len(samples)
        filled[start:stop] = _bridged(samples[edges[index] : start], samples[stop:later], int(stop - start), order)
    return filled


def _bridged(left: Reals, right: Reals, count: int, order: int) -> Reals:
    forward = _continued(left, count, order)
    backward = _continued(right[::-1], count, order)[::-1]
    if not len(left) or not len(right):
        return forward + backward
    fade = np.sin(np.pi / 2 * (np.arange(count) + 0.5) / count) ** 2
    return (1 - fade) * forward + fade * backward


def _continued(samples: Reals, count: int, order: int) -> Reals:
    """Return `count` samples that follow `samples` where the residual stays zero."""
    order = min(order, len(samples) // SAMPLES_FOR_EACH)
    if not order:
        return np.zeros(count)
    coefficients = burg(samples, order)
    recent = samples[::-1][:order]
    state = lfiltic([1.0], coefficients, recent)
    return np.asarray(lfilter([1.0], coefficients, np.zeros(count), zi=state)[0])
