"""What commands print: one JSON document, or aligned lines for people."""

import json
import sys
from collections.abc import Iterable, Sequence
from math import isfinite, isnan
from typing import Any

import typer

WIDE = 160
"""Columns of a table that goes to a file or a pipe."""


def print_json(facts: dict[str, Any]) -> None:
    """One JSON document; numbers that JSON cannot say are null."""
    typer.echo(json.dumps(plain(facts), indent=2))


def print_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table for people, as wide as the terminal; plain text where it is no terminal."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for title in header:
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console(width=None if sys.stdout.isatty() else WIDE, highlight=False).print(table)


def show(facts: dict[str, Any], *, as_json: bool, lines: list[tuple[str, str]]) -> None:
    """Print `facts` as JSON, or `lines` (name, value) as a table."""
    if as_json:
        print_json(facts)
        return
    width = max(len(name) for name, _ in lines)
    for name, value in lines:
        typer.echo(f"{name:<{width}}  {value}")


def show_notes(notes: Iterable[str], *, as_json: bool) -> None:
    """What a user should know of what comes, on stderr; with JSON nothing, as its document says it."""
    for note in () if as_json else notes:
        typer.echo(f"note: {note}", err=True)


def decibels(ratio: float) -> str:
    """A signal-to-noise ratio for people."""
    return "undefined (silence)" if isnan(ratio) else f"{ratio:.2f} dB"


def plain(value: Any) -> Any:
    """`value` with what JSON cannot say (infinite and undefined numbers) as null."""
    if isinstance(value, dict):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    return None if isinstance(value, float) and not isfinite(value) else value
