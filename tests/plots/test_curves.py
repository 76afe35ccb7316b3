"""."""

import math
from pathlib import Path
from typing import Any

import pytest

from ligeia.errors import InputError, MissingExtra
from ligeia.plots.curves import (
    Curve,
    Point,
    has_points,
    plot_lines,
    plot_rate_distortion,
    quality_limits,
    quality_ticks,
    rate_label,
    rate_limits,
    rate_ticks,
    tick_labels,
)
from ligeia.plots.style import save_figure, styles


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


def test_series_are_lines_in_order_of_x() -> None:
    figure = plot_lines({"one": [(2, 20.0), (1, 10.0)], "two": [(1, 1.0)]}, x="steps", y="loss", log="xy")
    (axes,) = figure.axes
    first, _ = axes.get_lines()
    assert first.get_xdata().tolist() == [1, 2]
    assert first.get_ydata().tolist() == [10, 20]
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["one", "two"]


def test_a_scatter_has_no_lines() -> None:
    (line,) = plot_lines({"one": [(1, 2.0)]}, x="", y="", joined=False).axes[0].get_lines()
    assert line.get_linestyle() == "None"


def test_nothing_to_draw() -> None:
    with pytest.raises(InputError, match="no points"):
        plot_lines({"one": []}, x="", y="")


def point_rate_distortion(kbps: float, quality: float, reach: float = 1.0, partial: bool = False) -> Point:
    return Point(kbps=kbps, quality=quality, low=quality - reach, high=quality + reach, partial=partial)


CURVES = [
    Curve(
        "opus",
        (point_rate_distortion(8, 10), point_rate_distortion(16, 14, partial=True), point_rate_distortion(32, 18)),
    ),
    Curve("coin", (point_rate_distortion(20, 7),)),
    Curve("flac", (point_rate_distortion(350, math.inf), point_rate_distortion(360, math.inf)), lossless=True),
]


def drawn(curves: list[Curve], title: str = "speech: snr", label: str = "snr in dB") -> Any:
    figure = plot_rate_distortion(curves, title=title, quality_label=label)
    (axes,) = figure.axes
    return figure, axes


def test_curves_lie_where_they_should() -> None:
    _, axes = drawn(CURVES)
    assert axes.get_xscale() == "log"
    assert (axes.get_title(), axes.get_ylabel()) == ("speech: snr", "snr in dB")
    line = next(one for one in axes.lines if len(one.get_xdata()) == 3 and one.get_linestyle() == "-")
    assert list(line.get_xdata()) == [8, 16, 32]
    assert list(line.get_ydata()) == [10, 14, 18]
    assert line.get_color() == styles(["opus"])["opus"].light
    hollow = next(one for one in axes.lines if one.get_markerfacecolor() == "white" and list(one.get_xdata()) == [16])
    assert hollow.get_linestyle() == "None"


def test_a_single_point_has_no_line_and_a_lossless_codec_is_a_line() -> None:
    _, axes = drawn(CURVES)
    alone = next(one for one in axes.lines if list(one.get_xdata()) == [20])
    assert alone.get_linestyle() == "None"
    upright = [one.get_xdata()[0] for one in axes.lines if len(set(one.get_xdata())) == 1 and one.get_ydata()[-1] == 1]
    assert {350, 360} <= set(upright)


def test_legend_names_all_families_in_the_order_given() -> None:
    figure, _ = drawn([*CURVES, Curve("silent", (point_rate_distortion(8, math.nan),))])
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["opus", "coin", "flac 350–360 kbps, lossless"]


def test_names_are_shown_as_they_are(tmp_path: Path) -> None:
    """Neither hidden, as matplotlib does with a leading `_`, nor typeset, which fails for these."""
    odd = [
        Curve("_hidden", (point_rate_distortion(8, 1), point_rate_distortion(16, 2))),
        Curve("$\\frac$ 5", (point_rate_distortion(8, 2), point_rate_distortion(16, 3))),
    ]
    figure, _ = drawn(odd, title="$x_{", label="$y^")
    save_figure(figure, tmp_path / "a.png")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["_hidden", "$\\frac$ 5"]


def test_unspeakable_and_endless_names_can_be_drawn(tmp_path: Path) -> None:
    odd = [
        Curve("\ud800\x00 \u202ea\nb", (point_rate_distortion(8, 1), point_rate_distortion(16, 2))),
        Curve("\u4e2d" * 200, (point_rate_distortion(8, 2),)),
    ]
    figure, _ = drawn(odd, title="x" * 1000)
    for ending in (".svg", ".png"):
        save_figure(figure, tmp_path / f"a{ending}")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a b", "\u4e2d" * 35 + "…"]


def test_infinite_intervals_end_at_the_edge(tmp_path: Path) -> None:
    wild = Curve("wild", (Point(kbps=8, quality=5, low=-math.inf, high=math.inf), point_rate_distortion(16, 8)))
    figure, axes = drawn([wild])
    save_figure(figure, tmp_path / "a.svg")
    assert axes.get_ylim()[0] > 4


def test_nothing_to_draw_is_refused() -> None:
    for curves in ([], CURVES[2:], [Curve("odd", (point_rate_distortion(8, math.inf),))]):
        with pytest.raises(InputError, match="no point_rate_distortion"):
            plot_rate_distortion(curves, title="", quality_label="")


def test_pictures_are_the_same_every_time(tmp_path: Path) -> None:
    for name in ("one", "two"):
        figure, _ = drawn(CURVES)
        for ending in (".svg", ".png"):
            save_figure(figure, tmp_path / f"{name}{ending}")
    for ending in (".svg", ".png"):
        assert (tmp_path / f"one{ending}").read_bytes() == (tmp_path / f"two{ending}").read_bytes()
    assert b"<dc:date>" not in (tmp_path / "one.svg").read_bytes()


def test_given_styles_are_used() -> None:
    looks = styles(["aac", "b", "c", "coin", "opus", "flac"])
    (axes,) = plot_rate_distortion(CURVES[:2], title="", quality_label="", styles=looks).axes
    assert looks["coin"].light in {line.get_color() for line in axes.lines}


@pytest.mark.usefixtures("no_matplotlib")
def test_without_matplotlib_the_extra_is_named() -> None:
    with pytest.raises(MissingExtra, match=r"ligeia\[plot\]"):
        plot_rate_distortion(CURVES, title="", quality_label="")
