"""Figures: made empty, saved the same every time."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ligeia.errors import MissingExtra

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_TIMELESS: dict[str, dict[str, Any]] = {".svg": {"Date": None, "Creator": None}, ".png": {"Software": None}}
"""Metadata that would tell the time and the version of matplotlib, left out."""


def new_figure(width: float, height: float) -> "Figure":
    """An empty figure of so many inches.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except (ImportError, OSError) as error:
        raise MissingExtra("matplotlib", "plot") from error
    return Figure(figsize=(width, height), layout="constrained")


def save_figure(figure: "Figure", path: Path) -> None:
    """Write a figure as its ending says (.svg, .png); the same figure gives the same bytes.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    new_figure(1, 1)  # says what is missing
    from matplotlib import rc_context

    with warnings.catch_warnings(), rc_context({"svg.hashsalt": "ligeia"}):
        warnings.filterwarnings("ignore", message="Glyph .* missing from")  # a name in a script that the font lacks
        figure.savefig(path, dpi=150, metadata=_TIMELESS.get(path.suffix))


def shown(text: str, most: int = 60) -> str:
    """Text on one line, without what fonts have no shape for, and not too long."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
