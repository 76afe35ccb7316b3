"""Figures of the curve of a training: its loss, and each scalar of its evaluations, over steps."""

from collections.abc import Sequence
from pathlib import Path

from ligeia.plots.curves import plot_lines
from ligeia.plots.style import save_figure
from ligeia.records.journal import Row

NOT_DRAWN = ("step", "seconds", "learning_rate")
VALIDATION = "validation_"


def draw_curve(rows: Sequence[Row], folder: Path) -> list[Path]:
    """Write `NAME.svg` for each scalar of a curve into a folder; a scalar joins the one that it validates.

    Raises:
        InputError: a file cannot be written.
        MissingExtra: matplotlib is not installed.
    """
    names = dict.fromkeys(name for row in rows for name in row if name not in NOT_DRAWN)
    written = []
    for name in names:
        if name.startswith(VALIDATION) and name.removeprefix(VALIDATION) in names:
            continue
        series = {label: _points(rows, label) for label in (name, VALIDATION + name) if label in names}
        positive = all(value > 0 for points in series.values() for _, value in points)
        written.append(folder / f"{name}.svg")
        save_figure(plot_lines(series, x="step", y=name, log="y" if positive and len(series) > 1 else ""), written[-1])
    return written


def _points(rows: Sequence[Row], name: str) -> list[tuple[float, float]]:
    return [(row["step"], row[name]) for row in rows if name in row]
