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


OVERSHOOT = 1.01
"""A sum may be so much larger than was asked for where that comes nearer."""
FEW = 12
"""So many blocks, or fewer, are chosen one by one."""


def nearest_mix(fine: NDArray[np.floating], coarse: NDArray[np.floating], wanted: float) -> NDArray[np.bool_]:
    """Which blocks are to take their value of `coarse [blocks]`, so that the sum is nearest to `wanted`: `[blocks]`.

    It is at most `OVERSHOOT` times that, if it can be.
    """
    blocks = len(fine)
    if blocks <= FEW:
        masks = (np.arange(1 << blocks)[:, None] >> np.arange(blocks)) & 1 == 1
    else:
        count = least_count(lambda count: mixed(fine, coarse, count) <= wanted, blocks)
        masks = np.stack([spread(count, blocks), spread(max(count - 1, 0), blocks)])
    totals = np.where(masks, coarse, fine).sum(axis=1)
    far = np.abs(totals - wanted) + np.where(totals > OVERSHOOT * wanted, np.abs(totals).max() + abs(wanted), 0)
    return np.asarray(masks[np.argmin(far)])
