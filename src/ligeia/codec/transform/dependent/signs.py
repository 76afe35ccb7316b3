"""What the neighbours of a coefficient tell of its sign (FORMAT.md §8.8).

The coefficients of a steady tone keep a relation from frame to frame (X_t = 2 cos(w) X_(t-1) - X_(t-2) for a frequency
w in radians per frame), and those around its peak have signs that alternate or agree. So the signs and sizes around a
coefficient say which sign is likely: a network reads them in proportion to the largest of them. Turned so that the
first of them that is not 0 is positive, they need to be known for one sign only.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.transform.dependent.surroundings import LARGEST_CONTEXT, MIDDLE, PASSES, logarithms

Integers = NDArray[np.integer]
Contexts = NDArray[np.float32]

REACH = 8
"""Absent coefficients at both ends of a row of values; no offset is larger."""
OFFSETS = (-3, -2, -1, 0, 1, 2, 3)
"""Neighbours in each of the two frames before."""
OWN_OFFSETS = ((), (-6, -2, 2, 6), (-5, -3, -1, 1, 3, 5))
"""Neighbours in the frame itself, by pass."""
PLACES = tuple(
    tuple((0, offset) for offset in own) + tuple((frame, offset) for frame in (1, 2) for offset in OFFSETS)
    for own in OWN_OFFSETS
)
"""All neighbours, by pass: how many frames ago, and the offset."""
SCALE = 63
"""The largest neighbour has this value."""
OWN_SCALE = 32
"""The size itself has this value where it equals the largest neighbour."""
FACTS = 6
"""The size in proportion to the largest neighbour, both on the scale of contexts, frequency, two flags of switching."""
INPUTS = tuple(len(places) + FACTS for places in PLACES)
"""Contexts of a sign, by pass."""
MOST_HERTZ = 4000
"""Signs of coefficients up to here are predicted."""


def last_predicted(frame_size: int, rate: int) -> int:
    """Return the number of coefficients, from the lowest on, whose signs are predicted."""
    return min(frame_size, 2 * MOST_HERTZ * frame_size // rate)


@dataclass(frozen=True)
class Values:
    """Half steps of three frames, in n columns."""

    rows: NDArray[np.int32]
    """`[3, frame_size + 2 REACH, n]`: the frame itself, filled in as it is coded, and the two before it."""
    long: NDArray[np.int16]
    """`[2, n]`: `MIDDLE` where the frame, or the one before, is one long block."""
    pitches: Integers
    """Logarithms of the coefficients' frequencies, `[frame_size]`."""
    predicted: int
    """Coefficients whose signs are predicted."""


@dataclass(frozen=True)
class Signs:
    """Some of the coefficients of a pass: those whose signs can be predicted."""

    places: tuple[Integers, Integers]
    """Their numbers in the pass, and their columns."""
    turned: NDArray[np.int32]
    """1, or -1 where the surroundings were turned over: `[coefficients]`."""
    contexts: Contexts
    """`[INPUTS of the pass, coefficients]`."""


@lru_cache(maxsize=8)
def _offsets(number: int, width: int) -> Integers:
    """Return the places of all neighbours, relative to a coefficient of the frame itself."""
    return np.array([frame * width + REACH + offset for frame, offset in PLACES[number]])


def sign_contexts(values: Values, number: int, sizes: Integers) -> Signs:
    """Return what is known of the signs of a pass whose `sizes [coefficients, n]`, in half steps, are known."""
    width, columns = values.rows.shape[1:]
    units = np.arange(width - 2 * REACH)[PASSES[number]]
    units = units[units < values.predicted]
    unit, column = np.nonzero(sizes[: len(units)])
    flat = values.rows.reshape(-1)
    around = flat[(_offsets(number, width)[:, None] + units[unit]) * columns + column]
    heard = around.any(axis=0)
    around, unit, column = around[:, heard], unit[heard], column[heard]
    first = (around != 0).argmax(axis=0)
    turned = np.sign(around[first, np.arange(around.shape[1])])
    largest = np.abs(around).max(axis=0, initial=1)
    own = sizes[unit, column]
    contexts = np.empty((INPUTS[number], len(unit)), np.float32)
    contexts[: len(around)] = np.sign(around) * (SCALE * np.abs(around) // largest) * turned
    rest = contexts[len(around) :]
    rest[0] = np.minimum(OWN_SCALE * own // largest, LARGEST_CONTEXT)
    known = logarithms()
    rest[1], rest[2] = (known[np.minimum(size, len(known) - 1)] - MIDDLE // 2 for size in (largest, own))
    rest[3] = values.pitches[units[unit]]
    rest[4:] = values.long[:, column]
    return Signs((unit, column), turned, contexts)
