"""The chart of the README: quality over rate on the clips that no model of the package has learned from."""

import hashlib
import json
import re
from dataclasses import replace

from benchmarks.rows import RESULTS, ROOT
from ligeia.audio.atomic import write_bytes
from ligeia.bench.tables import curves
from ligeia.metrics.table import METRICS
from ligeia.plots.curves import Curve, Panel, plot_panels
from ligeia.plots.style import render
from ligeia.records.journal import read_rows
from ligeia.records.tables import heading

PICTURE = ROOT / "docs" / "quality.svg"
FAMILIES = ("ligeia", "opus", "mp3", "aac", "vorbis")
PANELS = (
    ("speech", "pesq_wb", (7.0, 70.0)),
    ("speech", "visqol_speech", (7.0, 70.0)),
    ("music", "visqol_audio", (14.0, 140.0)),
    ("music", "si_sdr", (14.0, 140.0)),
)
"""Group, metric, and the rates in kbit/s that are shown."""


def panels() -> list[Panel]:
    """Return what is drawn: medians over the clips of a group."""
    rows = [row for row in read_rows(RESULTS / "unlearned" / "rows.jsonl") if row["family"] in FAMILIES]
    made = []
    for group, name, rates in PANELS:
        members = [row for row in rows if row["group"] == group]
        shown = tuple(within(curve, rates) for curve in curves(members, METRICS[name]))
        clips = len({row["clip"] for row in members})
        made.append(Panel(f"{group}, {clips} clips", heading(METRICS[name]), shown))
    return made


def within(curve: Curve, rates: tuple[float, float]) -> Curve:
    """Return the part of a curve between two rates."""
    return replace(curve, points=tuple(point for point in curve.points if rates[0] <= point.kbps <= rates[1]))


def digest(made: list[Panel]) -> str:
    """Return what tells a chart of these panels from others: it is written into the picture."""
    facts = [
        (panel.title, panel.quality_label, curve.family, [(point.kbps, point.quality) for point in curve.points])
        for panel in made
        for curve in panel.curves
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def write_chart() -> None:
    """Draw the chart again, unless it is that of the rows already."""
    made = panels()
    if PICTURE.is_file() and digest(made) in PICTURE.read_text(encoding="utf-8"):
        return
    from matplotlib import rc_context

    # Text as text: letters drawn as curves, and long lists of fonts, would be half of the file.
    with rc_context({"svg.fonttype": "none", "font.sans-serif": ["DejaVu Sans", "Arial"]}):
        picture = render(plot_panels(made), "svg").decode()
    short = re.sub(r"(\.\d\d)\d+", r"\1", re.sub(r"\n\s*", "\n", picture))
    write_bytes(PICTURE, f"{short.rstrip()}\n<!-- {digest(made)} -->\n".encode(), overwrite=True)
