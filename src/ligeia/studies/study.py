"""A study as data: a question, cells that are measured one by one, and how their rows become a table and figures."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any

from ligeia.metrics.table import METRICS
from ligeia.records.journal import Row
from ligeia.records.tables import Table, table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Cell = dict[str, Any]
"""What one row is about, as plain data: it identifies the row when a run goes on."""
Measure = Callable[[Cell], Row]
"""Measures one cell."""
Value = str | Callable[[Row], Any]
"""A value of a row: the path of a field ("mse", "cell.width"), or a function of the row."""


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Where a search keeps its trials: in a file of its own, or in a database; nowhere, where neither is given."""

    path: Path | None = None
    """A file in the folder of the rows. Beside a database nothing is written there, but it names the searcher."""
    database: str | None = field(default=None, repr=False)
    """Address (as SQLAlchemy takes it) of a database in which others search too. It may hold a password."""


@dataclass(frozen=True)
class Column:
    """A quantity of rows: a column of a table, and an axis of a chart."""

    header: str
    """Its header; "" makes a column of each field of the value, such as "metrics"."""
    value: Value
    form: str = ""
    """Format of numbers; texts stay as they are."""
    missing: str = ""
    """Stands for None."""
    label: str = ""
    """Name on an axis, if it is not the header."""

    def text(self, row: Row) -> str:
        """Return the cell of a row."""
        value = value_of(row, self.value)
        return self.missing if value is None else value if isinstance(value, str) else format(value, self.form)


PARAMETERS = Column("parameters", "parameters", ",")
MSE = Column("MSE", "mse", ".2e", label="mean squared error")
SNR = Column("SNR dB", "snr_db", ".1f", label="SNR in dB")
SECONDS = Column("seconds", "fit_seconds", ".1f")


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
    """The logarithmic axes: "x" or "xy"."""
    joined: bool = True
    """Whether lines join the points of a series."""
    rows: Callable[[list[Row]], list[Row]] = list
    """Makes the rows to be drawn of those of the study."""

    def __call__(self, rows: list[Row]) -> "dict[str, Figure]":
        """Draw the charts of `rows`, by name.

        Raises:
            MissingExtra: matplotlib is not installed.
        """
        from ligeia.plots.lines import plot_lines

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
    """One question. Rows are kept as they come, so that a killed study goes on where it stopped."""

    name: str
    """Its name on the command line."""
    question: str
    """What it asks, in one line."""
    source: str
    """Paper and section."""
    sizes: Mapping[str, Any]
    """Its CONFIG at each size: "laptop" (minutes on two cores), "paper" (as published), and for some "hour", the
    part of it that two cores do in about that."""
    cells: Callable[[Any], list[Cell]]
    """The cells of a CONFIG, in the order in which they are measured."""
    measure: Callable[[Any, Cell], Row]
    """Measures one cell of a CONFIG."""
    columns: tuple[Column, ...]
    """The table that answers the question."""
    lines: Callable[[list[Row]], list[Row]] = list
    """Makes the lines of the table of the rows: in another order, or averaged."""
    figures: tuple[Callable[[list[Row]], "dict[str, Figure]"], ...]
    """What draws figures, by name, from the rows alone."""
    selecting: frozenset[str] = frozenset()
    """Fields of a CONFIG that only say which cells there are: a row stays valid when they change."""
    search: Callable[[Any, Memory], AbstractContextManager[Measure]] | None = None
    """For a study whose cells depend on those before them: opens its memory for a CONFIG, and measures cells from it.

    `measure` then does the same without a memory.
    """

    def table(self, rows: list[Row]) -> Table:
        """Return the table of rows."""
        lines = self.lines(rows)
        columns = [one for column in self.columns for one in _spread(column, lines)]
        return table([column.header for column in columns], ([one.text(row) for one in columns] for row in lines))

    def draw(self, rows: list[Row]) -> "dict[str, Figure]":
        """Return the figures of rows, by name; none where there are no rows.

        Raises:
            MissingExtra: matplotlib is not installed.
        """
        return {name: figure for draw in self.figures if rows for name, figure in draw(rows).items()}


def _spread(column: Column, rows: list[Row]) -> list[Column]:
    """Return a column as it is, or one for each field that its value has in the first row."""
    if column.header:
        return [column]
    assert isinstance(column.value, str), "a column without a header needs a path"
    fields = value_of(rows[0], column.value) if rows else {}
    return [Column(name, f"{column.value}.{name}", column.form, column.missing) for name in fields]


# --- values of rows -----------------------------------------------------------------------------------


def value_of(row: Row, value: Value) -> Any:
    """Return a value of a row; None where the path leads nowhere."""
    if callable(value):
        return value(row)
    place, _, rest = value.partition(".")
    inside = row.get(place)
    return value_of(inside, rest) if rest and inside is not None else inside


def grouped(rows: Iterable[Row], *by: Value) -> list[list[Row]]:
    """Return the rows that agree in all values of `by`, group by group."""
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(value_of(row, value) for value in by), []).append(row)
    return list(groups.values())


def averaged(rows: Iterable[Row], *by: Value) -> list[Row]:
    """Return one row for all rows that agree in `by`: means of their numbers; else what the first one has.

    Metrics that are not finite do not count; where none is, there is None.
    """
    return [
        {name: value if name in ("cell", "config") else _mean(group, name) for name, value in group[0].items()}
        for group in grouped(rows, *by)
    ]


def _mean(rows: list[Row], name: str) -> Any:
    first = rows[0][name]
    if isinstance(first, dict):  # values of metrics
        return {key: _mean_of([row[name].get(key) for row in rows]) for key in first}
    numbers = _mean_of([row.get(name) for row in rows])
    return first if numbers is None else numbers


def _mean_of(values: list[Any]) -> float | None:
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    return mean(numbers) if numbers else None


def metric_charts(
    x: Column, series: Value = "sound", rows: Callable[[list[Row]], list[Row]] = list
) -> Callable[[list[Row]], "dict[str, Figure]"]:
    """Return what draws a chart of points for each of the metrics of rows."""

    def draw(all_rows: list[Row]) -> "dict[str, Figure]":
        figures: dict[str, Figure] = {}
        for name in (drawn := rows(all_rows))[0]["metrics"]:
            y = Column(f"{name} {METRICS[name].unit}".strip(), f"metrics.{name}")
            figures |= Chart(name, series, x=x, y=y, joined=False)(drawn)
        return figures

    return draw
