"""Curves: where lines lie, what axes and legend say, and names that mean harm."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ligeia.errors import InputError
from ligeia.plots.curves import (
    MOST_MARKERS,
    Curve,
    Panel,
    Point,
    has_points,
    plot_lines,
    plot_panels,
    plot_rate_distortion,
)
from ligeia.plots.style import render, save_figure, styles


def test_series_are_lines_in_order_of_x() -> None:
    series = {"one": [(2, 20.0), (1, 10.0)], "none": [], "_$x": [(1, 1.0)]}
    figure = plot_lines(series, x="steps", y="loss", log="xy")
    (axes,) = figure.axes
    first, _, last = axes.get_lines()
    assert first.get_xdata().tolist() == [1, 2]
    assert first.get_ydata().tolist() == [10, 20]
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["one", "none", "_$x"]
    assert first.get_color() != last.get_color()
    assert first.get_marker() != last.get_marker()
    render(figure, "png")


@pytest.mark.parametrize(
    ("values", "named"),
    [((8, 16, 32), ["8", "16", "32"]), (range(1, 40), None), ((0, 1), None), ((1, 1000), None)],
)
def test_a_logarithmic_axis_names_its_values_where_they_are_few(values, named) -> None:
    (axes,) = plot_lines({"one": [(x, 1.0) for x in values]}, x="ratio", y="", log="x").axes
    assert ([text.get_text() for text in axes.get_xticklabels()] == named) == (named is not None)


def test_a_short_logarithmic_axis_is_marked_in_plain_numbers() -> None:
    figure = plot_lines({"one": [(37, 1.0), (41, 1.0), (241, 1.0)]}, x="numbers", y="", log="x")
    render(figure, "png")
    low, high = figure.axes[0].get_xlim()
    shown = [tick.label1.get_text() for tick in figure.axes[0].xaxis.get_major_ticks() if low <= tick.get_loc() <= high]
    assert shown == ["50", "100", "200"]


def test_many_series_can_be_told_apart() -> None:
    figure = plot_lines({f"series {k}": [(1, k)] for k in range(20)}, x="", y="")
    looks = {(line.get_color(), line.get_marker()) for line in figure.axes[0].get_lines()}
    assert len(looks) == 20


def test_long_series_have_markers_too_where_there_are_several() -> None:
    steps = [(step, 1.0) for step in range(10 * MOST_MARKERS)]
    lines = plot_lines({f"series {k}": steps for k in range(12)}, x="", y="").axes[0].get_lines()
    looks = {(line.get_color(), line.get_marker(), str(line._dash_pattern)) for line in lines}
    assert len(looks) == 12
    assert all(line.get_marker() != "None" and line.get_markevery()[1] > 50 for line in lines)
    assert {line.get_linestyle() for line in lines} == {"-", "--"}
    assert len({line.get_markevery()[0] for line in lines[:5]}) == 5, "markers of neighbours do not lie on each other"


def test_a_scatter_has_no_lines_and_a_training_curve_no_markers() -> None:
    (scatter,) = plot_lines({"one": [(1, 2.0)]}, x="", y="", joined=False).axes[0].get_lines()
    assert scatter.get_linestyle() == "None"
    steps = [(step, 1.0) for step in range(MOST_MARKERS + 1)]
    (curve,) = plot_lines({"loss": steps}, x="step", y="loss").axes[0].get_lines()
    assert (curve.get_linestyle(), curve.get_marker()) == ("-", "none")


def test_no_points() -> None:
    with pytest.raises(InputError, match="no points"):
        plot_lines({"one": []}, x="", y="")


def point(kbps: float, quality: float, reach: float = 1.0, partial: bool = False) -> Point:
    return Point(kbps=kbps, quality=quality, low=quality - reach, high=quality + reach, partial=partial)


EXACT = Curve("flac", (point(349.6, math.inf), point(360, math.inf)), lossless=True)
CURVES = [
    Curve("opus", (point(8, 10), point(16, 14, partial=True), point(32, 18))),
    Curve("coin", (point(20, 7),)),
    EXACT,
]


def drawn(curves: list[Curve], title: str = "speech: snr", label: str = "snr in dB") -> Any:
    figure = plot_rate_distortion(curves, title=title, quality_label=label)
    (axes,) = figure.axes
    return figure, axes


def test_what_has_no_place_is_not_drawn() -> None:
    odd = Curve("odd", (point(math.nan, 1), point(8, math.nan), point(0, 1), point(9, math.inf), point(10, 5)))
    assert [one.kbps for one in odd.drawn] == [10]
    assert [one.kbps for one in EXACT.drawn] == [349.6, 360]


def test_labels() -> None:
    assert CURVES[0].label == "opus"
    assert replace(CURVES[0], name="Opus").label == "Opus"
    assert replace(EXACT, name="FLAC").label == "FLAC 350–360 kbps, lossless"
    assert EXACT.label == "flac 350–360 kbps, lossless"
    assert Curve("flac", EXACT.points[:1], lossless=True).label == "flac 350 kbps, lossless"
    assert Curve("flac", (), lossless=True).label == "flac"


@pytest.mark.parametrize("curves", [[], [EXACT], [Curve("odd", (point(8, math.inf),))]])
def test_nothing_to_draw_is_refused(curves: list[Curve]) -> None:
    assert not has_points(curves)
    with pytest.raises(InputError, match="no point"):
        drawn(curves)


def test_curves_lie_where_they_should() -> None:
    _, axes = drawn(CURVES)
    assert axes.get_xscale() == "log"
    assert (axes.get_title(), axes.get_ylabel()) == ("speech: snr", "snr in dB")
    line = next(one for one in axes.lines if len(one.get_xdata()) == 3 and one.get_linestyle() == "-")
    assert list(line.get_xdata()) == [8, 16, 32]
    assert list(line.get_ydata()) == [10, 14, 18]
    assert line.get_color() == styles(["opus"])["opus"].colour
    hollow = next(one for one in axes.lines if one.get_markerfacecolor() == "white" and list(one.get_xdata()) == [16])
    assert hollow.get_linestyle() == "None"
    bars = [[list(end) for end in one.get_segments()[0]] for one in axes.collections]
    assert [[8, 9], [8, 11]] in bars


def test_a_single_point_has_no_line_and_a_lossless_codec_is_a_line() -> None:
    _, axes = drawn(CURVES)
    alone = next(one for one in axes.lines if list(one.get_xdata()) == [20])
    assert alone.get_linestyle() == "None"
    upright = [one.get_xdata()[0] for one in axes.lines if len(set(one.get_xdata())) == 1 and one.get_ydata()[-1] == 1]
    assert {349.6, 360} <= set(upright)


def test_legend_names_all_families_in_the_order_given() -> None:
    figure, _ = drawn([EXACT, *CURVES[:2], Curve("silent", (point(8, math.nan),))])
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["flac 350–360 kbps, lossless", "opus", "coin"]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (6.5, 120, ["8", "16", "32", "64"]),
        (22, 40, ["24", "32"]),
        (6, 31, ["6", "8", "12", "16", "24"]),
        (0.3, 1.3, ["0.375", "0.5", "0.75", "1"]),
    ],
)
def test_rates_are_named_at_powers_of_two(low: float, high: float, expected: list[str]) -> None:
    figure, axes = drawn([Curve("opus", (point(low, 1), point(high, 2)))])
    render(figure, "svg")
    ends = axes.get_xlim()
    labels = [label.get_text() for label in axes.get_xticklabels() if ends[0] <= label.get_position()[0] <= ends[1]]
    assert set(expected) <= set(labels)
    assert len(labels) <= 12


def test_limits_hold_everything_with_a_margin() -> None:
    _, axes = drawn(CURVES)
    (low, high), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    assert low < 8 < 360 < high
    assert bottom < 6 < 19 < top
    assert (top - bottom) / 13 == pytest.approx(1.12)


def test_limits_of_a_single_point() -> None:
    _, axes = drawn([Curve("coin", (point(32, 0.0, reach=0),))])
    low, high = axes.get_xlim()
    assert low < 32 < high
    assert high / low >= 2
    assert axes.get_ylim() == pytest.approx((-0.56, 0.56))


def test_tiny_values_get_an_axis_of_their_size() -> None:
    _, axes = drawn([Curve("coin", (point(8, 4e-6, reach=0), point(16, 1e-6, reach=0)))])
    bottom, top = axes.get_ylim()
    assert 0 < bottom < top < 5e-6


def test_infinite_intervals_end_at_the_edge() -> None:
    wild = Curve("wild", (Point(kbps=8, quality=5, low=-math.inf, high=math.inf), point(16, 6, reach=0)))
    figure, axes = drawn([wild])
    render(figure, "svg")
    assert axes.get_ylim() == pytest.approx((4.94, 6.06))
    assert [end[1] for end in axes.collections[0].get_segments()[0]] == pytest.approx([4.94, 6.06])


def test_names_are_shown_as_they_are(tmp_path: Path) -> None:
    """Neither hidden, as matplotlib does with a leading `_`, nor typeset, which fails for these."""
    odd = [Curve("_hidden", (point(8, 1), point(16, 2))), Curve("$\\frac$ 5", (point(8, 2), point(16, 3)))]
    figure, _ = drawn(odd, title="$x_{", label="$y^")
    save_figure(figure, tmp_path / "a.png")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["_hidden", "$\\frac$ 5"]


def test_unspeakable_and_endless_names_can_be_drawn() -> None:
    odd = [Curve("\ud800\x00 \u202ea\nb", (point(8, 1), point(16, 2))), Curve("\u4e2d" * 200, (point(8, 2),))]
    figure, _ = drawn(odd, title="x" * 1000)
    render(figure, "svg")
    render(figure, "png")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a b", "\u4e2d" * 35 + "…"]


def test_given_styles_are_used() -> None:
    looks = styles(["aac", "b", "c", "coin", "opus", "flac"])
    (axes,) = plot_rate_distortion(CURVES[:2], title="", quality_label="", styles=looks).axes
    assert looks["coin"].colour in {line.get_color() for line in axes.lines}


def test_panels_share_a_legend_and_have_no_intervals():
    points = tuple(Point(kbps=rate, quality=rate / 8, low=0.0, high=9.0) for rate in (8.0, 16.0))
    panels = [Panel(f"clips {n}", "MOS", (Curve("opus", points), Curve(f"new {n}", points))) for n in range(3)]
    figure = plot_panels(panels)
    drawn = [axes for axes in figure.axes if axes.get_title()]
    assert [axes.get_title() for axes in drawn] == ["clips 0", "clips 1", "clips 2"]
    assert not [container for axes in drawn for container in axes.containers]
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["opus", "new 0", "new 1", "new 2"]
    with pytest.raises(InputError):
        plot_panels([Panel("empty", "MOS", ())])
