"""Between two exponents of a step: some blocks take the coarser one, so that a target is met finely."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray


def spread(count: int, blocks: int) -> NDArray[np.bool_]:
    """`count` of `blocks`, as evenly as can be: bool `[blocks]`."""
    passed = np.arange(blocks + 1) * count // blocks
    return np.diff(passed) > 0


def mixed(fine: NDArray[np.floating], coarse: NDArray[np.floating], count: int) -> float:
    """The sum where `count` blocks take their value of `coarse [blocks]`, the others that of `fine [blocks]`."""
    return float(np.where(spread(count, len(fine)), coarse, fine).sum())


def least_count(enough: Callable[[int], bool], blocks: int) -> int:
    """The least count from 0 to `blocks` that is `enough`, where more is always as good; `blocks` where none is."""
    low, high = -1, blocks
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
