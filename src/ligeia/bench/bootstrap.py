"""The median of a metric over clips, and how far it could lie elsewhere with other clips of the same kind."""

import functools
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ligeia.errors import InputError


class Summary(NamedTuple):
    """A median with its interval, and how many values it rests on."""

    median: float
    low: float
    high: float
    defined: int
    """Values that are defined."""
    undefined: int
    """Values that were left out because they are NaN."""


def median(values: ArrayLike) -> float:
    """The median of the values that are not NaN; NaN where there are none.

    Between -inf and inf it is the lower one, for they have no middle.

    Example:
        >>> median([1.0, float("nan"), float("inf"), 3.0])
        3.0
    """
    ordered = _defined(values)
    return float(_middle(ordered, *_middle_places(len(ordered)))) if len(ordered) else math.nan


def median_interval(
    values: ArrayLike, *, level: float = 0.95, resamples: int = 2000, seed: int = 0
) -> tuple[float, float, float]:
    """`(median, low, high)`: the median with its percentile bootstrap interval over clips.

    Clips are drawn with replacement, as many as there are, `resamples` times; the interval holds the middle
    `level` of the medians (Efron and Tibshirani 1993, chapter 13), its ends being values that occurred, taken
    outwards. NaN is dropped; infinite values are values. One value is its own interval; none gives three NaN.

    Raises:
        InputError: `level` is not between 0 and 1, or there is no resample.
    """
    return summary(values, level=level, resamples=resamples, seed=seed)[:3]


def summary(values: ArrayLike, *, level: float = 0.95, resamples: int = 2000, seed: int = 0) -> Summary:
    """`median_interval` with the number of values that it rests on, and of those left out.

    Raises:
        InputError: `level` is not between 0 and 1, or there is no resample.
    """
    if not 0 < level < 1 or resamples < 1:
        raise InputError(f"level must lie between 0 and 1 and resamples be 1 or more, got {level} and {resamples}")
    ordered = _defined(values)
    undefined = np.size(values) - len(ordered)
    if not len(ordered):
        return Summary(math.nan, math.nan, math.nan, 0, undefined)
    drawn = np.sort(_middle(ordered, *_drawn_places(len(ordered), resamples, seed)))
    tail = (1 - level) / 2 * (resamples - 1)
    low, high = drawn[math.floor(tail)], drawn[math.ceil(resamples - 1 - tail)]
    return Summary(median(ordered), float(low), float(high), len(ordered), undefined)


def _defined(values: ArrayLike) -> NDArray[np.float64]:
    given = np.asarray(values, np.float64).ravel()
    return np.sort(given[~np.isnan(given)])


def _middle_places(count: int) -> tuple[int, int]:
    """Where the two middle values of `count` ordered ones stand; the same place twice for an odd count."""
    return (count - 1) // 2, count // 2


@functools.lru_cache(maxsize=64)
def _drawn_places(count: int, resamples: int, seed: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The two middle places of each resample, as places among the ordered values: each `[resamples]`.

    A resample of ordered values is ordered by ordering its places, so the draws need not know the values.
    """
    places = np.random.default_rng(seed).integers(count, size=(resamples, count))
    lower, upper = _middle_places(count)
    places.partition((lower, upper), axis=1)
    return places[:, lower], places[:, upper]


def _middle(
    ordered: NDArray[np.float64], lower: int | NDArray[np.intp], upper: int | NDArray[np.intp]
) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):
        halfway = ordered[lower] / 2 + ordered[upper] / 2
    return np.where(np.isnan(halfway), ordered[lower], halfway)
