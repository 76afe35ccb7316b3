"""."""

import math
from itertools import permutations

import numpy as np
import pytest

from ligeia.errors import InputError, UndefinedScore
from ligeia.records.statistics import (
    RateQuality,
    bd_quality,
    bd_rate,
    median,
    median_interval,
    rank_correlation,
    rising,
    summary,
)

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


RATES = np.array([8.0, 16.0, 32.0, 64.0, 128.0])
QUALITIES = np.array([5.0, 9.0, 14.0, 17.0, 19.0])
CURVE = (RATES, QUALITIES)

# The examples of github.com/FAU-LMS/bjontegaard (measured with ffmpeg and libx265) and of VCEG's sheets. The values
# were computed with the package bjontegaard 1.3.0 (method "pchip", and "cubic", the plain fit of VCEG-M33); its
# authors checked "pchip" against the sheet of the VTM test conditions (JVET-T2010) to ten decimals.
X265 = (
    ([9487.76, 4593.60, 2486.44, 1358.24], [40.037, 38.615, 36.845, 34.851]),
    ([9787.80, 4469.00, 2451.52, 1356.24], [40.121, 38.651, 36.970, 34.987]),
)
VCEG = (
    ([686.76, 309.58, 157.11, 85.95], [40.28, 37.18, 34.24, 31.42]),
    ([893.34, 407.8, 204.93, 112.75], [40.39, 37.21, 34.17, 31.24]),
)


@pytest.mark.parametrize(
    ("pair", "rate", "quality"),
    [
        (X265, -4.417485350589045, 0.11969278542479489),
        (VCEG, 31.379878202397627, -1.1834724046224592),
    ],
)
def test_published_examples(pair: tuple[RateQuality, RateQuality], rate: float, quality: float) -> None:
    assert bd_rate(*pair).value == pytest.approx(rate, abs=1e-9)
    assert bd_quality(*pair).value == pytest.approx(quality, abs=1e-9)


@pytest.mark.parametrize("pair", [X265, VCEG])
def test_close_to_the_plain_cubic_of_the_paper(pair: tuple[RateQuality, RateQuality]) -> None:
    """For well-behaved curves of four points the two interpolations differ by hundredths of a per cent."""
    assert bd_rate(*pair).value == pytest.approx(plain_cubic_rate(*pair), abs=0.05)


def plain_cubic_rate(anchor: RateQuality, test: RateQuality) -> float:
    """VCEG-M33 as it stands: a cubic through log10 rate over quality, for each curve."""
    (rates, others), (qualities, reached) = (np.asarray(pair, np.float64) for pair in zip(anchor, test, strict=True))
    pairs = ((rates, qualities), (others, reached))
    fits = [np.polynomial.Polynomial.fit(quality, np.log10(rate), 3).integ() for rate, quality in pairs]
    low, high = max(qualities.min(), reached.min()), min(qualities.max(), reached.max())
    areas = [fit(high) - fit(low) for fit in fits]
    return float(100 * (10 ** ((areas[1] - areas[0]) / (high - low)) - 1))


def test_identical_curves_differ_by_nothing() -> None:
    assert bd_rate(CURVE, CURVE) == (0, (5, 19), 1)
    value, overlap, share = bd_quality(CURVE, CURVE)
    assert (value, share) == (0, 1)
    assert overlap == pytest.approx((8, 128))


@pytest.mark.parametrize("factor", [0.5, 0.1, 3.0])
def test_a_constant_factor_of_rate(factor: float) -> None:
    found = bd_rate(CURVE, (factor * RATES, QUALITIES))
    assert found.value == pytest.approx(100 * (factor - 1), rel=1e-12)
    assert found.overlap == (5, 19)


def test_a_constant_difference_of_quality() -> None:
    found = bd_quality(CURVE, (RATES, QUALITIES + 1))
    assert found.value == pytest.approx(1, rel=1e-12)
    assert found.overlap == pytest.approx((8, 128))


def test_a_law_is_found_from_other_points() -> None:
    """6 dB an octave, 3 dB apart: half an octave of rate, though the curves have no rate in common."""
    rates, others = np.array([8, 16, 32, 64]), np.array([10, 20, 40, 80, 100])
    test = (others, 6 * np.log2(others) + 3)
    anchor = (rates, 6 * np.log2(rates))
    assert bd_rate(anchor, test).value == pytest.approx(100 * (2**-0.5 - 1))
    assert bd_quality(anchor, test).value == pytest.approx(3)
    found = bd_rate(anchor, test)
    assert found.overlap == pytest.approx((6 * math.log2(10) + 3, 36))
    assert found.share == pytest.approx((36 - 6 * math.log2(10) - 3) / 18)


def test_swapping_the_curves_inverts_the_factor() -> None:
    test = (RATES * 1.3, QUALITIES + np.linspace(0, 2, 5))
    there, back = bd_rate(CURVE, test).value, bd_rate(test, CURVE).value
    assert (1 + there / 100) * (1 + back / 100) == pytest.approx(1)
    assert bd_quality(CURVE, test).value == pytest.approx(-bd_quality(test, CURVE).value)


def test_order_of_points_does_not_matter() -> None:
    test = (RATES * 1.3, QUALITIES + 0.5)
    for order in list(permutations(range(5)))[::17]:
        shuffled = (RATES[list(order)], QUALITIES[list(order)])
        assert bd_rate(shuffled, test) == bd_rate(CURVE, test)


def test_lower_may_be_better() -> None:
    halved = bd_rate((RATES, -QUALITIES), (RATES / 2, -QUALITIES), better="lower")
    assert halved.value == pytest.approx(-50)
    assert halved.overlap == (-19, -5)
    better = bd_quality((RATES, -QUALITIES), (RATES, -QUALITIES - 1), better="lower")
    assert better.value == pytest.approx(-1)  # in the metric's own direction: one lower


def test_points_that_gain_nothing_are_dropped() -> None:
    rates = [8, 16, 16, 20, 32, 48, 64, 128, 100]
    qualities = [5, 9, 8, 8.5, 14, 14, 17, 19, np.inf]
    np.testing.assert_allclose(rising((rates, qualities)), [np.log10(RATES), QUALITIES])
    assert bd_rate(CURVE, (rates, qualities)).value == pytest.approx(0)


def test_undefined_points_are_dropped() -> None:
    rates, qualities = [*RATES, 10.0, np.nan], [*QUALITIES, np.nan, 12.0]
    assert bd_rate(CURVE, (rates, qualities)).value == pytest.approx(0)


@pytest.mark.parametrize(
    "curve",
    [
        ([8, 16], [5, 9]),
        ([], []),
        ([8, 16, 32], [9, 9, 9]),
        ([8, 16, 32, 64], [9, 8, 7, 6]),
        ([8, 16, 32], [np.inf, np.inf, 9]),
    ],
)
def test_too_few_points(curve: RateQuality) -> None:
    with pytest.raises(UndefinedScore, match="fewer than 3 points"):
        bd_rate(CURVE, curve)
    with pytest.raises(UndefinedScore, match="fewer than 3 points"):
        bd_quality(curve, CURVE)


def test_curves_without_common_ground() -> None:
    with pytest.raises(UndefinedScore, match="no quality in common"):
        bd_rate(CURVE, (RATES, QUALITIES + 14))  # they touch at 19
    with pytest.raises(UndefinedScore, match="no rate in common"):
        bd_quality(CURVE, (RATES * 100, QUALITIES))


def test_unusable_curves_are_refused() -> None:
    with pytest.raises(InputError, match="5 rates but 4"):
        bd_rate(CURVE, (RATES, QUALITIES[:4]))
    with pytest.raises(InputError, match=r"positive, got -1\.0"):
        bd_rate(CURVE, ([-1, 2, 3], [1, 2, 3]))


# --- rank correlation ------------------------------------------------------------------------------------


@pytest.mark.parametrize("levels", [3, 5, 100])
def test_rank_correlation_equals_scipy(levels: int) -> None:
    from scipy.stats import spearmanr

    random = np.random.default_rng(levels)
    x, y = random.integers(0, levels, (2, 40))  # few levels: many ties
    assert rank_correlation(x, y + 0.5 * x) == pytest.approx(spearmanr(x, y + 0.5 * x).statistic, abs=1e-12)


def test_rank_correlation_by_hand() -> None:
    # 1 - 6 sum d^2 / (n (n^2 - 1)) with d = 0, 1, 1, 0.
    assert rank_correlation([1, 2, 3, 4], [10, 30, 20, 40]) == pytest.approx(1 - 6 * 2 / (4 * 15))
    assert rank_correlation([1, 2, 3], [INF, 0, -INF]) == -1
    assert rank_correlation([1, 2, NAN, 3, 4], [1, 2, 0, 3, NAN]) == 1


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [([1, 2], [1, 2], "fewer than 3"), ([1, 2, NAN], [1, 2, 3], "fewer than 3"), ([1, 2, 3], [5, 5, 5], "are equal")],
)
def test_too_little_has_no_rank_correlation(first: list[float], second: list[float], reason: str) -> None:
    with pytest.raises(UndefinedScore, match=reason):
        rank_correlation(first, second)
    with pytest.raises(InputError, match="equally long, got 2 and 3"):
        rank_correlation([1, 2], [1, 2, 3])
