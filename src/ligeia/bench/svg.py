"""One chart as inline SVG: shapes and text only; colours come from the classes `f0`, `f1`, … of the page.

A marker is drawn by reference: the page holds the shapes once (`marker_definitions`).
"""

import html
import math
from collections.abc import Mapping

from ligeia.bench.document import Chart
from ligeia.plots.curves import (
    Curve,
    Limits,
    Point,
    quality_limits,
    quality_ticks,
    rate_label,
    rate_limits,
    rate_ticks,
    tick_labels,
)
from ligeia.plots.palette import Style, outline
from ligeia.records.tables import printable

WIDTH, HEIGHT = 640, 400
LEFT, RIGHT, TOP, BOTTOM = 70, 14, 12, 48
"""Room for the axes, in the units of the picture."""
RADIUS, CAP, REACH = 4.6, 3.0, 9.0
"""Of a marker, of the ends of an interval, and of the disc around a point that shows its text."""


class Frame:
    """Where values lie in the picture."""

    def __init__(self, chart: Chart) -> None:
        self.rates: Limits = rate_limits(chart.curves)
        self.qualities: Limits = quality_limits(chart.curves)

    def x(self, kbps: float) -> float:
        """Place of a rate in kbit/s, from the left."""
        low, high = map(math.log, self.rates)
        return LEFT + (math.log(kbps) - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def y(self, quality: float) -> float:
        """Place of a quality, from the top; what lies outside is put on the edge."""
        low, high = self.qualities
        share = (min(max(quality, low), high) - low) / (high - low)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def text(said: str) -> str:
    """Text for HTML and SVG: shown as it is, on one line, in content and in attributes in double quotes."""
    return html.escape(printable(said), quote=True)


def picture(chart: Chart, places: Mapping[str, int]) -> str:
    """The chart as an `<svg>` element; `places` numbers the families, for their classes.

    Raises:
        ValueError: there is nothing to draw.
    """
    frame = Frame(chart)
    ordered = sorted(chart.curves, key=lambda curve: not curve.lossless)
    drawn = "".join(_curve(curve, frame, places[curve.family]) for curve in ordered)
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{text(chart.title)}">'
        f"{_rate_axis(frame)}{_quality_axis(frame, chart.label)}{drawn}</svg>\n"
    )


def legend(chart: Chart, places: Mapping[str, int]) -> str:
    """The families of the chart with their markers, as a list."""
    entries = (_entry(curve, places[curve.family]) for curve in chart.curves if curve.drawn)
    return f'<ul class="legend">{"".join(entries)}</ul>\n'


def marker_definitions(styles: Mapping[str, Style], places: Mapping[str, int]) -> str:
    """The shapes of all markers, to stand once in the page before any picture."""
    shapes = (f'<path id="m{places[name]}" d="{_shape(style.marker)}"/>' for name, style in styles.items())
    return f'<svg class="defs" aria-hidden="true"><defs>{"".join(shapes)}</defs></svg>\n'


def _shape(marker: str) -> str:
    corners = (f"{RADIUS * x:.2f} {-RADIUS * y:.2f}" for x, y in outline(marker))
    return f"M{'L'.join(corners)}Z"


def _rate_axis(frame: Frame) -> str:
    bottom = HEIGHT - BOTTOM
    parts = [f'<g class="axis x"><path class="base" d="M{LEFT} {bottom}H{WIDTH - RIGHT}"/>']
    for rate in rate_ticks(frame.rates):
        x = frame.x(rate)
        parts.append(f'<path class="grid" d="M{x:.1f} {TOP}V{bottom}"/>')
        parts.append(f'<text x="{x:.1f}" y="{bottom + 18}">{rate_label(rate)}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    return "".join(parts) + f'<text x="{middle}" y="{HEIGHT - 8}">rate in kbit/s (logarithmic)</text></g>'


def _quality_axis(frame: Frame, label: str) -> str:
    parts = ['<g class="axis y">']
    ticks = quality_ticks(frame.qualities)
    for tick, name in zip(ticks, tick_labels(ticks), strict=True):
        y = frame.y(tick)
        parts.append(f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}">{name}</text>')
    middle = (TOP + HEIGHT - BOTTOM) / 2
    turned = f'<text class="turned" transform="translate(14 {middle})rotate(-90)">{text(label)}</text>'
    return "".join(parts) + f"{turned}</g>"


def _curve(curve: Curve, frame: Frame, place: int) -> str:
    if curve.lossless:
        inside = "".join(_lossless(point, frame) for point in curve.drawn)
    else:
        bars = "".join(_bar(point, frame) for point in curve.drawn)
        inside = bars + _line(curve, frame) + "".join(_marked(point, frame, place) for point in curve.drawn)
    return f'<g class="curve f{place}">{inside}</g>'


def _line(curve: Curve, frame: Frame) -> str:
    places = [f"{frame.x(point.kbps):.1f} {frame.y(point.quality):.1f}" for point in curve.drawn]
    return f'<path class="line" d="M{"L".join(places)}"/>' if len(places) > 1 else ""


def _bar(point: Point, frame: Frame) -> str:
    """The interval; nothing where it is too short to be seen."""
    x, low, high = frame.x(point.kbps), frame.y(point.low), frame.y(point.high)
    ends = "".join(f"M{x - CAP:.1f} {end:.1f}h{2 * CAP:g}" for end in (low, high))
    return f'<path class="bar" d="M{x:.1f} {low:.1f}V{high:.1f}{ends}"/>' if low - high >= 1 else ""


def _marked(point: Point, frame: Frame, place: int) -> str:
    x, y = f"{frame.x(point.kbps):.1f}", f"{frame.y(point.quality):.1f}"
    kind = "point partial" if point.partial else "point"
    disc = f'<circle class="reach" cx="{x}" cy="{y}" r="{REACH:g}"/>'
    return f'<g class="{kind}">{_title(point)}{disc}<use href="#m{place}" x="{x}" y="{y}"/></g>'


def _lossless(point: Point, frame: Frame) -> str:
    path = f"M{frame.x(point.kbps):.1f} {TOP}V{HEIGHT - BOTTOM}"
    return f'<g class="point">{_title(point)}<path class="reach" d="{path}"/><path class="lossless" d="{path}"/></g>'


def _title(point: Point) -> str:
    return f"<title>{'&#10;'.join(text(line) for line in point.text.splitlines())}</title>"


def _entry(curve: Curve, place: int) -> str:
    sample = '<path class="lossless" d="M14 0V16"/>'
    if not curve.lossless:
        line = '<path class="line" d="M0 8H28"/>' if len(curve.drawn) > 1 else ""
        sample = f'{line}<use href="#m{place}" x="14" y="8"/>'
    return (
        f'<li><svg class="curve f{place}" viewBox="0 0 28 16" aria-hidden="true">{sample}</svg>{text(curve.label)}</li>'
    )
