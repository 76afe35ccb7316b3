"""Bars: a value with its deviation for each of several things, group by group."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ligeia.errors import InputError
from ligeia.plots.style import GRID, new_figure, one_line, style_at

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LONGEST_LABEL = 44
"""Characters of a label, at most."""
BAR_INCHES = 0.2
"""Height that each bar takes."""


@dataclass(frozen=True)
class Bar:
    """One value."""

    value: float
    deviation: float | None = None
    """Half the length of the line through its end; None: no line."""


def plot_bars(
    groups: Mapping[str, Mapping[str, Bar]], *, x: str, log: bool = False, line: float | None = None
) -> "Figure":
    """Return a figure of horizontal bars: a block for each of `groups`, in it a bar for each name that has one.

    Args:
        groups: values by group and by name; a name has the same colour and pattern in all groups.
        x: label of the axis.
        log: whether it is logarithmic.
        line: value that is marked across all bars, such as that of silence.

    Raises:
        InputError: there is nothing to draw, or a value that is not above 0 on a logarithmic axis.
        MissingExtra: matplotlib is not installed.
    """
    bars = [bar for group in groups.values() for bar in group.values()]
    if not bars:
        raise InputError("there are no bars to draw")
    if log and any(bar.value <= 0 for bar in bars):
        raise InputError("a logarithmic axis has no place for values that are not above 0")
    names = list(dict.fromkeys(name for group in groups.values() for name in group))
    figure = new_figure(7.6, 1.2 + BAR_INCHES * len(groups) * (len(names) + 1))
    axes = figure.subplots()
    height = 1 / (len(names) + 1)
    for place, name in enumerate(names):
        present = [(row, group[name]) for row, group in enumerate(groups.values()) if name in group]
        rows = np.array([row for row, _ in present]) + (place - (len(names) - 1) / 2) * height
        values = [bar.value for _, bar in present]
        style = style_at(place)
        look: dict[str, Any] = {"color": style.colour, "hatch": style.hatch, "edgecolor": "white", "linewidth": 0}
        axes.barh(rows, values, height, alpha=0.85, label=one_line(name, LONGEST_LABEL), **look)
        deviations = [math.nan if bar.deviation is None else bar.deviation for _, bar in present]
        if not all(map(math.isnan, deviations)):
            axes.errorbar(
                values,
                rows,
                xerr=deviations,
                fmt="none",
                ecolor="#25262C",
                elinewidth=1.2,
                capsize=2,
            )
    if line is not None:
        axes.axvline(line, color="#25262C", linestyle=":", linewidth=1.2)
    if log:
        axes.set_xscale("log")
    axes.set_yticks(range(len(groups)), [one_line(name, LONGEST_LABEL) for name in groups])
    axes.invert_yaxis()
    axes.set_xlabel(x)
    axes.grid(axis="x", which="both" if log else "major", **GRID)
    axes.set_axisbelow(True)
    if len(names) > 1:
        figure.legend(loc="outside upper center", ncols=min(len(names), 3), frameon=False)
    return figure
