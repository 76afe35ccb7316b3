"""A study as data: a question, cells that are measured one by one, and how their rows become a table and figures."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ligeia.metrics.table import METRICS
from ligeia.records.columns import Column, Value, table_of, value_of
from ligeia.records.journal import Row
from ligeia.records.tables import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Cell = dict[str, Any]
"""The subject of a row, as plain data: it identifies the row when a run continues."""
Measure = Callable[[Cell], Row]
"""Measures one cell."""


@dataclass(frozen=True, kw_only=True)
class Memory:
    """The place of a search's trials: a file of its own, or a database; without either they are not kept."""

    path: Path | None = None
    """A file in the folder of the rows. Beside a database nothing is written there, but it names the searcher."""
    database: str | None = field(default=None, repr=False)
    """Address (as SQLAlchemy takes it) of a database in which others search too. It may hold a password."""


PARAMETERS = Column("parameters", "parameters", ",")
MSE = Column("MSE", "mse", ".2e", label="mean squared error")
SNR = Column("SNR dB", "snr_db", ".1f", label="SNR in dB")
SECONDS = Column("seconds", "fit_seconds", ".1f")
FITS = Column("fits", "fits")
"""The number of rows that a line is the mean of (`records.columns.spread`)."""


def is_made(row: Row) -> bool:
    """Tell whether a row is of sounds that were made in place of recordings that were not there.

    Example:
        >>> is_made({"sound": "made speech 0"}), is_made({"sounds": "made"}), is_made({"sound": "siren/gt_bach.wav"})
        (True, True, False)
    """
    return row.get("sounds") == "made" or str(row.get("sound", "")).startswith("made ")


def _origin(rows: list[Row]) -> Column:
    """Return the column that says of which sounds a line is; one of means may be of both kinds."""
    plain = {id(row) for row in rows}
    everything = all(map(is_made, rows))

    def origin(line: Row) -> str:
        if everything or (id(line) in plain and is_made(line)):
            return "synthetic"
        return "recorded" if id(line) in plain else "some synthetic"

    return Column("sounds are", origin)


@dataclass(frozen=True)
class Chart:
    """A line chart of rows; points without both coordinates are left out."""

    name: str | Callable[[Row], str]
    """Its name; or a function of the row, which makes a chart for each of its values."""
    series: Value
    """Points that agree in it belong together, under its name."""
    x: Column
    y: Column
    log: str = "x"
    """The logarithmic axes: "x", "y" or "xy"."""
    joined: bool = True
    """True if lines join the points of a series."""
    rows: Callable[[list[Row]], list[Row]] = list
    """Function from the rows of the study to those that are drawn."""

    def __call__(self, rows: list[Row]) -> "dict[str, Figure]":
        """Draw the charts of `rows`, by name.

        Raises:
            MissingExtra: matplotlib is not installed.
        """
        from ligeia.plots.curves import plot_lines

        charts: dict[str, dict[str, list[tuple[float, float]]]] = {}
        for row in self.rows(rows):
            x, y = value_of(row, self.x.value), value_of(row, self.y.value)
            if isinstance(x, int | float) and isinstance(y, int | float):
                series = charts.setdefault(self.name if isinstance(self.name, str) else self.name(row), {})
                series.setdefault(value_of(row, self.series), []).append((x, y))
        x_label, y_label = (column.label or column.header for column in (self.x, self.y))
        return {
            name: plot_lines(series, x=x_label, y=y_label, log=self.log, joined=self.joined)
            for name, series in charts.items()
        }


@dataclass(frozen=True, kw_only=True)
class Study:
    """One question. Rows are kept as they come, so that an interrupted study continues where it stopped."""

    name: str
    """Its name on the command line."""
    question: str
    """The question in one line."""
    source: str
    """Paper and section."""
    sizes: Mapping[str, Any]
    """Its CONFIG at each size: "laptop" (minutes on two cores), "paper" (as published), for some "hour", the part of
    it that two cores do in about that, and for some "reduced" (networks that converge, on less sound: `reduced`)."""
    cells: Callable[[Any], list[Cell]]
    """The cells of a CONFIG, in the order in which they are measured."""
    measure: Callable[[Any, Cell], Row]
    """Measures one cell of a CONFIG."""
    columns: tuple[Column, ...]
    """The table that answers the question."""
    lines: Callable[[list[Row]], list[Row]] = list
    """Function from the rows to the lines of the table: in another order, or averaged."""
    figures: tuple[Callable[[list[Row]], "dict[str, Figure]"], ...]
    """Functions that draw figures, by name, from the rows alone."""
    selecting: frozenset[str] = frozenset()
    """Fields of a CONFIG that only say which cells there are: a row stays valid when they change."""
    inputs: Mapping[str, str] = field(default_factory=dict)
    """Fields of a CONFIG that name files which only the user has, and what these hold (see `run.with_inputs`)."""
    rows_of: str | None = None
    """Another study whose rows answer this one's cells too, as it makes the same fits and measures more of them."""
    search: Callable[[Any, Memory], AbstractContextManager[Measure]] | None = None
    """For a study whose cells depend on those before them: opens its memory for a CONFIG, and measures cells from it.

    `measure` then does the same without a memory.
    """

    def table(self, rows: list[Row]) -> Table:
        """Return the table of rows; where some are of made sounds it says so, and leaves published values out."""
        lines = self.lines(rows)
        if not any(map(is_made, rows)):
            return table_of(self.columns, lines)
        first, *others = (column for column in self.columns if not column.published)
        return table_of([first, _origin(rows), *others], lines)

    def draw(self, rows: list[Row]) -> "dict[str, Figure]":
        """Return the figures of rows, by name; none where there are no rows.

        Raises:
            MissingExtra: matplotlib is not installed.
        """
        return {name: figure for draw in self.figures if rows for name, figure in draw(rows).items()}


def metric_charts(
    x: Column, series: Value = "sound", rows: Callable[[list[Row]], list[Row]] = list
) -> Callable[[list[Row]], "dict[str, Figure]"]:
    """Return a function that draws a chart of points for each of the metrics of rows."""

    def draw(all_rows: list[Row]) -> "dict[str, Figure]":
        figures: dict[str, Figure] = {}
        drawn = rows(all_rows)
        for name in drawn[0]["metrics"]:
            y = Column(f"{name} {METRICS[name].unit}".strip(), f"metrics.{name}")
            figures |= Chart(name, series, x=x, y=y, joined=False)(drawn)
        return figures

    return draw
