"""A table as text cells, and its Markdown; whatever stands in a cell is shown as it is, never obeyed."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

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


def markdown(shown: Table) -> str:
    """The table in GitHub's Markdown, ending in a line break.

    Example:
        >>> markdown(table(["codec", "kbps"], [["a|b", "24"]]))
        '| codec | kbps |\\n| --- | ---: |\\n| a\\\\|b | 24 |\\n'
    """
    rules = ["---" if column in shown.texts else "---:" for column in range(len(shown.header))]
    rows = [
        [escaped(cell) for cell in shown.header],
        rules,
        *([escaped(cell) for cell in line] for line in shown.lines),
    ]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def escaped(text: str) -> str:
    """Text that Markdown shows as it is: on one line, with every sign that means something disarmed."""
    visible = printable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", visible)


def printable(text: str) -> str:
    """Text on one line: whatever cannot be seen (controls, direction marks, halves of surrogates) becomes a space.

    Example:
        >>> printable("a\\n\\u202eb  c")
        'a b c'
    """
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
