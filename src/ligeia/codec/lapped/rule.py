"""From the levels of bands to the exponents of their steps (FORMAT.md §8.2)."""

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.lapped.bands import band_tilt
from ligeia.codec.lapped.profiles import Profile

Whole = NDArray[np.integer]

MIN_STEP, MAX_STEP = -256, 767
"""Exponents of a block's steps: ten bits."""


def exponents(profile: Profile, frame: int, rate: int, steps: Whole, levels: Whole) -> Whole:
    """The exponents of the bands' steps, in sixteenths of an octave, for `levels [blocks, frames, channels, bands]`.

    `steps [blocks]` are those of the blocks. Where a band has no neighbour, or no superframe before it in its block, it
    is taken itself.
    """
    found = steps[:, None, None, None] + (band_tilt(frame, rate) * profile.tilt >> 4) + profile.slope * levels
    if profile.loud:
        found = found + (profile.loud * levels.sum(axis=-1, keepdims=True)) // levels.shape[-1]
    if profile.spread:
        below = np.concatenate([levels[..., :1], levels[..., :-1]], axis=-1)
        above = np.concatenate([levels[..., 1:], levels[..., -1:]], axis=-1)
        found = found + profile.spread * np.maximum(np.maximum(below, above) - levels, 0)
    if profile.past:
        before = np.concatenate([levels[:, :1], levels[:, :-1]], axis=1)
        found = found + profile.past * np.maximum(before - levels, 0)
    return found
