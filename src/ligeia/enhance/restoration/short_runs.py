"""Single lost samples and short runs: local autoregressive models and the spline, combined by leave-out validation.

A model of 20 ms follows speech, one of half a second resolves the partials of music, and the spline is best where a
sound is smooth to the last bit. Which of them is right changes within a recording: known samples near the lost ones
are hidden, all methods fill them in, and the shares of least error are those of the lost samples nearby.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from ligeia.enhance.restoration.autoregressive import SAMPLES_FOR_EACH, burg, least_residual, started
from ligeia.enhance.restoration.spline import interpolated
from ligeia.enhance.restoration.stretch import Flags, Reals

MODELS = ((32, 0.02), (32, 0.06), (128, 0.12), (512, 0.4))
"""Order and seconds of the local models."""
ROUNDS = 2
"""Models estimated one after the other, each from what the one before has filled in."""
HIDDEN_EVERY = 37
"""Distance of the samples that are hidden."""
APART = 3
"""Known samples between a hidden one and any other, at least."""
BIN_SECONDS = 0.1
"""Length of the stretches that have shares of their own; they look as far again to both sides."""
LEAST_HIDDEN = 12
"""Hidden samples that decide on shares, at least; with fewer, those of the whole stretch decide."""
RIDGE = 0.1
"""Pull towards shares by the inverse energy of error, in units of the least energy."""

Places = NDArray[np.int64]


def interpolated_locally(samples: Reals, missing: Flags, rate: int) -> Reals:
    """Return `samples` `[time]` with the `missing` ones filled; long runs among them are not to be used."""
    hidden = _hidden(missing, rate)
    tried = _all_methods(np.where(missing | hidden, 0.0, samples), missing | hidden, hidden, rate)
    errors = tried[:, hidden] - samples[hidden]
    made = _all_methods(np.where(missing, 0.0, samples), missing, missing, rate)
    at, lost = np.flatnonzero(hidden), np.flatnonzero(missing)
    filled = samples.copy()
    size = max(1, round(BIN_SECONDS * rate))
    overall = shares_from(errors)
    for number in np.unique(lost // size):
        chosen = lost[lost // size == number]
        near = slice(*np.searchsorted(at, ((number - 1) * size, (number + 2) * size)))
        enough = near.stop - near.start >= LEAST_HIDDEN
        filled[chosen] = (shares_from(errors[:, near]) if enough else overall) @ made[:, chosen]
    return filled


def _hidden(missing: Flags, rate: int) -> Flags:
    """Return known samples near the missing ones that are to be hidden."""
    margin = round(3 * BIN_SECONDS * rate)
    near = _widened(missing, margin) & ~_widened(missing, APART)
    places = np.arange(HIDDEN_EVERY // 2, len(missing), HIDDEN_EVERY)
    # A fixed pattern of small steps, so that the samples fall into no rhythm with the sound's period.
    places = np.clip(places + (np.arange(len(places)) * 7) % 11, 0, len(missing) - 1)
    hidden = np.zeros(len(missing), bool)
    hidden[places] = True
    return hidden & near


def _widened(flags: Flags, margin: int) -> Flags:
    """Return which samples are at most `margin` away from a true one."""
    counts = np.concatenate([[0], np.cumsum(flags)])
    first = np.maximum(np.arange(len(flags)) - margin, 0)
    last = np.minimum(np.arange(len(flags)) + margin + 1, len(flags))
    return np.asarray(counts[last] > counts[first])


def _all_methods(samples: Reals, missing: Flags, wanted: Flags, rate: int) -> Reals:
    """Return what each method makes of the missing samples, `[methods, time]`; the `wanted` are those to be used."""
    models = [_by_local_models(samples, missing, wanted, order, round(seconds * rate)) for order, seconds in MODELS]
    return np.array([interpolated(samples, missing), *models])


def _by_local_models(samples: Reals, missing: Flags, wanted: Flags, order: int, size: int) -> Reals:
    """Return `samples` `[time]` filled frame by frame of `size` samples, each with a model of its own."""
    filled = started(samples, missing)
    hop = max(1, size // 2)
    size = min(hop + 2 * (hop // 2), len(samples))
    kept = np.array([first for first in range(0, len(samples), hop) if wanted[first : first + hop].any()])
    if not len(kept):
        return filled
    starts = np.clip(kept - hop // 2, 0, len(samples) - size)
    places = starts[:, None] + np.arange(size)
    frames, holes = filled[places], missing[places]
    usable = min(order, int(np.count_nonzero(~holes, axis=1).min()) // SAMPLES_FOR_EACH)
    for _ in range(ROUNDS if usable else 0):
        models = burg(frames, usable)
        outermost = (starts == 0) | (starts + size == len(samples))
        frames = np.array(
            [
                least_residual(frame, hole, model, open_ends=bool(ends))
                for frame, hole, model, ends in zip(frames, holes, models, outermost, strict=True)
            ]
        )
    for first, start, frame in zip(kept, starts, frames, strict=True):
        filled[first : first + hop] = frame[first - start : first - start + hop]
    return filled


def shares_from(errors: Reals) -> Reals:
    """Return the shares of methods, which sum to 1, from their errors `[methods, samples]`.

    Example:
        >>> shares_from(np.array([[1.0, -1.0, 1.0], [-1.0, 1.0, -1.0]])).round(2).tolist()
        [0.5, 0.5]
    """
    methods = len(errors)
    energies = np.sum(errors**2, axis=1)
    if not energies.size or not energies.any():
        return np.full(methods, 1 / methods)
    scale = max(float(energies.min()), 1e-9 * float(energies.max()))
    first = scale / np.maximum(energies, scale)
    first /= first.sum()
    gram = errors @ errors.T / scale + RIDGE * np.eye(methods)
    upper = np.linalg.cholesky(gram).T
    weight = 1e3 * float(np.sqrt(np.trace(gram)))  # of the equation that says that the shares sum to 1
    rows = np.vstack([upper, np.full((1, methods), weight)])
    right = np.concatenate([np.linalg.solve(upper.T, RIDGE * first), [weight]])
    shares = np.asarray(nnls(rows, right)[0])
    return np.asarray(shares / shares.sum())
