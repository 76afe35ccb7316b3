"""Rate-distortion curves."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ligeia.errors import InputError
from ligeia.plots.canvas import new_figure, shown
from ligeia.plots.curves import (
    Curve,
    has_points,
    quality_limits,
    quality_ticks,
    rate_label,
    rate_limits,
    rate_ticks,
    tick_labels,
)
from ligeia.plots.palette import Style, outline
from ligeia.plots.palette import styles as default_styles

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


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
    axes.set_title(shown(title), parse_math=False)
    _set_axes(axes, curves, quality_label)
    looks = default_styles(curve.family for curve in curves) if styles is None else styles
    drawn = sorted((curve for curve in curves if curve.drawn), key=lambda curve: not curve.lossless)
    handles = {id(curve): _draw_curve(axes, curve, looks[curve.family]) for curve in drawn}
    legend = figure.legend(
        [handles[id(curve)] for curve in curves if curve.drawn],
        ["family" for curve in curves if curve.drawn],
        loc="outside right upper",
        frameon=False,
        handlelength=2.6,
    )
    # matplotlib would hide labels that begin with "_" and typeset those with "$": they are put in afterwards.
    for text, curve in zip(legend.get_texts(), (curve for curve in curves if curve.drawn), strict=True):
        text.set(text=shown(curve.label, most=36), parse_math=False)
    return figure


def _set_axes(axes: "Axes", curves: Sequence[Curve], quality_label: str) -> None:
    rates, qualities = rate_limits(curves), quality_limits(curves)
    axes.set_xscale("log")
    axes.set_xlim(*rates)
    axes.set_ylim(*qualities)
    named = rate_ticks(rates)
    axes.set_xticks(named, [rate_label(rate) for rate in named])
    axes.minorticks_off()
    ticks = quality_ticks(qualities)
    axes.set_yticks(ticks, tick_labels(ticks))
    axes.set_xlabel("rate in kbit/s (logarithmic)")
    axes.set_ylabel(shown(quality_label), parse_math=False)
    axes.grid(color="#D8DBE1", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _draw_curve(axes: "Axes", curve: Curve, style: Style) -> Any:
    """Draws it and returns what stands for it in the legend."""
    if curve.lossless:
        dashes = (0, (4, 3)) if style.dashed else (0, (1, 2))
        lines = [axes.axvline(point.kbps, color=style.light, linestyle=dashes) for point in curve.drawn]
        return lines[0]
    _draw_intervals(axes, curve, style)
    rates, qualities = ([getattr(point, name) for point in curve.drawn] for name in ("kbps", "quality"))
    line_style: Any = "none" if len(rates) < 2 else (0, (5, 3)) if style.dashed else "-"
    look: dict[str, Any] = {"color": style.light, "marker": _marker(style), "markersize": 7, "markeredgecolor": "white"}
    (line,) = axes.plot(rates, qualities, linestyle=line_style, markeredgewidth=0.8, **look)
    partial = [(point.kbps, point.quality) for point in curve.drawn if point.partial]
    hollow = look | {"markeredgecolor": style.light, "markerfacecolor": "white", "linestyle": "none"}
    axes.plot(*np.reshape(partial, (-1, 2)).T, zorder=line.get_zorder() + 0.1, **hollow)
    return line


def _draw_intervals(axes: "Axes", curve: Curve, style: Style) -> None:
    qualities = np.array([point.quality for point in curve.drawn])
    ends = np.clip([[point.low, point.high] for point in curve.drawn], *axes.get_ylim()).T
    reach = np.maximum([qualities - ends[0], ends[1] - qualities], 0)
    rates = [point.kbps for point in curve.drawn]
    look: dict[str, Any] = {"ecolor": style.light, "elinewidth": 1, "capsize": 2, "alpha": 0.55, "zorder": 1.5}
    axes.errorbar(rates, qualities, reach, fmt="none", **look)


def _marker(style: Style) -> Any:
    from matplotlib.markers import MarkerStyle

    corners = outline(style.marker)
    farthest = max(abs(place) for corner in corners for place in corner)
    closed = [*corners, corners[0]]
    return MarkerStyle(closed).scaled(farthest)  # matplotlib has brought the farthest corner to 1
