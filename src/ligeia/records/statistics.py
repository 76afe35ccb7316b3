"""Statistics of results: medians with bootstrap intervals, and Bjøntegaard deltas between rate-quality curves."""

import functools
import math
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ligeia.errors import InputError, UndefinedScore


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
    numbers = np.asarray(values, np.float64).ravel()
    return np.sort(numbers[~np.isnan(numbers)])


def _middle_places(count: int) -> tuple[int, int]:
    """Places of the two middle values of `count` ordered ones; the same place twice for an odd count."""
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


Better = Literal["higher", "lower"]
RateQuality = tuple[ArrayLike, ArrayLike]
"""A curve: rates in kbit/s `[points]` and qualities `[points]`, in any order."""
FEWEST_POINTS = 3
"""Points that must be left of a curve. VCEG-M33 has four; three still bend."""


class Delta(NamedTuple):
    """A Bjøntegaard delta and what it was taken over."""

    value: float
    """Per cent of rate, or units of the metric."""
    overlap: tuple[float, float]
    """The interval that both curves cover: of quality for `bd_rate`, of kbit/s for `bd_quality`."""
    share: float
    """Share of the shorter curve's own interval that this is (of the logarithm for rates): 1 where it lies within."""


def bd_rate(anchor: RateQuality, test: RateQuality, *, better: Better = "higher") -> Delta:
    """The rate that `test` needs more than `anchor` at equal quality, in per cent; negative: it needs less.

    The mean difference of log10 rate over the qualities that both reach (VCEG-M33, `10^mean - 1`).

    Args:
        anchor: the curve to compare with.
        test: the curve compared.
        better: which way the metric is better.

    Raises:
        UndefinedScore: a curve has under three points that gain quality by rate, or they share no quality.
        InputError: rates and qualities are not equally many, or a rate is not positive.
    """
    sign = 1.0 if better == "higher" else -1.0
    first, second = (rising(curve, better=better) for curve in (anchor, test))
    mean, low, high, share = _mean_difference(first[::-1], second[::-1], "quality")
    ends = sorted((sign * low, sign * high))
    return Delta(100 * (10**mean - 1), (ends[0], ends[1]), share)


def bd_quality(anchor: RateQuality, test: RateQuality, *, better: Better = "higher") -> Delta:
    """The quality of `test` less that of `anchor` at equal rate, in units of the metric.

    The mean difference over the logarithm of the rates that both cover. For a metric where lower is better the
    sign is the metric's own: negative says that `test` is better.

    Args:
        anchor: the curve to compare with.
        test: the curve compared.
        better: which way the metric is better.

    Raises:
        UndefinedScore: a curve has under three points that gain quality by rate, or they share no rate.
        InputError: rates and qualities are not equally many, or a rate is not positive.
    """
    sign = 1.0 if better == "higher" else -1.0
    first, second = (rising(curve, better=better) for curve in (anchor, test))
    mean, low, high, share = _mean_difference(first, second, "rate")
    return Delta(sign * mean, (10**low, 10**high), share)


def rising(curve: RateQuality, *, better: Better = "higher") -> NDArray[np.float64]:
    """log10 of the rate and quality of a curve, `[2, points]`, both strictly ascending.

    Points without finite quality are left out, and so is every point that costs at least as much as another and is
    no better than it. Where lower is better, the quality is negated.

    Raises:
        UndefinedScore: fewer than three points are left.
        InputError: rates and qualities are not equally many, or a rate is not positive.
    """
    rates, qualities = (np.asarray(axis, np.float64).ravel() for axis in curve)
    if len(rates) != len(qualities):
        raise InputError(f"a curve has {len(rates)} rates but {len(qualities)} qualities")
    finite = np.isfinite(rates) & np.isfinite(qualities)
    rates, qualities = rates[finite], qualities[finite] * (1.0 if better == "higher" else -1.0)
    if not (rates > 0).all():
        raise InputError(f"rates must be positive, got {rates.min()} kbit/s")
    order = np.lexsort((-qualities, rates))
    rates, qualities = rates[order], qualities[order]
    best_before = np.concatenate(([-np.inf], np.maximum.accumulate(qualities)[:-1]))[: len(qualities)]
    gained = qualities > best_before
    if gained.sum() < FEWEST_POINTS:
        raise UndefinedScore(f"fewer than {FEWEST_POINTS} points gain quality by rate")
    return np.stack([np.log10(rates[gained]), qualities[gained]])


def rank_correlation(first: ArrayLike, second: ArrayLike) -> float:
    """Spearman's rank correlation of two equally long lists, -1 to 1; ranks of equal values are averaged.

    Pairs of which one is NaN are left out; infinite values have ranks like any other.

    Raises:
        InputError: the lists are not equally long.
        UndefinedScore: fewer than three pairs are left, or one list has a single value only.

    Example:
        >>> rank_correlation([1, 2, 3, 4], [0.1, 10, 100, math.inf])
        1.0
    """
    pair = np.asarray(first, np.float64).ravel(), np.asarray(second, np.float64).ravel()
    if len(pair[0]) != len(pair[1]):
        raise InputError(f"lists that are correlated must be equally long, got {len(pair[0])} and {len(pair[1])}")
    defined = ~np.isnan(pair[0]) & ~np.isnan(pair[1])
    if defined.sum() < FEWEST_POINTS:
        raise UndefinedScore(f"fewer than {FEWEST_POINTS} pairs are defined")
    ranks = [_ranks(values[defined]) for values in pair]
    x, y = (values - values.mean() for values in ranks)
    spread = math.sqrt(float(np.sum(x**2)) * float(np.sum(y**2)))
    if spread == 0:
        raise UndefinedScore("all values of a list are equal")
    return float(np.clip(np.sum(x * y) / spread, -1, 1))


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rank of each value from 0, that of equal ones their mean."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts + 1) / 2)[places])


def _mean_difference(
    anchor: NDArray[np.float64], test: NDArray[np.float64], shared: str
) -> tuple[float, float, float, float]:
    """Mean of test less anchor over the abscissae `[0]` that both cover; the ends of these, and their share."""
    from scipy.interpolate import PchipInterpolator

    low, high = max(anchor[0, 0], test[0, 0]), min(anchor[0, -1], test[0, -1])
    if not low < high:
        raise UndefinedScore(f"the two curves have no {shared} in common")
    areas = [float(PchipInterpolator(*curve).integrate(low, high)) for curve in (anchor, test)]
    shorter = min(curve[0, -1] - curve[0, 0] for curve in (anchor, test))
    return (areas[1] - areas[0]) / float(high - low), float(low), float(high), float((high - low) / shorter)
