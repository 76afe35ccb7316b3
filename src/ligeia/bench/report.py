"""The report of a benchmark: curves and tables group by group, then what else a reader must know.

Words and order are decided here; `records.report` writes them as Markdown, pictures and one HTML page.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from ligeia.bench.rows import Row, by, by_codec, failed, latest, measured, natural, value
from ligeia.bench.tables import COST, METRICS, QUALITY, codec_table, curves, delta_table
from ligeia.metrics.metric import Metric
from ligeia.plots.curves import has_points, plot_rate_distortion
from ligeia.plots.style import Style, styles
from ligeia.records.report import Picture, Section, write_report
from ligeia.records.tables import Table, heading, table

ABREAST = 4
"""Metrics side by side in one table."""
EXAMPLES = 3
"""Codecs and clips that are named as examples of a failure or a remark."""
UNGROUPED = "clips"
"""Name of the clips that are in no group."""
TITLE = "Ligeia beside other codecs"
READING = (
    "A rate counts every byte of the file; the payload rate leaves the container out. Values are medians over the "
    "clips of a group; in brackets the 95 % interval of that median (percentile bootstrap over clips, 2000 resamples). "
    "↑ says that higher is better, ↓ that lower is. A hollow marker rests on fewer clips than the group has: the codec "
    "failed on the others, was not run on them, or the metric is undefined there."
)
DELTAS = (
    "BD-rate: how many per cent more bits a family needs than {anchor} at equal quality (negative: fewer). BD-quality: "
    "how far its value lies above at equal rate, in units of the metric. Bjøntegaard deltas (VCEG-M33, with PCHIP) "
    "clip by clip, then the median over clips; overlap: the share of the shorter curve that both cover."
)
NO_DELTAS = "No Bjøntegaard deltas: nothing by {anchor} and another family was measured here."
COSTS = "Speeds are medians, memory is the most of any clip."

Environments = Mapping[str, Mapping[str, Any]]
"""The content of `environment.json`."""


def write_bench_report(
    rows: Iterable[Row],
    environments: Environments,
    folder: Path,
    *,
    metrics: Mapping[str, Metric],
    anchor: str = "opus",
    notes: Sequence[str] = (),
) -> list[Path]:
    """Write report.md, report.html, and rd_<group>_<metric>.svg and .png into a folder that exists.

    The same rows, environments and versions give the same bytes, in whatever order the rows come, except that of
    rows for the same clip and codec the last counts.

    Args:
        rows: the lines of `rows.jsonl`.
        environments: the content of `environment.json`.
        folder: where to write; files of those names are replaced.
        metrics: the metrics to show, in this order.
        anchor: the family that the others are compared with.
        notes: what the reader must know of the rows before anything else.

    Returns:
        The paths written.

    Raises:
        InputError: a row holds a value that is not a number, or a file cannot be written.
    """
    return write_report(bench_report(rows, environments, metrics, anchor, notes), folder)


def bench_report(
    rows: Iterable[Row],
    environments: Environments,
    metrics: Mapping[str, Metric],
    anchor: str,
    notes: Sequence[str] = (),
) -> Section:
    """The report on `rows`; of rows for the same clip and codec the last counts."""
    kept = sorted(latest(rows), key=lambda row: (natural(str(row["clip"])), natural(str(row["codec"]))))
    looks = styles(by(kept, "family"))
    groups = (_group(name, members, metrics, anchor, looks) for name, members in by(kept, "group").items())
    return Section(
        heading=TITLE,
        paragraphs=(_counts(kept), *(f"Note: {note}." for note in notes), READING),
        sections=(*groups, *_appendix(kept, environments, metrics)),
    )


def _counts(rows: Sequence[Row]) -> str:
    counts = {"clip": len(by(rows, "clip")), "codec": len(by_codec(rows)), "measurement": len(rows)}
    parts = [f"{count} {noun}{'' if count == 1 else 's'}" for noun, count in counts.items()]
    return ", ".join([*parts, f"{sum(map(failed, rows))} failed."])


def _group(
    name: str, rows: list[Row], metrics: Mapping[str, Metric], anchor: str, looks: Mapping[str, Style]
) -> Section:
    name = name or UNGROUPED
    pictures = (_picture(name, rows, metric, looks) for metric in metrics.values())
    deltas = delta_table(rows, anchor, metrics)
    text = (DELTAS if deltas else NO_DELTAS).format(anchor=anchor)
    parts = (
        *_quality(rows, metrics),
        Section(heading="Time and memory", paragraphs=(COSTS,), table=codec_table(rows, {}, COST)),
        Section(heading=f"Beside {anchor}", paragraphs=(text,), table=deltas),
    )
    return Section(heading=name, pictures=tuple(filter(None, pictures)), sections=parts)


def _picture(group: str, rows: list[Row], metric: Metric, looks: Mapping[str, Style]) -> Picture | None:
    """The curves of a group by one metric; None where there is nothing but lossless codecs to draw."""
    drawn = curves(rows, metric)
    unit = f" in {metric.unit}" if metric.unit else ""
    label = f"{metric.name}{unit} ({metric.better} is better)"
    title = f"{group}: {metric.name} over rate"
    draw = partial(plot_rate_distortion, drawn, title=title, quality_label=label, styles=looks)
    return Picture(f"rd_{group}_{metric.name}", title, draw) if has_points(drawn) else None


def _quality(rows: list[Row], metrics: Mapping[str, Metric]) -> list[Section]:
    """The metrics that have values here, a few to a table, so that each can be read."""
    shown = [metric for metric in metrics.values() if any(not math.isnan(value(row, metric.name)) for row in rows)]
    batches = [shown[start : start + ABREAST] for start in range(0, max(len(shown), 1), ABREAST)]
    tables = [
        codec_table(rows, {metric.name: metric for metric in batch}, ("kbps", METRICS) if number else QUALITY)
        for number, batch in enumerate(batches)
    ]
    return [
        Section(heading="" if number else "Rate and quality", table=quality) for number, quality in enumerate(tables)
    ]


def _appendix(rows: list[Row], environments: Environments, metrics: Mapping[str, Metric]) -> tuple[Section, ...]:
    tables = {
        "Failures": failure_table(rows),
        "Undefined values": undefined_table(rows, metrics),
        "Remarks": note_table(rows),
        "Metrics": metric_table(metrics),
        "Codecs": version_table(rows),
        "Environment": environment_table(rows, environments),
    }
    return tuple(
        Section(heading=title, paragraphs=() if shown else ("None.",), table=shown) for title, shown in tables.items()
    )


def failure_table(rows: Iterable[Row]) -> Table:
    """A line for each family and message of failure, with places and their number."""
    failures = ((str(row["family"]), str(row["error"]), _place(row)) for row in rows if failed(row))
    return _example_table(("family", "message"), failures)


def undefined_table(rows: Iterable[Row], metrics: Mapping[str, Any]) -> Table:
    """A line for each metric and reason why it has no value, with places and their number."""
    reasons = (
        (metric, str(reason), _place(row))
        for row in measured(rows)
        for metric, reason in (row.get("reasons") or {}).items()
        if metric in metrics
    )
    return _example_table(("metric", "reason for a missing value"), reasons)


def note_table(rows: Iterable[Row]) -> Table:
    """A line for each family and remark made while measuring, with places and their number."""
    notes = ((str(row["family"]), str(note), _place(row)) for row in rows for note in row.get("notes") or [])
    return _example_table(("family", "remark"), notes)


def metric_table(metrics: Mapping[str, Metric]) -> Table:
    """A line for each metric: meaning, source, and the formula or package that computes it."""
    lines = (
        (heading(metric), metric.summary, metric.source, metric.package or "", str(metric.formula))
        for metric in metrics.values()
    )
    return table(("metric", "what it measures", "source", "package", "version"), lines, texts=range(4))


def version_table(rows: Iterable[Row]) -> Table:
    """Program, library and options of every codec; codecs with the same text share a line."""
    versions: dict[str, list[str]] = {}
    for codec, members in by_codec(rows).items():
        for version in sorted({str(row["version"]) for row in members if row.get("version")}):
            versions.setdefault(version, []).append(codec)
    lines = ([", ".join(names), version] for version, names in versions.items())
    return table(["codec", "version and options"], lines, texts=(0, 1))


def environment_table(rows: Iterable[Row], environments: Environments) -> Table:
    """A line for each fact about each environment that a row names."""
    counts: dict[str, int] = {}
    for row in rows:
        name = str(row.get("environment"))
        counts[name] = counts.get(name, 0) + 1
    lines = [
        [name, fact, text]
        for name in sorted(counts)
        for fact, text in [("rows", str(counts[name])), *_facts(environments.get(name))]
    ]
    return table(["environment", "what", "is"], lines, texts=(0, 1, 2))


def _facts(environment: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    if environment is None:
        return [("", "not recorded")]
    return [(str(name), _text(fact)) for name, fact in environment.items()]


def _text(fact: Any) -> str:
    if isinstance(fact, Mapping):
        return ", ".join(f"{name} {_text(part)}" for name, part in sorted(fact.items()))
    return "unknown" if fact is None else str(fact)


def _example_table(header: tuple[str, str], triples: Iterable[tuple[str, str, str]]) -> Table:
    """A line for each pair of texts, in order, with a few examples and their number."""
    examples: dict[tuple[str, str], set[str]] = {}
    for first, second, example in triples:
        examples.setdefault((first, second), set()).add(example)
    pairs = sorted(examples, key=lambda pair: (natural(pair[0]), pair[1]))
    lines = [[*pair, _named(sorted(examples[pair], key=natural)), str(len(examples[pair]))] for pair in pairs]
    return table([*header, "where", "how often"], lines, texts=(0, 1, 2))


def _place(row: Row) -> str:
    return f"{row['codec']} on {row['clip']}"


def _named(names: list[str]) -> str:
    more = len(names) - EXAMPLES
    return ", ".join(names[:EXAMPLES]) + (f" and {more} more" if more > 0 else "")
