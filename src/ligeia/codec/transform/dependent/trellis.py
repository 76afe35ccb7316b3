"""Two quantisers side by side, and the states that say which of them a coefficient has (FORMAT.md §8.8).

Dependent quantisation (trellis-coded quantisation: Marcellin & Fischer 1990; in video Schwarz et al. 2019): quantiser
0 has the even multiples of half a step, quantiser 1 the odd ones, and 0. Which one a coefficient has depends on the
parities of what came before it. So an encoder that chooses whole sequences has a finer lattice to choose from than one
step allows, at the price of the coarser one.

Here a sequence is one coefficient through the frames of a block: all quantisers of a frame are known before it, and
its symbols can be read together.
"""

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.integer]

STATES = 8
NEXT = np.array([[0, 2], [5, 7], [1, 3], [6, 4], [2, 0], [4, 6], [3, 1], [7, 5]], np.int8)
"""The next state, by state and parity of the level; the states of odd numbers have quantiser 1."""

BIAS = np.array([[0.0, 0.0, -0.05], [0.0, -0.3, -0.05]])
"""What reconstruction takes off sizes in half steps, by quantiser, for the levels 0, 1, and all others."""


def following(states: NDArray[np.int8], levels: Integers) -> NDArray[np.int8]:
    """Return the states of the next frame."""
    return np.asarray(NEXT[states, levels & 1], np.int8)


def quantisers_of(levels: Integers) -> NDArray[np.int8]:
    """Return the quantisers, 0 or 1, of levels `[frames, ...]`."""
    quantisers = np.empty(levels.shape, np.int8)
    states: NDArray[np.int8] = np.zeros(levels.shape[1:], np.int8)
    for frame, current in enumerate(levels):
        quantisers[frame] = states & 1
        states = following(states, current)
    return quantisers


def half_steps(levels: Integers, quantisers: Integers) -> Integers:
    """Return what levels stand for, in half steps."""
    return np.asarray(2 * levels - np.sign(levels) * quantisers)


def reconstructed(levels: Integers) -> NDArray[np.float64]:
    """Return what levels `[frames, ...]` stand for, in steps."""
    quantisers = quantisers_of(levels)
    bias = BIAS[quantisers, np.minimum(np.abs(levels), 2)] * np.sign(levels)
    values: NDArray[np.float64] = (half_steps(levels, quantisers) - bias) / 2
    return values
