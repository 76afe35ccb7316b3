import itertools
import math
import re
from xml.etree import ElementTree

import pytest
from made_rows import HOSTILE

from ligeia.bench.report import Chart
from ligeia.bench.svg import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Frame, legend, marker_definitions, picture, text
from ligeia.plots.curves import Curve, Point
from ligeia.plots.style import MARKERS, styles


def point(kbps: float, quality: float, reach: float = 1.0, **more: object) -> Point:
    return Point(kbps=kbps, quality=quality, low=quality - reach, high=quality + reach, **more)  # type: ignore[arg-type]


CURVES = (
    Curve("opus", (point(8, 10, text="opus:8\n8 kbps"), point(32, 20, partial=True), point(64, math.inf))),
    Curve("coin", (point(16, 12, reach=0.0),)),
    Curve("flac", (point(350, math.inf),), lossless=True),
)
CHART = Chart("speech", "snr", "snr in dB (higher is better)", CURVES)
PLACES = {"opus": 0, "coin": 1, "flac": 2}


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def by_class(svg: str, name: str) -> list[ElementTree.Element]:
    return [one for one in parsed(svg).iter() if name in one.get("class", "").split()]


def test_points_lie_on_their_axes() -> None:
    frame = Frame(CHART)
    low, high = frame.rates
    assert frame.x(low) == pytest.approx(LEFT)
    assert frame.x(high) == pytest.approx(WIDTH - RIGHT)
    assert frame.x(math.sqrt(low * high)) == pytest.approx((LEFT + WIDTH - RIGHT) / 2)
    assert frame.y(frame.qualities[0]) == HEIGHT - BOTTOM
    assert frame.y(frame.qualities[1]) == TOP
    assert (frame.y(math.inf), frame.y(-math.inf)) == (TOP, HEIGHT - BOTTOM)


def test_every_finite_point_has_a_marker_and_every_family_its_class() -> None:
    svg = picture(CHART, PLACES)
    frame = Frame(CHART)
    uses = [(one.get("href"), one.get("x"), one.get("y")) for one in parsed(svg).iter() if one.tag == "use"]
    assert sorted(uses) == sorted(
        (f"#m{place}", f"{frame.x(rate):.1f}", f"{frame.y(quality):.1f}")
        for place, rate, quality in ((0, 8, 10), (0, 32, 20), (1, 16, 12))
    )
    assert [one.get("class") for one in by_class(svg, "curve")] == ["curve f2", "curve f0", "curve f1"]
    assert len(by_class(svg, "partial")) == 1


def test_a_single_point_has_no_line_and_a_sharp_one_no_bar() -> None:
    svg = picture(CHART, PLACES)
    assert len(by_class(svg, "line")) == 1
    assert len(by_class(svg, "bar")) == 2


def test_lossless_rates_are_upright_lines() -> None:
    (line,) = by_class(picture(CHART, PLACES), "lossless")
    assert line.get("d") == f"M{Frame(CHART).x(350):.1f} {TOP}V{HEIGHT - BOTTOM}"


def test_tooltips() -> None:
    titles = [one.text for one in parsed(picture(CHART, PLACES)).iter() if one.tag == "title"]
    assert "opus:8\n8 kbps" in titles


def test_axes_are_named() -> None:
    said = [one.text for one in parsed(picture(CHART, PLACES)).iter() if one.tag == "text"]
    assert {"rate in kbit/s (logarithmic)", "snr in dB (higher is better)", "8", "16", "256", "10"} <= set(said)


def test_axis_labels_do_not_overlap() -> None:
    wide = Chart("g", "m", "m", (Curve("a", (point(0.7, -1000.5), point(1900, 1234.5))),))
    for chart in (CHART, wide):
        labels = [one for one in parsed(picture(chart, {"a": 0, **PLACES})).iter() if one.tag == "text"]
        places = sorted(float(one.get("x", "0")) for one in labels if one.get("y") == f"{HEIGHT - BOTTOM + 18}")
        assert min(b - a for a, b in itertools.pairwise(places)) >= 40  # "16384" is 35 wide at 12 px


def test_hostile_names_stay_text() -> None:
    chart = Chart(HOSTILE, HOSTILE, HOSTILE, (Curve(HOSTILE, (point(8, 1, text=HOSTILE), point(9, 2))),))
    svg = picture(chart, {HOSTILE: 0}) + legend(chart, {HOSTILE: 0})
    tags = {one.tag for one in ElementTree.fromstring(f"<div>{svg}</div>").iter()}
    assert tags == {"div", "svg", "g", "path", "text", "title", "circle", "use", "ul", "li"}


def test_text_is_escaped() -> None:
    assert text("<a href=\"x\" id='y'>&\n") == "&lt;a href=&quot;x&quot; id=&#x27;y&#x27;&gt;&amp;"


def test_legend_lists_what_is_drawn() -> None:
    silent = Chart("g", "m", "m", (*CURVES, Curve("silent", ())))
    entries = re.findall(r"</svg>([^<]*)</li>", legend(silent, {**PLACES, "silent": 3}))
    assert entries == ["opus", "coin", "flac 350 kbps, lossless"]


def test_markers_are_defined_once() -> None:
    looks = styles(f"codec{number}" for number in range(len(MARKERS)))
    shapes = list(parsed(marker_definitions(looks, {name: n for n, name in enumerate(looks)})).iter("path"))
    assert [one.get("id") for one in shapes] == [f"m{number}" for number in range(len(MARKERS))]
    assert len({one.get("d") for one in shapes}) == len(MARKERS)
