"""Rate-distortion curves: where lines lie, what the legend says, and names that mean harm."""

import math
from pathlib import Path
from typing import Any

import pytest

from ligeia.errors import InputError, MissingExtra
from ligeia.plots.canvas import save_figure
from ligeia.plots.curves import Curve, Point
from ligeia.plots.palette import styles
from ligeia.plots.rate_distortion import plot_rate_distortion


def point(kbps: float, quality: float, reach: float = 1.0, partial: bool = False) -> Point:
    return Point(kbps=kbps, quality=quality, low=quality - reach, high=quality + reach, partial=partial)


CURVES = [
    Curve("opus", (point(8, 10), point(16, 14, partial=True), point(32, 18))),
    Curve("coin", (point(20, 7),)),
    Curve("flac", (point(350, math.inf), point(360, math.inf)), lossless=True),
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
    figure, _ = drawn([*CURVES, Curve("silent", (point(8, math.nan),))])
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["opus", "coin", "flac 350–360 kbps, lossless"]


def test_names_are_shown_as_they_are(tmp_path: Path) -> None:
    """Neither hidden, as matplotlib does with a leading `_`, nor typeset, which fails for these."""
    odd = [Curve("_hidden", (point(8, 1), point(16, 2))), Curve("$\\frac$ 5", (point(8, 2), point(16, 3)))]
    figure, _ = drawn(odd, title="$x_{", label="$y^")
    save_figure(figure, tmp_path / "a.png")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["_hidden", "$\\frac$ 5"]


def test_unspeakable_and_endless_names_can_be_drawn(tmp_path: Path) -> None:
    odd = [Curve("\ud800\x00 \u202ea\nb", (point(8, 1), point(16, 2))), Curve("\u4e2d" * 200, (point(8, 2),))]
    figure, _ = drawn(odd, title="x" * 1000)
    for ending in (".svg", ".png"):
        save_figure(figure, tmp_path / f"a{ending}")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a b", "\u4e2d" * 35 + "…"]


def test_infinite_intervals_end_at_the_edge(tmp_path: Path) -> None:
    wild = Curve("wild", (Point(kbps=8, quality=5, low=-math.inf, high=math.inf), point(16, 8)))
    figure, axes = drawn([wild])
    save_figure(figure, tmp_path / "a.svg")
    assert axes.get_ylim()[0] > 4


def test_nothing_to_draw_is_refused() -> None:
    for curves in ([], CURVES[2:], [Curve("odd", (point(8, math.inf),))]):
        with pytest.raises(InputError, match="no point"):
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
