"""Curves: values over a setting or over steps, and quality over rate with intervals."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from ligeia.errors import InputError
from ligeia.plots.style import GRID, Style, new_figure, one_line, style_at
from ligeia.plots.style import styles as default_styles

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

Points = Sequence[tuple[float, float]]
"""Points `(x, y)` of a series."""
MOST_MARKERS = 60
"""A joined series of more points, such as a training curve, is a line without markers, or with few among others."""
FEW_MARKERS = 8
"""Markers of such a line."""
MOST_TICKS = 8
"""A logarithmic axis of so many values at most is marked at these."""
LONGEST_LABEL = 36
"""Characters of a label in a legend, at most."""


def plot_lines(series: Mapping[str, Points], *, x: str, y: str, log: str = "", joined: bool = True) -> "Figure":
    """One figure of `series` (name to points).

    Points are joined in order of x, unless not `joined` (a scatter).

    Args:
        series: what is drawn, in the order of the legend.
        x: label of the horizontal axis.
        y: label of the vertical axis.
        log: names of the logarithmic axes: "", "x", "y" or "xy".
        joined: whether the points of a series are joined.

    Raises:
        InputError: there is nothing to draw.
        MissingExtra: matplotlib is not installed.
    """
    if not any(series.values()):
        raise InputError("there are no points to draw")
    figure = new_figure(7.6, 4.6)
    axes = figure.subplots()
    for place, points in enumerate(series.values()):
        xs, ys = zip(*sorted(points), strict=True) if points else ((), ())
        axes.plot(xs, ys, **_look(place, len(points), joined=joined, alone=len(series) == 1))
    for axis in log:
        getattr(axes, f"set_{axis}scale")("log")
    if "x" in log:
        _name_few(axes, sorted({x for points in series.values() for x, _ in points}))
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(which="both" if log else "major", **GRID)
    axes.set_axisbelow(True)
    if len(series) > 1:
        _legend(figure, list(zip(series, axes.get_lines(), strict=True)))
    return figure


def _look(place: int, points: int, *, joined: bool, alone: bool) -> dict[str, Any]:
    """Return the look of a series: of a long line among others some points are marked, not where its neighbours are."""
    style = style_at(place)
    look: dict[str, Any] = {"color": style.colour, "marker": style.marker, "markersize": 5, "alpha": 0.8}
    look["linestyle"] = style.stroke if joined else "none"
    if joined and points > MOST_MARKERS:
        step = points // FEW_MARKERS
        look |= {"marker": "none"} if alone else {"markevery": (place * step // 5 % step, step)}
    return look


def _name_few(axes: "Axes", values: list[float]) -> None:
    """Mark a logarithmic axis at the values themselves, where they are few and lie apart.

    Within two decades it is marked at 1, 2 and 5 in each else, and beyond at powers of ten.
    """
    from matplotlib.ticker import LogLocator, NullLocator

    if min(values) <= 0 or max(values) > 100 * min(values):
        return
    if len(values) <= MOST_TICKS and all(high >= 1.25 * low for low, high in pairwise(values)):
        axes.set_xticks(values)
    else:
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set(minor_locator=NullLocator(), major_formatter="{x:g}")


@dataclass(frozen=True, kw_only=True)
class Point:
    """One codec at one setting, over all clips of a group."""

    kbps: float
    """Rate in kbit/s."""
    quality: float
    """Median of the metric; infinite or NaN values are not drawn."""
    low: float
    """Lower end of the interval of that median."""
    high: float
    """Its upper end; both may be infinite."""
    partial: bool = False
    """True where it rests on fewer clips than the group has; its marker is then hollow."""


@dataclass(frozen=True)
class Curve:
    """All settings of one family."""

    family: str
    """The family, which gives the style."""
    points: tuple[Point, ...]
    """Points in order of the rate."""
    lossless: bool = False
    """True where only the rates count: vertical lines instead of points that lie at infinity."""
    name: str = ""
    """Name in the legend, if that is not the family."""

    @property
    def drawn(self) -> tuple[Point, ...]:
        """The points that have a place: a finite positive rate, and a finite quality unless lossless."""
        return tuple(
            point
            for point in self.points
            if math.isfinite(point.kbps) and point.kbps > 0 and (self.lossless or math.isfinite(point.quality))
        )

    @property
    def label(self) -> str:
        """The text in the legend: the name; for a lossless one also its rates."""
        rates = [point.kbps for point in self.drawn]
        if not self.lossless or not rates:
            return self.name or self.family
        ends = dict.fromkeys(f"{rate:.0f}" for rate in (min(rates), max(rates)))
        return f"{self.name or self.family} {'–'.join(ends)} kbps, lossless"


def has_points(curves: Iterable[Curve]) -> bool:
    """True where there is anything to draw but lines at the rates of lossless codecs."""
    return any(curve.drawn for curve in curves if not curve.lossless)


def plot_rate_distortion(
    curves: Sequence[Curve], *, title: str, quality_label: str, styles: Mapping[str, Style] | None = None
) -> "Figure":
    """Quality over rate: a line with markers and intervals for each family, a vertical line for each lossless rate.

    The rate axis is logarithmic. A family with a single point has no line; an interval that is infinite ends at the
    edge.

    Args:
        curves: what is drawn; at least one point must have a finite quality.
        title: stands above; shown as it is, `$` included.
        quality_label: name of the quality axis, with its unit.
        styles: look of each family; by default the one that belongs to the families of `curves`.

    Raises:
        InputError: there is nothing to draw.
        MissingExtra: matplotlib is not installed.
    """
    if not has_points(curves):
        raise InputError("there is no point with a finite rate and quality to draw")
    figure = new_figure(8.2, 4.6)
    axes = figure.subplots()
    axes.set_title(one_line(title, 60), parse_math=False)
    _set_axes(axes, curves, quality_label)
    looks = default_styles(curve.family for curve in curves) if styles is None else styles
    _legend(figure, [(curve.label, _draw_curve(axes, curve, looks[curve.family])) for curve in curves if curve.drawn])
    return figure


@dataclass(frozen=True)
class Panel:
    """One part of a picture: quality over rate by one metric."""

    title: str
    quality_label: str
    """Name of the quality axis, with its unit."""
    curves: tuple[Curve, ...]


def plot_panels(panels: Sequence[Panel]) -> "Figure":
    """Quality over rate in several panels, two in a row, with one legend and without intervals.

    Raises:
        InputError: a panel has nothing to draw.
        MissingExtra: matplotlib is not installed.
    """
    if not all(has_points(panel.curves) for panel in panels):
        raise InputError("a panel has no point with a finite rate and quality to draw")
    rows = math.ceil(len(panels) / 2)
    figure = new_figure(9.6, 3.2 * rows)
    looks = default_styles(curve.family for panel in panels for curve in panel.curves)
    lines: dict[str, Line2D] = {}
    for axes, panel in zip(figure.subplots(rows, 2, squeeze=False).flat, panels, strict=False):
        axes.set_title(one_line(panel.title, 60), parse_math=False, fontsize=10)
        _set_axes(axes, panel.curves, panel.quality_label)
        for curve in panel.curves:
            lines[curve.label] = _draw_curve(axes, curve, looks[curve.family], intervals=False)
    _legend(figure, list(lines.items()))
    return figure


def _set_axes(axes: "Axes", curves: Sequence[Curve], quality_label: str) -> None:
    from matplotlib.ticker import LogLocator, NullLocator

    lowest, highest = _rate_limits(curves)
    axes.set_xscale("log")
    axes.set_xlim(lowest, highest)
    axes.set_ylim(*_quality_limits(curves))
    steps = (1.0,) if highest / lowest > 16 else (1.0, 1.5)
    axes.xaxis.set(major_locator=LogLocator(base=2, subs=steps), minor_locator=NullLocator())
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xlabel("rate in kbit/s (logarithmic)")
    axes.set_ylabel(one_line(quality_label, 60), parse_math=False)
    axes.grid(**GRID)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _rate_limits(curves: Iterable[Curve]) -> tuple[float, float]:
    """Ends of the rate axis in kbit/s, with a margin; at least one octave."""
    octaves = [math.log2(point.kbps) for curve in curves for point in curve.drawn]
    low, high = _widened(min(octaves), max(octaves), least=1.0, margin=0.05)
    return 2**low, 2**high


def _quality_limits(curves: Iterable[Curve]) -> tuple[float, float]:
    """Ends of the quality axis, with a margin: all points and the finite ends of their intervals."""
    points = [point for curve in curves if not curve.lossless for point in curve.drawn]
    ends = [end for point in points for end in (point.quality, point.low, point.high) if math.isfinite(end)]
    return _widened(min(ends), max(ends), least=1e-3 * max(map(abs, ends)) or 1.0, margin=0.06)


def _widened(low: float, high: float, *, least: float, margin: float) -> tuple[float, float]:
    """The two ends moved apart to at least `least`, then by `margin` of their distance on either side."""
    middle, half = (low + high) / 2, max(high - low, least) / 2
    return middle - half * (1 + 2 * margin), middle + half * (1 + 2 * margin)


def _draw_curve(axes: "Axes", curve: Curve, style: Style, *, intervals: bool = True) -> "Line2D":
    """Draw a curve and return the line that stands for it in the legend."""
    if curve.lossless:
        look: dict[str, Any] = {"color": style.colour, "linestyle": (0, (1, 2)), "zorder": 1.4}
        look |= {"marker": style.marker, "markersize": 6, "clip_on": False}  # at both ends
        lines = [axes.axvline(point.kbps, **look) for point in curve.drawn]
        return lines[0]
    if intervals:
        _draw_intervals(axes, curve, style)
    rates, qualities = ([getattr(point, name) for point in curve.drawn] for name in ("kbps", "quality"))
    stroke: Any = "none" if len(rates) < 2 else style.stroke
    look = {"color": style.colour, "marker": style.marker, "markersize": 7, "markeredgecolor": "white"}
    (line,) = axes.plot(rates, qualities, linestyle=stroke, markeredgewidth=0.8, **look)
    partial = [(point.kbps, point.quality) for point in curve.drawn if point.partial]
    hollow = look | {"markeredgecolor": style.colour, "markerfacecolor": "white", "linestyle": "none"}
    axes.plot(*np.reshape(partial, (-1, 2)).T, zorder=line.get_zorder() + 0.1, **hollow)
    return line


def _draw_intervals(axes: "Axes", curve: Curve, style: Style) -> None:
    qualities = np.array([point.quality for point in curve.drawn])
    ends = np.clip([[point.low, point.high] for point in curve.drawn], *axes.get_ylim()).T
    reach = np.maximum([qualities - ends[0], ends[1] - qualities], 0)
    rates = [point.kbps for point in curve.drawn]
    look: dict[str, Any] = {"ecolor": style.colour, "elinewidth": 1, "capsize": 2, "alpha": 0.55, "zorder": 1.5}
    axes.errorbar(rates, qualities, reach, fmt="none", **look)


def _legend(figure: "Figure", named: "Sequence[tuple[str, Line2D]]") -> None:
    """A legend beside the axes that shows every name as it is."""
    look: dict[str, Any] = {"loc": "outside right upper", "frameon": False, "handlelength": 2.6}
    legend = figure.legend([line for _, line in named], ["series"] * len(named), **look)
    # matplotlib would hide labels that begin with "_" and typeset those with "$": they are put in afterwards.
    for text, (name, _) in zip(legend.get_texts(), named, strict=True):
        text.set(text=one_line(name, LONGEST_LABEL), parse_math=False)
