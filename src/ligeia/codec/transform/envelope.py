"""Scale factors chosen with regard to their bits, for low rates: the encoder's choice, not a decoder's matter.

A scale factor costs least where it is what was predicted (`context_model.scale_factor_contexts`): for even bands that
of the frame before; for odd bands the same, moved as their neighbours have moved. For each band the cheapest path
through its frames is found by dynamic programming (Viterbi): squared error in octaves, plus a price for bits, which are
estimated from the size of the difference alone. Even bands come first, as in the stream; odd bands then know them.
"""

import numpy as np

from ligeia.codec.transform.scale_factors import SCALE_FACTORS, Integers, Reals
from ligeia.codec.transform.syntax import START_SCALE_FACTOR

UNCHANGED_BITS, CHANGED_BITS, BITS_PER_OCTAVE = 0.4, 2.2, 1.3
"""Bits of a difference of 0, of 1 octave of amplitude, and of each octave more: about those of the shipped contexts."""
_DIFFERENCES = np.abs(np.arange(SCALE_FACTORS)[:, None] - np.arange(SCALE_FACTORS))
BITS = np.where(_DIFFERENCES == 0, UNCHANGED_BITS, CHANGED_BITS + BITS_PER_OCTAVE * (_DIFFERENCES - 1))
"""Estimated bits of each scale factor (first axis) where another one (second axis) was predicted."""


def priced_scale_factors(levels: Reals, price: float) -> Integers:
    """Return scale factors `[blocks, frames, channels, bands]` for the levels of bands, at a `price` for each bit.

    Levels are in octaves, as scale factors are, but not rounded (`band_levels`); the price is in squared octaves.
    """
    targets = np.moveaxis(levels, 1, 0)  # frames first
    chosen = np.zeros(targets.shape, np.int64)
    still = np.zeros(targets[..., 0::2].shape, np.int64)
    chosen[..., 0::2] = _cheapest(targets[..., 0::2], still, price)
    bands = targets.shape[-1]
    if bands > 1:
        odd = np.arange(1, bands, 2)
        above = np.where(odd + 1 < bands, odd + 1, odd - 1)  # at the upper end the lower one again
        moved = np.diff(chosen, axis=0, prepend=START_SCALE_FACTOR)
        chosen[..., 1::2] = _cheapest(targets[..., 1::2], (moved[..., odd - 1] + moved[..., above]) >> 1, price)
    return np.moveaxis(chosen, 0, 1)


def _cheapest(targets: Reals, moves: Integers, price: float) -> Integers:
    """Return the cheapest paths `[frames, ...]` to `targets`, predicted from the frame before, moved by `moves`."""
    frames, shape = len(targets), targets.shape
    targets, moves = targets.reshape(frames, -1), moves.reshape(frames, -1)
    values = np.arange(SCALE_FACTORS)
    cost = np.zeros((SCALE_FACTORS, targets.shape[1]))
    came_from = np.zeros((frames, SCALE_FACTORS, targets.shape[1]), np.int8)
    for frame in range(frames):
        before = values if frame else np.array([START_SCALE_FACTOR])
        predicted = np.clip(before[:, None] + moves[frame], 0, SCALE_FACTORS - 1)
        tried = price * BITS[:, predicted] + cost[None, : len(before)]  # [scale factor, the one before, path]
        came_from[frame] = tried.argmin(axis=1)
        cost = tried.min(axis=1) + np.square(values[:, None] - targets[frame])
    paths = np.empty(targets.shape, np.int64)
    paths[-1] = cost.argmin(axis=0)
    for frame in range(frames - 1, 0, -1):
        paths[frame - 1] = np.take_along_axis(came_from[frame], paths[frame][None], axis=0)[0]
    return paths.reshape(shape)
