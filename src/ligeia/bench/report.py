"""The report as files: Markdown, one HTML page, and a picture of every group and metric as SVG and PNG."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ligeia.audio.atomic import atomic_path, write_bytes
from ligeia.bench.document import READING, Chart, Document, Group, Part, document
from ligeia.bench.html import page
from ligeia.bench.rows import Row
from ligeia.errors import MissingExtra
from ligeia.metrics.metric import Metric
from ligeia.plots.canvas import save_figure
from ligeia.plots.palette import Style
from ligeia.plots.rate_distortion import plot_rate_distortion
from ligeia.records.tables import escaped, markdown

NO_PICTURES = "The pictures are left out: {reason}. The HTML report has its own."


def write_report(
    rows: Iterable[Row],
    environments: Mapping[str, Mapping[str, Any]],
    folder: Path,
    *,
    metrics: Mapping[str, Metric],
    anchor: str = "opus",
) -> list[Path]:
    """Write report.md, report.html, and rd_<group>_<metric>.svg and .png; each appears whole or not at all.

    The same rows, environments and versions give the same bytes, in whatever order the rows come, except that of
    rows for the same clip and codec the last counts. Files of those names are replaced. Without matplotlib there are
    no .svg and .png, and report.md says so.

    Args:
        rows: what `rows.jsonl` holds, line by line.
        environments: what `environment.json` holds.
        folder: where to write; it must exist.
        metrics: the metrics to show, in this order.
        anchor: the family that the others are compared with.

    Returns:
        The paths written.

    Raises:
        InputError: a row holds what is no number, or a file cannot be written.
    """
    report = document(rows, environments, metrics, anchor)
    pictures, problem = _pictures(report, folder)
    texts = {"report.md": report_markdown(report, problem), "report.html": page(report)}
    for name, said in texts.items():
        write_bytes(folder / name, said.encode("utf-8"), overwrite=True)
    return [*(folder / name for name in texts), *pictures]


def report_markdown(report: Document, problem: str = "") -> str:
    """The report in Markdown; with a `problem`, that stands in the place of the pictures."""
    parts = [f"# {escaped(report.title)}", escaped(report.facts), escaped(READING)]
    parts += [escaped(problem)] if problem else []
    names = {} if problem else picture_names(report)
    parts += [part for group in report.groups for part in _group(group, names)]
    parts += [part for section in report.appendix for part in _part(section, "##")]
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def picture_names(report: Document) -> dict[Chart, str]:
    """The name of each chart's file, without its ending: whatever the group is called, a plain name in the folder.

    Names that had to be changed get a piece of their hash, and so does one that is taken.
    """
    names: dict[Chart, str] = {}
    for chart in (chart for group in report.groups for chart in group.charts):
        name = f"rd_{_plain(chart.group)}_{_plain(chart.metric)}"
        names[chart] = name if name not in names.values() else f"{name}-{_mark(f'{chart.group}/{chart.metric}')}"
    return names


def _plain(name: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name)[:40].strip("-.")
    return plain if plain == name else f"{plain}-{_mark(name)}".lstrip("-")


def _mark(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _pictures(report: Document, folder: Path) -> tuple[list[Path], str]:
    """The files written, and why there are none."""
    written: list[Path] = []
    try:
        for chart, name in picture_names(report).items():
            written += _drawn(chart, report.styles, folder / name)
    except MissingExtra as error:
        return written, NO_PICTURES.format(reason=error)
    return written, ""


def _drawn(chart: Chart, styles: Mapping[str, Style], stem: Path) -> list[Path]:
    figure = plot_rate_distortion(chart.curves, title=chart.title, quality_label=chart.label, styles=styles)
    paths = [stem.with_name(f"{stem.name}{ending}") for ending in (".svg", ".png")]
    for path in paths:
        with atomic_path(path, overwrite=True) as temporary:
            save_figure(figure, temporary)
    return paths


def _group(group: Group, names: Mapping[Chart, str]) -> list[str]:
    pictures = [f"![{escaped(chart.title)}]({names[chart]}.svg)" for chart in group.charts if chart in names]
    return [f"## {escaped(group.name)}", *pictures, *(text for part in group.parts for text in _part(part, "###"))]


def _part(part: Part, level: str) -> list[str]:
    over = f"{level} {escaped(part.heading)}" if part.heading else ""
    pieces = [over, escaped(part.text), markdown(part.table) if part.table else ""]
    return [piece for piece in pieces if piece]
