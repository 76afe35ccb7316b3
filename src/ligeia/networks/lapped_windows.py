"""Where the hops of a lapped network begin and what they share, and how their windows rise."""

from collections.abc import Callable
from math import pi
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ligeia.networks.lapped import Lapped

MAX_SPLIT = 4
EDGE_SPLIT = 2
"""Largest split at the ends of a block: hops are no shorter than what is shared there."""

Whole = NDArray[np.int64]
Values = TypeVar("Values", bound=Any)


def rise(part: Values, sin: Callable[..., Values], *, sine: bool) -> Values:
    """A window's rise from 0 to 1 at `part` (0 to 1) of what is shared; that of 1 - `part` is its fall.

    The squares of both sum to 1. `sin` is that of the library `part` comes from.
    """
    first = sin(pi / 2 * part)
    return first if sine else sin(pi / 2 * first**2)


def splits_of(numbers: NDArray[np.floating[Any]]) -> Whole:
    """The splits that parameters `[blocks, frames]` stand for: the nearest whole numbers that are allowed."""
    splits: Whole = np.rint(numbers).clip(0, MAX_SPLIT).astype(np.int64)
    for end in (0, -1):
        splits[:, end] = splits[:, end].clip(max=EDGE_SPLIT)
    return splits


def borders_of(spec: Lapped, splits: Whole, edges: NDArray[np.floating[Any]]) -> Whole:
    """Samples shared around each border of superframes, `[blocks, frames + 1]`, the ends of the block included."""
    inner = spec.frame >> np.maximum(splits[:, :-1], splits[:, 1:])
    ends = np.where(edges > 0.5, spec.overlap, 0)
    return np.concatenate([ends[:, :1], inner, ends[:, 1:]], axis=1)
