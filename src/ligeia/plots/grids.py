"""One value over two settings: as a heat map, and in three dimensions."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ligeia.errors import InputError
from ligeia.plots.style import new_figure, one_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Cells = Mapping[tuple[int, int], float]
"""Value at (column, row)."""


def plot_heatmap(cells: Cells, *, x: str, y: str, value: str) -> "Figure":
    """log10 of positive values as colours, with the number in each cell; cells that are missing stay empty.

    Raises:
        InputError: there is nothing to draw.
        MissingExtra: matplotlib is not installed.
    """
    columns, rows = _axes_of(cells)
    table = np.full((len(rows), len(columns)), np.nan)
    for (column, row), number in cells.items():
        table[rows.index(row), columns.index(column)] = np.log10(number)
    figure = new_figure(1.6 + 0.75 * len(columns), 1.4 + 0.45 * len(rows))
    axes = figure.subplots()
    image = axes.imshow(table, origin="lower", aspect="auto", cmap="viridis_r")
    for (line, column), number in np.ndenumerate(table):
        if np.isfinite(number):
            bright = number < (np.nanmin(table) + np.nanmax(table)) / 2  # small errors are yellow
            color = "black" if bright else "white"
            axes.text(column, line, f"{number:.1f}", ha="center", va="center", fontsize=8, color=color)
    axes.set_xticks(range(len(columns)), [str(column) for column in columns])
    axes.set_yticks(range(len(rows)), [str(row) for row in rows])
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    figure.colorbar(image, ax=axes, label=f"log10 {value}")
    return figure


def plot_matrix(
    cells: Mapping[tuple[str, str], float | None], *, value: str, limits: tuple[float, float] = (0.0, 1.0)
) -> "Figure":
    """Values at (row, column) as colours with the number in each cell, in the order in which they come.

    Cells that are missing, None or NaN stay empty.

    Raises:
        InputError: there is nothing to draw.
        MissingExtra: matplotlib is not installed.
    """
    if not cells:
        raise InputError("there are no cells to draw")
    rows, columns = (list(dict.fromkeys(place[side] for place in cells)) for side in (0, 1))
    table = np.full((len(rows), len(columns)), np.nan)
    for (row, column), number in cells.items():
        table[rows.index(row), columns.index(column)] = np.nan if number is None else number
    figure = new_figure(3.0 + 0.85 * len(columns), 1.2 + 0.27 * len(rows))
    axes = figure.subplots()
    image = axes.imshow(table, aspect="auto", cmap="viridis", vmin=limits[0], vmax=limits[1])
    for (line, place), number in np.ndenumerate(table):
        if np.isfinite(number):
            color = "black" if number > (limits[0] + 2 * limits[1]) / 3 else "white"
            axes.text(place, line, f"{number:.2f}", ha="center", va="center", fontsize=8, color=color)
    axes.set_xticks(range(len(columns)), [one_line(name, 30) for name in columns], rotation=30, ha="right")
    axes.set_yticks(range(len(rows)), [one_line(name, 36) for name in rows])
    figure.colorbar(image, ax=axes, label=value)
    return figure


def plot_depth(cells: Cells, *, x: str, y: str, value: str) -> "Figure":
    """The same in three dimensions: both settings below, log10 of the value above.

    Raises:
        InputError: there is nothing to draw.
        MissingExtra: matplotlib is not installed.
    """
    _, rows = _axes_of(cells)
    figure = new_figure(7.2, 5.6)
    axes = figure.add_subplot(projection="3d")
    points = [(np.log2(column), row, np.log10(number)) for (column, row), number in cells.items()]
    across, along, up = (np.array(values) for values in zip(*points, strict=True))
    for stem in zip(across, along, up, strict=True):
        axes.plot(*([place, place] for place in stem[:2]), [up.min(), stem[2]], color="#8A909C", linewidth=0.8)
    axes.scatter(across, along, up, c=up, cmap="viridis_r", depthshade=False)
    axes.set_yticks(rows)
    axes.set_xlabel(f"log2 {x}")
    axes.set_ylabel(y)
    axes.set_zlabel(f"log10 {value}")
    return figure


def _axes_of(cells: Cells) -> tuple[list[int], list[int]]:
    if not cells:
        raise InputError("there are no cells to draw")
    return sorted({column for column, _ in cells}), sorted({row for _, row in cells})
