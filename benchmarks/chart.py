"""The chart of the README: Ligeia beside the strongest codecs on clips that no model has learned from.

Quality over rate, medians over the clips of a group.
"""

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
FAMILIES = {
    "speech": ("ligeia", "libopus-voip", "libopus-nolace", "lc3", "fdkaac", "mp3"),
    "music": ("ligeia", "libopus-audio", "fdkaac", "fdkaac-he", "mp3"),
}
"""Codecs of the chart, of each the strongest form: the others are in the report."""
NAMES = {
    "ligeia": "Ligeia",
    "libopus-voip": "Opus (voip)",
    "libopus-nolace": "Opus (voip, NoLACE)",
    "libopus-audio": "Opus (audio)",
    "lc3": "LC3",
    "fdkaac": "AAC-LC",
    "fdkaac-he": "HE-AAC",
    "mp3": "MP3",
}
PANELS = (
    ("speech", "pesq_wb", (5.0, 36.0)),
    ("speech", "visqol_speech", (5.0, 36.0)),
    ("music", "visqol_audio", (14.0, 110.0)),
    ("music", "si_sdr", (14.0, 110.0)),
)
"""Group, metric, and the rates in kbit/s that are shown."""


def panels() -> list[Panel]:
    """Return what is drawn: medians over the clips of a group."""
    rows = read_rows(RESULTS / "peers" / "rows.jsonl")
    made = []
    for group, metric, rates in PANELS:
        members = [row for row in rows if row["group"] == group and row["family"] in FAMILIES[group]]
        shown = tuple(named(within(curve, rates)) for curve in curves(members, METRICS[metric]))
        clips = len({row["clip"] for row in members})
        made.append(Panel(f"{group}, {clips} clips", heading(METRICS[metric]), shown))
    return made


def named(curve: Curve) -> Curve:
    """Return a curve with the name that a reader knows the codec by."""
    return replace(curve, name=NAMES[curve.family])


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
