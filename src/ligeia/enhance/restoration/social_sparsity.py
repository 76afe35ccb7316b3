"""SS-PEW: declipping by social sparsity with the persistent empirical Wiener (Siedenburg, Kowalski & Dörfler 2014).

Coefficients of a Gabor frame are sought that synthesise the known samples, and samples beyond the bound where the
signal was clipped (a squared hinge), by an accelerated proximal gradient. The shrinkage multiplies a coefficient with
max(0, 1 - lambda^2 / P), P the mean power of its neighbourhood; lambda falls step by step, each of which starts from
the result of the one before.

Settings and details are those of the survey's program (Záviška, Rajmic, Ozerov & Rencker 2021, `declipping2020_codes`):
20 values of lambda from 0.1 to 0.0001, up to 500 passes each, neighbourhoods of 7 frames by 3 bins, windows extended
by zeros to twice their length, and:

- lambda is absolute: the result depends on the level of the recording, 1 being full scale.
- The hinge compares sizes, not values: a clipped sample counts as right beyond the bound of either sign.
- A value of lambda ends early where the signal moves by less than 0.0001 in norm, whatever its length.
- The momentum starts anew with each lambda, but not with its first pass: (k - 1) / (k + 5).
- The known samples of its result differ a little from the given ones, which the driver puts back.
"""

import numpy as np

from ligeia.enhance.restoration.bounds import by_clipped_channel
from ligeia.enhance.restoration.gabor import Gabor, Signal, shrunk, survey_window
from ligeia.enhance.restoration.stretch import Reals, RestoreSettings, Stretch

LAMBDAS = np.geomspace(1e-1, 1e-4, 20)
"""Levels of shrinkage, in turn."""
NEIGHBOURHOOD = (7, 3)
"""Frames and bins whose mean power decides."""
PASSES = 500
"""Most passes with each."""
STILL = 1e-4
"""Norm of a change that ends the passes with one level."""
LOOK = 5
"""Passes between looks at the change, which cost as much as half a pass."""


def repair(stretch: Stretch, settings: RestoreSettings) -> Reals:
    """Return `stretch` with its clipped samples restored; `settings.steps` is the most passes that a lambda gets."""
    passes = settings.steps or PASSES
    window = survey_window(stretch.rate)
    return by_clipped_channel(
        lambda samples, lower, upper: ss_pew(samples, lower, upper, window=window, passes=passes), stretch
    )


def ss_pew(samples: Reals, lower: Reals, upper: Reals, *, window: int, passes: int = PASSES) -> Reals:
    """Return `samples` `[time]` restored; known ones have equal bounds `lower` and `upper`. `window` in samples."""
    frame = Gabor(len(samples), window)
    target = Target(samples, lower, upper)
    coefficients = np.zeros((frame.frames, frame.size // 2 + 1), np.complex64)
    signal = frame.synthesis(coefficients)
    for strength in LAMBDAS:
        point = coefficients.copy()
        for number in range(1, passes + 1):
            point += frame.analysis(target.residual(frame.synthesis(point)))
            moved = shrunk(point, strength, NEIGHBOURHOOD)
            np.subtract(moved, coefficients, out=point)
            point *= np.float32((number - 1) / (number + 5))
            point += moved
            coefficients = moved
            if number % LOOK == 0:
                before, signal = signal, frame.synthesis(coefficients)
                if np.linalg.norm(signal - before) < STILL * LOOK:
                    break
    return frame.synthesis(coefficients).astype(np.float64)


class Target:
    """Known samples of a signal, and bounds of those that were clipped."""

    def __init__(self, samples: Reals, lower: Reals, upper: Reals) -> None:
        clipped = lower < upper
        self._at = np.flatnonzero(clipped)
        bound = np.where(np.isfinite(lower), lower, np.where(np.isfinite(upper), upper, 0.0))
        self._known = np.where(clipped, bound, samples).astype(np.float32)
        self._reach = np.abs(self._known[self._at])
        self._free = np.isinf(lower[self._at]) & np.isinf(upper[self._at])

    def residual(self, signal: Signal) -> Signal:
        """Return what `signal` lacks: nothing where it was clipped and is beyond the bound in size."""
        residual = self._known - signal
        within = (np.abs(signal[self._at]) <= self._reach) & ~self._free
        residual[self._at] *= within
        return residual
