import math

import pytest

from ligeia.plots.curves import (
    Curve,
    Point,
    has_points,
    quality_limits,
    quality_ticks,
    rate_label,
    rate_limits,
    rate_ticks,
    tick_labels,
)


def point(kbps: float, quality: float, reach: float = 0.0) -> Point:
    return Point(kbps=kbps, quality=quality, low=quality - reach, high=quality + reach)


LOSSY = Curve("opus", (point(8, 10, 1), point(64, 20, 2)))
EXACT = Curve("flac", (point(349.6, math.inf), point(401, math.inf)), lossless=True)


def test_what_has_no_place_is_not_drawn() -> None:
    odd = Curve("odd", (point(math.nan, 1), point(8, math.nan), point(0, 1), point(9, math.inf), point(10, 5)))
    assert [one.kbps for one in odd.drawn] == [10]
    assert [one.kbps for one in EXACT.drawn] == [349.6, 401]


def test_labels() -> None:
    assert LOSSY.label == "opus"
    assert EXACT.label == "flac 350–401 kbps, lossless"
    assert Curve("flac", EXACT.points[:1], lossless=True).label == "flac 350 kbps, lossless"
    assert Curve("flac", (), lossless=True).label == "flac"


def test_lossless_rates_alone_make_no_picture() -> None:
    assert has_points([LOSSY, EXACT])
    assert not has_points([EXACT])
    assert not has_points([Curve("odd", (point(8, math.inf),))])


def test_limits_hold_everything_with_a_margin() -> None:
    low, high = rate_limits([LOSSY, EXACT])
    assert low < 8 < 401 < high
    bottom, top = quality_limits([LOSSY, EXACT])
    assert bottom < 9 < 22 < top
    assert (top - bottom) / 13 == pytest.approx(1.12)


def test_limits_of_a_single_point() -> None:
    alone = Curve("coin", (point(32, 0.0),))
    low, high = rate_limits([alone])
    assert low < 32 < high
    assert high / low >= 2
    assert quality_limits([alone]) == pytest.approx((-0.56, 0.56))
    assert tick_labels(quality_ticks(quality_limits([Curve("coin", (point(32, 1e-7),))]))) != []


def test_tiny_values_get_an_axis_of_their_size() -> None:
    bottom, top = quality_limits([Curve("coin", (point(8, 4e-6), point(16, 1e-6)))])
    assert 0 < bottom < top < 5e-6


def test_infinite_interval_ends_do_not_count() -> None:
    wild = Point(kbps=8, quality=5, low=-math.inf, high=math.inf)
    assert quality_limits([Curve("wild", (wild, point(16, 6)))]) == pytest.approx((4.94, 6.06))


@pytest.mark.parametrize(
    ("limits", "ticks"),
    [
        ((6, 130), [8, 16, 32, 64, 128]),
        ((1.4, 1500), [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]),
        ((20, 45), [24, 32]),
        ((5.5, 33), [6, 8, 12, 16, 24, 32]),
        ((0.1, 20000), [0.25, 1, 4, 16, 64, 256, 1024, 4096, 16384]),
    ],
)
def test_rates_are_named_at_powers_of_two(limits: tuple[float, float], ticks: list[float]) -> None:
    assert rate_ticks(limits) == ticks


@pytest.mark.parametrize("low", [0.6, 6.0, 600.0])
@pytest.mark.parametrize("octaves", [1.1, 2, 3, 3.9, 4.1, 6, 9, 13, 20])
def test_there_are_always_some_rates_but_not_many(low: float, octaves: float) -> None:
    assert 2 <= len(rate_ticks((low, low * 2**octaves))) <= 12


@pytest.mark.parametrize("size", [1e-7, 0.03, 1.0, 47.0, 9e5])
@pytest.mark.parametrize("start", [-0.7, 0.0, 3.3])
def test_qualities_are_named_at_round_values(size: float, start: float) -> None:
    limits = (start * size, (start + 1) * size)
    ticks = quality_ticks(limits)
    assert 3 <= len(ticks) <= 9
    assert limits[0] <= ticks[0] < ticks[-1] <= limits[1]
    assert len(set(tick_labels(ticks))) == len(ticks)


def test_tick_labels() -> None:
    assert tick_labels([0, 5, 10]) == ["0", "5", "10"]
    assert tick_labels([-0.2, -0.0, 0.2]) == ["−0.2", "0.0", "0.2"]
    assert tick_labels([0, 1e-6, 2e-6]) == ["0", "1e−6", "2e−6"]
    assert tick_labels([3.0]) == ["3"]
    assert tick_labels([]) == []


def test_rate_labels() -> None:
    assert [rate_label(rate) for rate in (0.25, 1.5, 64.0, 1024.0)] == ["0.25", "1.5", "64", "1024"]
