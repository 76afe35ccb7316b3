"""Missing samples by a cubic spline through the known ones: the floor that every other method has to beat."""

import numpy as np

from ligeia.enhance.restoration.stretch import Flags, Reals, RestoreSettings, Stretch, by_channel


def repair(stretch: Stretch, settings: RestoreSettings) -> Reals:
    """Return the stretch with missing samples interpolated, channel by channel."""
    return by_channel(interpolated, stretch)


def interpolated(samples: Reals, missing: Flags) -> Reals:
    """Return `samples` `[time]` with the `missing` ones on the cubic spline through all others.

    Before the first and after the last known sample the value of that sample stays. The ends of the spline are
    "not-a-knot", as those of scipy's `CubicSpline`; with fewer than four known samples it is a straight line.

    Example:
        >>> interpolated(np.array([0.0, 1, 0, 9, 16, 25]), np.array([0, 0, 1, 0, 0, 0], bool)).tolist()
        [0.0, 1.0, 4.0, 9.0, 16.0, 25.0]
    """
    known = np.flatnonzero(~missing)
    at = np.flatnonzero(missing)
    filled = samples.copy()
    if len(known) < 4:
        filled[at] = np.interp(at, known, samples[known])
        return filled
    from scipy.interpolate import CubicSpline

    spline = CubicSpline(known, samples[known])
    filled[at] = spline(np.clip(at, known[0], known[-1]))
    return filled
