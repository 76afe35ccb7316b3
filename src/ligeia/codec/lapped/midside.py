"""Left and right, or their sum and difference: the rotation by an eighth of a turn is its own inverse."""

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.floating]

HALF = 2**-0.5


def turned(weights: Reals, rotated: NDArray[np.bool_]) -> Reals:
    """Left and right to mid and side, or back, in the blocks that are `rotated`."""
    if weights.shape[2] != 2 or not rotated.any():
        return weights
    weights = weights.copy()
    left, right = weights[rotated, :, 0], weights[rotated, :, 1]
    weights[rotated] = np.stack([(left + right) * HALF, (left - right) * HALF], axis=2)
    return weights
