"""What a study is: a question, cells to be filled in one by one, and figures made from the rows."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ligeia.records.journal import Row

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Cell = dict[str, Any]
"""What one row is about, as plain data: it finds the row again when a run goes on."""


Fill = Callable[[Cell], Row]
"""Fills one cell."""


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Where a search keeps what it has found out: a file of its own, or a database; nowhere, where neither is given."""

    path: Path | None = None
    """A file in the folder of the rows. Beside a database nothing is written there, but it says who is searching."""
    database: str | None = field(default=None, repr=False)
    """Address (as SQLAlchemy takes it) of a database in which others search too. It may hold a password."""


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
    """The cells of a CONFIG, in the order in which they are filled."""
    measure: Callable[[Any, Cell], Row]
    """Fills one cell."""
    table: Callable[[list[Row]], tuple[list[str], list[list[str]]]]
    """Header and lines of the table that answers the question."""
    selecting: frozenset[str] = frozenset()
    """Fields of a CONFIG that only say which cells there are: a row stays what it is when they change."""
    figures: Callable[[list[Row]], "dict[str, Figure]"]
    """Figures by name, from the rows alone.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    search: Callable[[Any, Memory], AbstractContextManager[Fill]] | None = None
    """For a study whose cells depend on those before them: opens its memory for a CONFIG, and fills cells from it.

    `measure` then does the same without a memory.
    """
