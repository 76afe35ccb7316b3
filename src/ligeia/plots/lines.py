"""Values over a setting: a line with markers for each series."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any

from ligeia.errors import InputError
from ligeia.plots.canvas import new_figure, shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARKERS = "os^vDP*X"
"""Points of different series that lie in one place can still be told apart."""
Points = Sequence[tuple[float, float]]


def plot_lines(series: Mapping[str, Points], *, x: str, y: str, log: str = "", joined: bool = True) -> "Figure":
    """One figure of `series` (name to points); `x` and `y` are the labels; `log` names logarithmic axes: "", "x", "xy".

    Points are joined in order of x, unless not `joined` (a scatter).

    Raises:
        InputError: there is nothing to draw.
        MissingExtra: matplotlib is not installed.
    """
    if not any(series.values()):
        raise InputError("there are no points to draw")
    figure = new_figure(7.6, 4.6)
    axes = figure.subplots()
    for marker, (name, points) in zip(cycle(MARKERS), series.items(), strict=False):
        ordered = sorted(points)
        style: dict[str, Any] = {
            "marker": marker,
            "markersize": 5,
            "linestyle": "-" if joined else "none",
            "alpha": 0.8,
        }
        axes.plot([a for a, _ in ordered], [b for _, b in ordered], label=shown(name, 36), **style)
    for axis in log:
        getattr(axes, f"set_{axis}scale")("log")
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(alpha=0.3, which="both" if log else "major")
    if len(series) > 1:
        figure.legend(loc="outside right upper", frameon=False)
    return figure
