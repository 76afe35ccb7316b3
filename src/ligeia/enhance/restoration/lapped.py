"""The default: windowed sines and autoregressive models, combined by leave-out validation.

Gaps are filled by masked sparse least squares in windowed sines of four lengths (`windowed_sines`). Each start from
an autoregressive interpolation, which also is a prediction of its own, as are one of higher order and extrapolation
from both sides. The weights come from gaps of the same length made beside the true one (`leave_out`).

Single lost samples and short runs are another problem, with a known sample on either side: there, autoregressive
models of several orders and lengths, and the spline, are combined in the same way (`short_runs`).
"""

import numpy as np

from ligeia.enhance.restoration.autoregressive import extrapolated, iterated, started
from ligeia.enhance.restoration.damage import runs_of
from ligeia.enhance.restoration.leave_out import weights_from
from ligeia.enhance.restoration.short_runs import interpolated_locally
from ligeia.enhance.restoration.stretch import Flags, Reals, RestoreSettings, Stretch, by_channel
from ligeia.enhance.restoration.windowed_sines import filled

SHORT_SECONDS = 0.001
"""Runs shorter than this, and than 24 samples, are short."""
SHORT_SAMPLES = 24
SINES_SECONDS = (0.046, 0.093, 0.186, 0.371)
"""Lengths of the windows; the nearest power of two of samples is taken."""
MODELS = ((1024, 0.12, 4), (2048, 0.25, 4))
"""Autoregressive models: order, seconds of sound on either side, rounds. The first is where windowed sines start."""
EXTRAPOLATION = (1024, 0.1)
"""Order of the extrapolation, and seconds on either side."""
PLACES = (-2, -1, 1, 2)
"""Hidden gaps: so many lengths of the gap to its left and right, and half as much in between."""
LONGEST_SECONDS = 0.15
"""Longer gaps get equal weights, without autoregressive interpolation: neither helps there, and both take long."""


def repair(stretch: Stretch, settings: RestoreSettings) -> Reals:
    """Return the stretch with short runs, then gaps filled, channel by channel."""
    return by_channel(lambda samples, missing: repaired(samples, missing, stretch.rate), stretch)


def repair_by_sines(stretch: Stretch, settings: RestoreSettings) -> Reals:
    """Return the stretch with all damage filled by windowed sines of one length, 0.19 s, from zeros (or the spline)."""

    def fill(samples: Reals, missing: Flags) -> Reals:
        whole = started(samples, missing)
        for start, stop in runs_of(missing).T:
            whole[start:stop] = filled(whole, start, stop, _size(SINES_SECONDS[2], stretch.rate))
        return whole

    return by_channel(fill, stretch)


def repaired(samples: Reals, missing: Flags, rate: int) -> Reals:
    """Return `samples` `[time]` with the `missing` ones filled."""
    runs = runs_of(missing)
    short = runs[1] - runs[0] < min(SHORT_SAMPLES, max(2, SHORT_SECONDS * rate))
    whole = interpolated_locally(samples, missing, rate) if short.any() else samples.copy()
    for start, stop in runs[:, ~short].T:
        whole[start:stop] = 0.0
    for start, stop in runs[:, ~short].T:
        whole[start:stop] = bridged(whole, int(start), int(stop), rate)
    return whole


def bridged(samples: Reals, start: int, stop: int, rate: int) -> Reals:
    """Return samples `start:stop` of a sound `[time]`, by all methods, weighted by what they do beside the gap."""
    made = predictions(samples, start, stop, rate)
    length = stop - start
    if length > LONGEST_SECONDS * rate:
        return np.asarray(made.mean(axis=0))
    whole = samples.copy()
    whole[start:stop] = made.mean(axis=0)
    hidden, tried = [], []
    for place in PLACES:
        distance = round(1.5 * length * abs(place))
        first = start - distance if place < 0 else stop + distance - length
        if first >= length and first + 2 * length <= len(samples) and whole[first : first + length].any():
            hidden.append(whole[first : first + length])
            tried.append(predictions(whole, first, first + length, rate))
    return weights_from(hidden, tried) @ made if hidden else np.asarray(made.mean(axis=0))


def predictions(samples: Reals, start: int, stop: int, rate: int) -> Reals:
    """Return what each method makes of samples `start:stop` of a sound `[time]`, `[methods, stop - start]`."""
    made = []
    if stop - start <= LONGEST_SECONDS * rate:
        made += [_by_model(samples, start, stop, rate, model) for model in MODELS]
    made.append(_by_extrapolation(samples, start, stop, rate))
    guess = samples.copy()
    guess[start:stop] = made[0]
    sizes = dict.fromkeys(_size(seconds, rate) for seconds in SINES_SECONDS)
    made += [filled(guess, start, stop, size) for size in sizes]
    return np.array(made)


def _size(seconds: float, rate: int) -> int:
    return max(8, 1 << round(float(np.log2(seconds * rate))))


def _around(samples: Reals, start: int, stop: int, context: int) -> tuple[Reals, Flags]:
    """Return the sound from `context` samples before a gap to as many behind it, zero in the gap, and the gap."""
    first = max(0, start - context)
    part = samples[first : stop + context].copy()
    missing = np.zeros(len(part), bool)
    missing[start - first : stop - first] = True
    part[missing] = 0.0
    return part, missing


def _by_model(samples: Reals, start: int, stop: int, rate: int, model: tuple[int, float, int]) -> Reals:
    order, seconds, rounds = model
    part, missing = _around(samples, start, stop, round(seconds * rate))
    return np.asarray(iterated(part, missing, order=order, steps=rounds)[missing])


def _by_extrapolation(samples: Reals, start: int, stop: int, rate: int) -> Reals:
    order, seconds = EXTRAPOLATION
    part, missing = _around(samples, start, stop, round(seconds * rate))
    return np.asarray(extrapolated(part, missing, order=order)[missing])
