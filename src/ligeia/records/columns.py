"""Rows as tables: columns as data, values by path, groups and means."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import mean, stdev
from typing import Any, Self

from ligeia.records.journal import Row
from ligeia.records.tables import Table, table

Value = str | Callable[[Row], Any]
"""A value of a row: the path of a field ("mse", "cell.width"), or a function of the row."""


@dataclass(frozen=True)
class Column:
    """A quantity of rows: a column of a table, and an axis of a chart."""

    header: str
    """Its header; "" makes a column of each field of the value, such as "metrics"."""
    value: Value
    form: str = ""
    """Format of numbers; texts stay as they are."""
    missing: str = ""
    """Text for None."""
    label: str = ""
    """Name on an axis, if it is not the header."""
    published: bool = False
    """True where its values come from print, not from rows."""

    def text(self, row: Row) -> str:
        """Return the cell of a row."""
        value = value_of(row, self.value)
        return self.missing if value is None else value if isinstance(value, str) else format(value, self.form)


def table_of(columns: Iterable[Column], rows: Sequence[Row], texts: Iterable[int] = (0,)) -> Table:
    """Return a line for each row; the columns in `texts` hold text."""
    spread = [part for column in columns for part in _spread(column, rows)]
    return table([column.header for column in spread], ([column.text(row) for column in spread] for row in rows), texts)


def _spread(column: Column, rows: Sequence[Row]) -> list[Column]:
    """Return a column as it is, or one for each field that its value has in the first row."""
    if column.header:
        return [column]
    assert isinstance(column.value, str), "a column without a header needs a path"
    fields = value_of(rows[0], column.value) if rows else {}
    return [Column(name, f"{column.value}.{name}", column.form, column.missing) for name in fields]


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
    return [_joined(group, mean) for group in grouped(rows, *by)]


class Spread(float):
    """A mean that knows the standard deviation of its values: a number like any other, written as "mean ± deviation".

    Example:
        >>> f"{Spread([1.0, 2.0, 3.0]):.1f}", f"{Spread([2.0, 2.0]):.1f}", Spread([1.0, 2.0]) + 1
        ('2.0 ± 1.0', '2.0', 2.5)
    """

    count: int
    """Number of values."""
    deviation: float
    """Standard deviation of the sample (n - 1); 0 of a single value."""

    def __new__(cls, values: Sequence[float]) -> Self:
        """Take the mean of some values, at least one."""
        spread = super().__new__(cls, mean(values))
        spread.count, spread.deviation = len(values), stdev(values) if len(values) > 1 else 0.0
        return spread

    def __format__(self, form: str) -> str:
        """Write the mean, and where values differ their deviation, each in `form`."""
        text = format(float(self), form)
        return f"{text} ± {format(self.deviation, form)}" if self.deviation else text


def spread(rows: Iterable[Row], *by: Value) -> list[Row]:
    """Return what `averaged` does, with a `Spread` for means of different values, and the number of rows as "fits"."""
    return [_joined(group, _spread_of) | {"fits": len(group)} for group in grouped(rows, *by)]


def _spread_of(values: Sequence[float]) -> float:
    return Spread(values) if len(set(values)) > 1 else values[0]


Mean = Callable[[Sequence[float]], float]
"""Joins the values of several rows."""


def _joined(group: list[Row], join: Mean) -> Row:
    """Return one row for a group: what `join` makes of its numbers, else what its first row has."""
    return {
        name: value if name in ("cell", "config") else _joined_field(group, name, join)
        for name, value in group[0].items()
    }


def _joined_field(rows: list[Row], name: str, join: Mean) -> Any:
    first = rows[0][name]
    if isinstance(first, dict):  # values of metrics
        return {key: _joined_values([row[name].get(key) for row in rows], join) for key in first}
    numbers = _joined_values([row.get(name) for row in rows], join)
    return first if numbers is None else numbers


def _joined_values(values: list[Any], join: Mean) -> float | None:
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    return join(numbers) if numbers else None
