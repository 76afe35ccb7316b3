"""The table at the end: files, bytes, rates, figures and failures of a corpus, counted as the rows stream by."""

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ligeia.audio.atomic import write_bytes
from ligeia.corpus.manifest import Manifest
from ligeia.corpus.order import Order
from ligeia.corpus.ordering import Record, matched
from ligeia.corpus.rows import ROWS, rows_in
from ligeia.metrics.table import METRICS
from ligeia.records.report import Section, to_markdown
from ligeia.records.tables import Table, decimals, fixed, heading, table

REPORT = "report.md"
OTHERS = "others"
MOST_KINDS = 100
"""Reasons and remarks that are counted one by one."""
FIGURES = {"snr_db": ("SNR dB ↑", "higher"), "si_snr_db": ("SI-SNR dB ↑", "higher"), "taken_db": ("taken off dB", None)}
"""Figures that are not metrics: how their line begins, and which way is better."""
_NUMBER = re.compile(r"\d+(\.\d+)?")


@dataclass
class Spread:
    """Figures as they come: mean, median to four digits, and the worst with its file, in memory that does not grow."""

    count: int = 0
    total: float = 0.0
    worst: float = math.nan
    where: str = ""
    seen: Counter[float] = field(default_factory=Counter)

    def add(self, value: float, name: str, better: str | None = "higher") -> None:
        """Count a finite figure of a file; "higher" or "lower" is better, or neither."""
        self.count, self.total = self.count + 1, self.total + value
        self.seen[float(f"{value:.3e}")] += 1
        if better is not None and (
            not self.where or (value < self.worst if better == "higher" else value > self.worst)
        ):
            self.worst, self.where = value, name

    @property
    def mean(self) -> float:
        """Mean of the figures."""
        return self.total / self.count if self.count else math.nan

    @property
    def median(self) -> float:
        """Median of the figures: of an even number the mean of the two in the middle."""
        places = (self.count - 1) // 2, self.count // 2
        return sum(self._at(place) for place in places) / 2 if self.count else math.nan

    def _at(self, place: int) -> float:
        for value in sorted(self.seen):
            place -= self.seen[value]
            if place < 0:
                return value
        raise AssertionError("a place beyond the last figure")


@dataclass
class Said:
    """Files with the same message, but for names and numbers."""

    count: int = 0
    example: str = ""
    text: str = ""
    """The message about the example."""


class Grouped:
    """Messages about files, grouped by wording: a bounded number of kinds."""

    def __init__(self) -> None:
        self._kinds: dict[str, Said] = {}

    def add(self, entry: Record, text: str) -> None:
        """Count a message about a file, whichever of its names it holds."""
        source, kind = entry["source"], text
        for name in (source, *([] if "estimate" in entry else [entry["output"]])):
            kind = kind.replace(" ".join(name.split()), "…")
        kind = _NUMBER.sub("N", kind)
        if kind not in self._kinds and len(self._kinds) >= MOST_KINDS:
            kind = text = OTHERS
        self._kinds.setdefault(kind, Said(example=source, text=text)).count += 1

    def __iter__(self) -> Iterator[Said]:
        """Yield the most frequent first."""
        order = sorted(self._kinds.items(), key=lambda pair: (-pair[1].count, pair[0]))
        return iter([said for _, said in order])

    def facts(self) -> list[dict[str, Any]]:
        """Return plain data."""
        return [{"files": said.count, "example": said.example, "text": said.text} for said in self]


@dataclass
class Totals:
    """Outcome of a corpus, added up."""

    files: int = 0
    done: int = 0
    failed: int = 0
    bytes_in: int = 0
    """Bytes of the sources of what is done."""
    bytes_out: int = 0
    seconds: float = 0.0
    """Seconds of sound that are done."""
    figures: dict[str, Spread] = field(default_factory=dict)
    failures: Grouped = field(default_factory=Grouped)
    remarks: Grouped = field(default_factory=Grouped)

    @property
    def missing(self) -> int:
        """Files that have no row yet."""
        return self.files - self.done - self.failed

    @property
    def kbps(self) -> float:
        """Rate of all results together, in 1000 bit/s."""
        return 8 * self.bytes_out / self.seconds / 1000 if self.seconds else math.nan

    def add(self, entry: Record, row: Record | None) -> None:
        """Count a file, and its row if it has one."""
        self.files += 1
        if row is None:
            return
        if row["error"] is not None:
            self.failed += 1
            self.failures.add(entry, row["error"])
            return
        self.done, self.bytes_in = self.done + 1, self.bytes_in + row["bytes"]
        self.bytes_out, self.seconds = self.bytes_out + row.get("output_bytes", 0), self.seconds + row["seconds"]
        for name, value in row["figures"].items():
            spread = self.figures.setdefault(name, Spread())
            if value is not None:
                spread.add(value, entry["source"], better_of(name))
        for text in (*row.get("notes", ()), *(f"{name}: {why}" for name, why in row.get("reasons", {}).items())):
            self.remarks.add(entry, text)

    def facts(self) -> dict[str, Any]:
        """Return the totals as plain data."""
        figures = {
            name: {"mean": spread.mean, "median": spread.median, "worst": spread.worst, "worst_file": spread.where,
                   "defined": spread.count}
            for name, spread in self.figures.items()
        }  # fmt: skip
        return {
            "files": self.files, "done": self.done, "failed": self.failed, "not_reached": self.missing,
            "bytes_in": self.bytes_in, "bytes_out": self.bytes_out, "seconds": self.seconds, "kbps": self.kbps,
            "figures": figures, "failures": self.failures.facts(), "remarks": self.remarks.facts(),
        }  # fmt: skip


def better_of(figure: str) -> str | None:
    """Return which way a figure is better, "higher" or "lower"; None where neither is."""
    return METRICS[figure].better if figure in METRICS else FIGURES.get(figure, ("", None))[1]


def total(order: Order, manifest: Manifest) -> Totals:
    """Return the totals over the files of a manifest, each by its last row."""
    totals = Totals()
    for entry, row in matched(manifest.entries(), rows_in(order.state / ROWS)):
        if entry is not None:
            totals.add(entry, row if row is not None and row["source"] == entry["source"] else None)
    return totals


# --- for people -------------------------------------------------------------------------------------------------------


def write_corpus_report(totals: Totals, order: Order) -> Path:
    """Write report.md beside the manifest, and return its path.

    Equal rows give equal bytes, in whatever order they came: how long it took, and where, is not in it.
    """
    settings = ", ".join(
        f"{name} {_said(value)}" for name, value in order.said["settings"].items() if value is not None
    )
    sections = tuple(Section(table=part) for part in tables_of(totals))
    report = Section(heading=f"Corpus: {order.action}", paragraphs=(f"Settings: {settings}.",), sections=sections)
    path = order.state / REPORT
    write_bytes(path, to_markdown(report, {}).encode(), overwrite=True)
    return path


def _said(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def tables_of(totals: Totals) -> list[Table]:
    """Return the tables of a report: all files together, figures, and failures by their reason; without empty ones."""
    return [part for part in (_sums(totals), _figures(totals), *_texts_of(totals)) if part]


def _sums(totals: Totals) -> Table:
    lines = [
        ("files", f"{totals.files:,}"),
        ("done", f"{totals.done:,}"),
        ("failed", f"{totals.failed:,}"),
        *([("not reached", f"{totals.missing:,}")] if totals.missing else []),
        ("sound", f"{totals.seconds:,.1f} s"),
        ("bytes in", f"{totals.bytes_in:,}"),
    ]
    if totals.bytes_out:
        share = f", {100 * totals.bytes_out / totals.bytes_in:.1f} %" if totals.bytes_in else ""
        lines += [("bytes out", f"{totals.bytes_out:,}{share}"), ("kbps", f"{totals.kbps:.2f}")]
    return table(("", "all files"), lines)


def _figures(totals: Totals) -> Table:
    lines = [
        (_heading(name), *_texts(name, spread.mean, spread.median, spread.worst), spread.where, f"{spread.count:,}")
        for name, spread in totals.figures.items()
    ]
    return table(("", "mean", "median", "worst", "of", "files"), lines, texts=(0, 4))


def _heading(figure: str) -> str:
    return heading(METRICS[figure]) if figure in METRICS else FIGURES.get(figure, (figure, None))[0]


def _texts(figure: str, *values: float) -> list[str]:
    places = decimals(METRICS[figure], more=1) if figure in METRICS else 2
    return [fixed(value, places) for value in values]


def _texts_of(totals: Totals) -> Iterator[Table]:
    for title, grouped in (("failed because", totals.failures), ("remark", totals.remarks)):
        lines = ((said.text, f"{said.count:,}", said.example) for said in grouped)
        yield table((title, "files", "such as"), lines, texts=(0, 2))
