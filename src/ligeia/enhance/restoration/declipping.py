"""Our declipping: shrinkage in several windows, and clipped samples at the mean of what can still be.

Two methods: `wiener`, told here, and `ensemble`, the mean of it and of a quick A-SPADE (`a_spade`). Both keep to what
is known, and so does their mean; they err differently, and their mean errs less.

As in SS-PEW (`social_sparsity`) the coefficients of a Gabor frame are shrunk by the empirical Wiener gain of their
neighbourhoods, and the shrinkage falls pass by pass. What is different:

- The signal itself is iterated, not its coefficients: each pass shrinks, puts the known samples back, and goes on in
  the direction of the last change (heavy ball). It always agrees with what is known, and takes a tenth of
  the passes.
- Clipped samples are not merely moved to the bound where the estimate is below it. Seen as Gaussian around the
  estimate, they lie beyond the bound, and their mean is taken (that of a truncated Gaussian). Its standard deviation is
  measured: it is what shrinkage takes, in this pass, from known samples within 20 ms.
- Three lengths of windows each give an estimate, and the estimates are averaged. Of lengths from 16 to 512 ms the one
  is found in which the clipped signal is sparsest (the absolute sum of its coefficients is least); taken are half of
  it, and half and twice that: clipped signals seem to last longer than what was clipped does.
- Nothing depends on the level of the recording.
"""

import numpy as np
from numpy.typing import NDArray

from ligeia.enhance.restoration.a_spade import Growth, a_spade
from ligeia.enhance.restoration.bounds import by_clipped_channel
from ligeia.enhance.restoration.gabor import Gabor, Signal, shrunk, survey_window
from ligeia.enhance.restoration.stretch import Reals, RestoreSettings, Stretch

WINDOWS_SECONDS = tuple(0.016 * 2**step for step in range(6))
"""Windows; their samples are rounded to powers of two."""
SHORTER = (0, 1, 2)
"""Windows that are taken, in steps from the sparsest towards shorter ones."""
NEIGHBOURHOOD = (5, 3)
"""Frames and bins whose mean power decides."""
PASSES = 150
QUICK = Growth(coefficients=2, passes=1)
"""A-SPADE in a quarter of the passes at most."""
FIRST, LAST = 0.5, 1e-4
"""Shrinkage of the first and the last pass, in relation to the largest coefficient."""
MOMENTUM = 0.9
SPREAD = 1.7
"""Standard deviation of clipped samples in relation to the error of known ones around them."""
NEAR_SECONDS = 0.02
MOST_SPREAD = 1.0
"""The largest standard deviation, in relation to the bound."""


def repair(stretch: Stretch, settings: RestoreSettings) -> Reals:
    """Return `stretch` with its clipped samples restored; `settings.steps` is the number of passes."""
    passes = settings.steps or PASSES
    return by_clipped_channel(
        lambda samples, lower, upper: declipped(samples, lower, upper, rate=stretch.rate, passes=passes), stretch
    )


def repair_by_both(stretch: Stretch, settings: RestoreSettings) -> Reals:
    """Return `stretch` with its clipped samples at the mean of `declipped` and A-SPADE."""
    passes, window = settings.steps or PASSES, survey_window(stretch.rate)

    def mean(samples: Reals, lower: Reals, upper: Reals) -> Reals:
        level = float(np.abs(samples).max(initial=0.0)) or 1.0  # A-SPADE's stop is meant for full scale
        sparse = a_spade(samples / level, lower / level, upper / level, window=window, growth=QUICK) * level
        return (declipped(samples, lower, upper, rate=stretch.rate, passes=passes) + sparse) / 2

    return by_clipped_channel(mean, stretch)


def declipped(samples: Reals, lower: Reals, upper: Reals, *, rate: int, passes: int = PASSES) -> Reals:
    """Return `samples` `[time]` restored; known ones have equal bounds `lower` and `upper`. `rate` in Hz.

    Clipped samples have one finite bound; those with none are estimated freely.
    """
    level = float(np.abs(samples).max(initial=0.0))
    if level == 0:
        return samples
    known = Known(samples / level, lower / level, upper / level, near=max(3, round(NEAR_SECONDS * rate)))
    estimates = [_converged(known, frame, passes) for frame in chosen_frames(known.samples, rate)]
    return np.asarray(np.mean(estimates, axis=0, dtype=np.float64) * level)


class Known:
    """Known samples of a signal, and bounds of the others."""

    def __init__(self, samples: Reals, lower: Reals, upper: Reals, *, near: int) -> None:
        self.samples: Signal = samples.astype(np.float32)
        unknown = lower < upper
        self._at = np.flatnonzero(unknown)
        self._known = (~unknown).astype(np.float32)
        lower, upper = lower[unknown], upper[unknown]
        self._sign = np.where(np.isfinite(lower), 1.0, -1.0).astype(np.float32)
        bound = np.where(np.isfinite(lower), lower, upper)
        self._bound = (self._sign * bound).astype(np.float32)  # -inf where nothing is known
        self._most = np.where(np.isfinite(bound), MOST_SPREAD * np.abs(bound), 0.0).astype(np.float32)
        self._near = near
        self._share = self._mean_near(self._known)

    def _mean_near(self, values: Signal) -> Signal:
        from scipy.ndimage import uniform_filter1d

        mean: Signal = uniform_filter1d(values, self._near, mode="constant")[self._at]
        return mean

    def imposed(self, estimate: Signal) -> Signal:
        """Return the known samples, and the others at the mean of what they can be, given an estimate of all."""
        error = self._mean_near(self._known * (estimate - self.samples) ** 2)
        spread = SPREAD * np.sqrt(np.maximum(error, 0) / np.maximum(self._share, 1e-3))
        result = self.samples.copy()
        values = self._sign * estimate[self._at]
        result[self._at] = self._sign * mean_above(values, np.minimum(spread, self._most), self._bound)
        return result


def mean_above(centre: Signal, deviation: Signal, bound: Signal) -> Signal:
    """Return the means of Gaussians given that their values are above `bound`, which may be -inf.

    centre + deviation phi(a) / Q(a), a = (bound - centre) / deviation; a deviation of 0 gives the larger of both.
    """
    from scipy.special import erfcx

    with np.errstate(divide="ignore", invalid="ignore"):
        distance = np.clip(np.nan_to_num((bound - centre) / deviation, nan=0.0), -30, 30)
    mean: Signal = centre + deviation * (np.sqrt(2 / np.pi) / erfcx(distance / np.sqrt(2))).astype(np.float32)
    return np.maximum(mean, bound)


def chosen_frames(samples: Signal, rate: int) -> list[Gabor]:
    """Return the frames that suit a clipped signal; at the ends of the range there are fewer."""
    sizes = sorted({2 ** max(4, round(np.log2(seconds * rate))) for seconds in WINDOWS_SECONDS})
    frames = [Gabor(len(samples), int(size), redundancy=2) for size in sizes]
    sums = [float(np.abs(frame.analysis(samples)).sum()) for frame in frames]
    sparsest = int(np.argmin(sums))
    return [frames[sparsest - step] for step in SHORTER if step <= sparsest]


def _converged(known: Known, frame: Gabor, passes: int) -> NDArray[np.float32]:
    """Return the signal after `passes`."""
    signal = point = known.samples
    largest = float(np.abs(frame.analysis(signal)).max())
    for strength in largest * np.geomspace(FIRST, LAST, passes):
        moved = known.imposed(frame.synthesis(shrunk(frame.analysis(point), strength, NEIGHBOURHOOD)))
        point = moved + np.float32(MOMENTUM) * (moved - signal)
        signal = moved
    return signal
