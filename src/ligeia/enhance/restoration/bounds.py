"""Clipped samples as intervals: what a recording says of each of its samples, known or clipped."""

from collections.abc import Callable

import numpy as np

from ligeia.enhance.restoration.stretch import Flags, Reals, Stretch

Declip = Callable[[Reals, Reals, Reals], Reals]
"""Function of samples and their least and greatest values, `[time]` each, the same at known samples; gives samples."""


def by_clipped_channel(declip: Declip, stretch: Stretch) -> Reals:
    """Run `declip` on each channel that lacks some of its samples, but not all; the result keeps to the bounds.

    What `declip` gets for clipped samples is their bound, and 0 for samples of which nothing is known.
    """
    samples = stretch.samples.copy()
    for number, missing in enumerate(stretch.missing):
        lower, upper = intervals(stretch, number)
        start = start_of(lower, upper)
        if missing.any():
            samples[number] = start if missing.all() else declip(start, lower, upper).clip(lower, upper)
    return samples


def intervals(stretch: Stretch, channel: int) -> tuple[Reals, Reals]:
    """Return the least and greatest values `[time]` of a channel's samples."""
    missing, known = stretch.missing[channel], stretch.samples[channel]
    return (
        _bound(known, missing, stretch.lower, channel, -np.inf),
        _bound(known, missing, stretch.upper, channel, np.inf),
    )


def _bound(known: Reals, missing: Flags, bounds: Reals | None, channel: int, free: float) -> Reals:
    bound = np.full_like(known, free) if bounds is None else bounds[channel]
    return np.where(missing, bound, known)


def start_of(lower: Reals, upper: Reals) -> Reals:
    """Return the finite bound of each sample that is nearest to 0, and 0 where there is none."""
    nearest = np.clip(0.0, lower, upper)
    return np.asarray(nearest)
