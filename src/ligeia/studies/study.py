"""What a study is: a question, cells to be filled in one by one, and figures made from the rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ligeia.bench.journal import Row

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Cell = dict[str, Any]
"""What one row is about, as plain data: it finds the row again when a run goes on."""


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
    """Its CONFIG at each size: "laptop" (minutes on two cores) and "paper" (as published)."""
    cells: Callable[[Any], list[Cell]]
    """The cells of a CONFIG, in the order in which they are filled."""
    measure: Callable[[Any, Cell], Row]
    """Fills one cell."""
    table: Callable[[list[Row]], tuple[list[str], list[list[str]]]]
    """Header and lines of the table that answers the question."""
    figures: Callable[[list[Row]], "dict[str, Figure]"]
    """Figures by name, from the rows alone.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
