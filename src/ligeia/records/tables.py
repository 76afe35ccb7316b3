"""Numbers as people read them in a table: as many digits as the unit bears."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from ligeia.metrics.metric import Metric
from ligeia.plots.style import one_line
from ligeia.records.statistics import Summary

NOTHING = "–"
"""Text in place of a missing value."""
_DECIMALS = {"dB": 1, "%": 1, "MOS": 2}


def decimals(metric: Metric, more: int = 0) -> int | None:
    """Decimals that a value of the metric is written with, and some `more`; None: three significant digits.

    They go by the unit; a number without unit that is 1 at most has three.
    """
    if metric.unit in _DECIMALS:
        return _DECIMALS[metric.unit] + more
    return 3 + more if max(abs(metric.highest), abs(metric.lowest)) <= 1 else None


def fixed(number: float, places: int | None) -> str:
    """A number with so many decimals, or three significant digits; ∞ for infinity, a dash for NaN.

    Example:
        >>> fixed(-1.25, 1), fixed(float("inf"), 1), fixed(0.00001234, None), fixed(1234.5, None)
        ('−1.2', '∞', '1.23e−5', '1234')
    """
    if math.isnan(number):
        return NOTHING
    size = abs(number)
    text = "∞" if math.isinf(size) else _significant(size) if places is None else f"{size:.{places}f}"
    return f"−{text}" if number < 0 and text.strip("0.") else text


def _significant(size: float) -> str:
    """A number that is not negative, with three significant digits; powers of ten where it would be long."""
    if size == 0:
        return "0"
    power = int(f"{size:.2e}".partition("e")[2])
    if -4 <= power < 6:
        return f"{size:.{max(0, 2 - power)}f}"
    return f"{size / 10.0**power:.2f}e{power}".replace("-", "−")


def interval(values: Summary, places: int | None, clips: int | None = None) -> str:
    """`median [low, high]`; the median alone where both ends read like it.

    Where the value is defined for fewer than `clips` clips, their number follows.

    Example:
        >>> interval(Summary(17.2, 15.1, 19.0, 8, 1), 1, clips=9)
        '17.2 [15.1, 19.0] (8 of 9)'
    """
    middle, low, high = (fixed(number, places) for number in values[:3])
    text = middle if low == middle == high else f"{middle} [{low}, {high}]"
    return text if clips is None or not 0 < values.defined < clips else f"{text} ({values.defined} of {clips})"


def rate(number: float) -> str:
    """A rate in kbit/s: one decimal below 100.

    Example:
        >>> rate(23.71), rate(705.6)
        ('23.7', '706')
    """
    return fixed(number, 1 if abs(number) < 99.95 else 0)


def speed(number: float) -> str:
    """A multiple of real time, with two or more digits.

    Example:
        >>> speed(0.051), speed(3.2), speed(81.3)
        ('0.05', '3.2', '81')
    """
    return fixed(number, 0 if number >= 9.95 else 1 if number >= 0.995 else 2)


def mebibytes(number: float) -> str:
    """Bytes as MiB."""
    size = number / 2**20
    return fixed(size, 0 if size >= 9.95 else 1)


def milliseconds(number: float) -> str:
    """Seconds as whole milliseconds, one decimal below ten."""
    return fixed(1000 * number, 0 if abs(number) >= 0.00995 or number == 0 else 1)


def arrow(metric: Metric) -> str:
    """↑ where higher is better, ↓ where lower is."""
    return "↑" if metric.better == "higher" else "↓"


def heading(metric: Metric) -> str:
    """The metric over its column: name, unit and which way is better."""
    return " ".join(part for part in (metric.name, metric.unit, arrow(metric)) if part)


_SPECIAL = re.compile(r"([\\`*_\[\]|~#])")


@dataclass(frozen=True)
class Table:
    """Text in lines and columns."""

    header: tuple[str, ...]
    """One text per column."""
    lines: tuple[tuple[str, ...], ...]
    """The cells of each line, as many as `header`."""
    texts: frozenset[int] = frozenset({0})
    """The columns that hold text; the others hold numbers and are aligned to the right."""

    def __bool__(self) -> bool:
        return bool(self.lines)


def table(header: Iterable[str], lines: Iterable[Iterable[str]], texts: Iterable[int] = (0,)) -> Table:
    """A table from any iterables of text."""
    return Table(tuple(header), tuple(tuple(line) for line in lines), frozenset(texts))


def markdown(content: Table, *, escape: bool = True) -> str:
    """Return the table in GitHub's Markdown, ending in a line break; without `escape` its texts are Markdown already.

    Example:
        >>> markdown(table(["codec", "kbps"], [["a|b", "24"]]))
        '| codec | kbps |\\n| --- | ---: |\\n| a\\\\|b | 24 |\\n'
    """
    rules = ["---" if column in content.texts else "---:" for column in range(len(content.header))]
    text = escaped if escape else str
    rows = [list(map(text, content.header)), rules, *(list(map(text, line)) for line in content.lines)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def escaped(text: str) -> str:
    """Text that Markdown shows as it is: on one line, with every sign that means something escaped."""
    visible = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", visible)
