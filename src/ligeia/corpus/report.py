"""The table at the end: files, bytes, rates, figures and failures of a corpus, counted as the rows stream by."""

import math
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ligeia.audio.atomic import write_bytes
from ligeia.corpus.manifest import Manifest
from ligeia.corpus.order import Order
from ligeia.corpus.ordering import Record, matched
from ligeia.corpus.rows import ROWS, rows_in
from ligeia.records.report import Section, to_markdown
from ligeia.records.tables import Table, fixed, table

REPORT = "report.md"
OTHERS = "other reasons"
MOST_REASONS = 100
"""Reasons that are counted one by one."""
_NUMBER = re.compile(r"\d+(\.\d+)?")


@dataclass
class Spread:
    """Figures as they come: mean, median to four digits, and the worst with its file, in memory that does not grow."""

    count: int = 0
    total: float = 0.0
    worst: float = math.nan
    where: str = ""
    seen: Counter[float] = field(default_factory=Counter)

    def add(self, value: float, name: str, *, higher: bool) -> None:
        """Count a finite figure of a file; `higher` is better, or lower."""
        self.count, self.total = self.count + 1, self.total + value
        self.seen[float(f"{value:.3e}")] += 1
        if not self.where or (value < self.worst if higher else value > self.worst):
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
class Failures:
    """Files that failed for one reason."""

    count: int = 0
    example: str = ""
    error: str = ""


@dataclass
class Totals:
    """What has become of a corpus."""

    files: int = 0
    done: int = 0
    failed: int = 0
    bytes_in: int = 0
    """Bytes of the sources of what is done."""
    bytes_out: int = 0
    seconds: float = 0.0
    """Seconds of sound that are done."""
    figures: dict[str, Spread] = field(default_factory=dict)
    failures: dict[str, Failures] = field(default_factory=dict)

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
            self._fail(entry["source"], row["error"])
            return
        self.done, self.bytes_in = self.done + 1, self.bytes_in + row["bytes"]
        self.bytes_out, self.seconds = self.bytes_out + row.get("output_bytes", 0), self.seconds + row["seconds"]
        for name, value in row["figures"].items():
            spread = self.figures.setdefault(name, Spread())
            if value is not None:
                spread.add(value, entry["source"], higher=True)

    def _fail(self, source: str, error: str) -> None:
        reason = _NUMBER.sub("N", error.replace(source, "…"))
        if reason not in self.failures and len(self.failures) >= MOST_REASONS:
            reason = OTHERS
        failures = self.failures.setdefault(reason, Failures(example=source, error=error))
        failures.count += 1

    def by_reason(self) -> list[Failures]:
        """Return the failures, the most frequent reason first."""
        return [
            self.failures[reason] for reason in sorted(self.failures, key=lambda it: (-self.failures[it].count, it))
        ]

    def facts(self) -> dict[str, Any]:
        """Return the totals as plain data."""
        figures = {
            name: {"mean": spread.mean, "median": spread.median, "worst": spread.worst, "worst_file": spread.where,
                   "defined": spread.count}
            for name, spread in self.figures.items()
        }  # fmt: skip
        failures = [
            {"files": found.count, "example": found.example, "error": found.error} for found in self.by_reason()
        ]
        return {
            "files": self.files, "done": self.done, "failed": self.failed, "not_reached": self.missing,
            "bytes_in": self.bytes_in, "bytes_out": self.bytes_out, "seconds": self.seconds, "kbps": self.kbps,
            "figures": figures, "failures": failures,
        }  # fmt: skip


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
    settings = ", ".join(f"{name} {value}" for name, value in order.settings.items() if value is not None)
    sections = tuple(Section(table=part) for part in tables_of(totals))
    report = Section(heading=f"Corpus: {order.action}", paragraphs=(f"Settings: {settings}.",), sections=sections)
    path = order.state / REPORT
    write_bytes(path, to_markdown(report, {}).encode(), overwrite=True)
    return path


def tables_of(totals: Totals) -> list[Table]:
    """Return the tables of a report: all files together, figures, and failures by their reason; without empty ones."""
    return [part for part in (_sums(totals), _figures(totals), _failures(totals)) if part]


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
        (name, *map(_text, (spread.mean, spread.median, spread.worst)), spread.where, str(spread.count))
        for name, spread in totals.figures.items()
    ]
    return table(("figure", "mean", "median", "worst", "of", "files"), lines, texts=(0, 4))


def _failures(totals: Totals) -> Table:
    lines = ((found.error, str(found.count), found.example) for found in totals.by_reason())
    return table(("failed because", "files", "such as"), lines, texts=(0, 2))


def _text(value: float) -> str:
    return fixed(value, 2)
