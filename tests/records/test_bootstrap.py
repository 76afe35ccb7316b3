import math

import numpy as np
import pytest

from ligeia.errors import InputError
from ligeia.records.statistics import median, median_interval, summary

NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([3, 1, 2], 2),
        ([4, 1, 2, 3], 2.5),
        ([1, NAN, 3], 2),
        ([INF, INF], INF),
        ([1, INF], INF),
        ([-INF, -INF, 5], -INF),
        ([-INF, INF], -INF),
        ([1e308, 1.5e308], 1.25e308),
    ],
)
def test_median(values: list[float], expected: float) -> None:
    assert median(values) == expected


def test_nothing_has_no_median() -> None:
    assert math.isnan(median([]))
    assert all(math.isnan(number) for number in median_interval([NAN, NAN]))
    assert summary([NAN, NAN])[3:] == (0, 2)


def test_one_value_is_its_own_interval() -> None:
    assert median_interval([7.25]) == (7.25, 7.25, 7.25)


def test_undefined_values_are_dropped_and_counted() -> None:
    found = summary([1, NAN, 2, 3, NAN])
    assert found[:3] == median_interval([1, 2, 3])
    assert (found.defined, found.undefined) == (3, 2)


def test_infinite_values_are_values() -> None:
    assert median_interval([INF] * 5) == (INF, INF, INF)
    middle, low, high = median_interval([1, 2, 3, INF, INF])
    assert middle == 3
    assert low < 3
    assert high == INF
    assert median_interval([-INF, INF, 0])[0] == 0


def test_same_seed_same_interval_in_any_order() -> None:
    values = np.random.default_rng(1).normal(size=30)
    assert median_interval(values) == median_interval(values[::-1])
    assert median_interval(values, seed=1) != median_interval(values, seed=2)


def test_interval_is_that_of_the_textbook() -> None:
    """Resampling the values themselves, with numpy's median and percentiles, gives the same up to one rank."""
    values = np.sort(np.random.default_rng(2).normal(size=21))
    draws = np.median(values[np.random.default_rng(0).integers(21, size=(2000, 21))], axis=1)
    assert median_interval(values)[1:] == (
        np.quantile(draws, 0.025, method="lower"),
        np.quantile(draws, 0.975, method="higher"),
    )


def test_interval_covers_the_true_median_about_as_often_as_it_says() -> None:
    """200 samples of 25 from a normal distribution: 95 % nominal, 190 +- 3 standard deviations (3.1) by chance.

    The percentile bootstrap of a median is a little off for small samples; hence the further slack downwards.
    """
    random = np.random.default_rng(3)
    intervals = [median_interval(random.normal(size=25), resamples=500) for _ in range(200)]
    covered = sum(low <= 0 <= high for _, low, high in intervals)
    assert 176 <= covered <= 200


def test_a_higher_level_is_wider() -> None:
    values = np.random.default_rng(4).normal(size=20)
    (_, low, high), (_, lower, higher) = (median_interval(values, level=level) for level in (0.5, 0.99))
    assert lower < low < high < higher


@pytest.mark.parametrize("wrong", [{"level": 0.0}, {"level": 1.0}, {"resamples": 0}])
def test_impossible_settings_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match="between 0 and 1"):
        summary([1, 2], **wrong)  # type: ignore[arg-type]
