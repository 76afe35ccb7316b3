"""Reading rows: numbers that may be absent or infinite, and rows put in groups and in order."""

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ligeia.errors import InputError
from ligeia.records.statistics import median

Row = Mapping[str, Any]
"""The outcome of one codec on one clip, as in `rows.jsonl`."""


def number(row: Row, key: str) -> float:
    """`row[key]`; NaN where it is absent or null.

    Raises:
        InputError: it is not a number.
    """
    return _number(row.get(key), key)


def value(row: Row, metric: str) -> float:
    """The value of a metric: finite, infinite (written "inf" and "-inf"), or NaN where it is undefined or absent.

    Raises:
        InputError: it is not a number.

    Example:
        >>> value({"metrics": {"si_sdr": "inf"}}, "si_sdr")
        inf
    """
    return _number((row.get("metrics") or {}).get(metric), metric)


def _number(field: Any, name: str) -> float:
    try:
        return math.nan if field is None else float(field)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} must be a number, null or inf, got {field!r}") from error


def failed(row: Row) -> bool:
    """True where the codec failed on the clip."""
    return row.get("error") is not None


def measured(rows: Iterable[Row]) -> list[Row]:
    """The rows that did not fail."""
    return [row for row in rows if not failed(row)]


def latest(rows: Iterable[Row]) -> list[Row]:
    """The last row of every clip and codec: a repeated measurement replaces the earlier one."""
    return list({(row["clip"], row["codec"]): row for row in rows}.values())


def kbps(rows: Iterable[Row]) -> float:
    """Median rate of the files in kbit/s; NaN where all rows failed."""
    return median([number(row, "kbps") for row in measured(rows)])


def by(rows: Iterable[Row], key: str) -> dict[str, list[Row]]:
    """The rows of each "clip", "group" or "family", in order of name, and within it in order of clip."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(str(row[key]), []).append(row)
    return {
        name: sorted(groups[name], key=lambda row: natural(str(row["clip"]))) for name in sorted(groups, key=natural)
    }


def by_codec(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """The rows of each codec at one setting: families by name, and within a family along the rate.

    Settings that never worked have no rate; they come last.
    """
    codecs = by(rows, "codec")
    return dict(sorted(codecs.items(), key=lambda item: _rate_order(item[1])))


def _rate_order(rows: list[Row]) -> tuple[Any, ...]:
    rate = kbps(rows)
    return natural(str(rows[0]["family"])), math.inf if math.isnan(rate) else rate, natural(str(rows[0]["setting"]))


def natural(name: str) -> list[tuple[int, int, str]]:
    """A key that sorts the numbers inside names by value.

    Example:
        >>> sorted(["b10", "b9", "a"], key=natural)
        ['a', 'b9', 'b10']
    """
    parts = [part for part in re.split(r"([0-9]+)", name) if part]
    return [*(_part_key(part) for part in parts), (-1, 0, name)]


def _part_key(part: str) -> tuple[int, int, str]:
    digits = part.lstrip("0")
    return (0, len(digits), digits) if part.isdecimal() else (1, 0, part)
