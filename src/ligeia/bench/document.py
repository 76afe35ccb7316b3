"""What a report says, before it is Markdown or HTML: charts and tables, group by group."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ligeia.bench.findings import environment_table, failure_table, note_table, undefined_table, version_table
from ligeia.bench.points import curves
from ligeia.bench.rows import Row, by_clip, by_codec, by_family, by_group, failed, latest, natural, value
from ligeia.bench.tables import COST, METRICS, QUALITY, codec_table, delta_table
from ligeia.metrics.metric import Metric
from ligeia.plots.curves import Curve, has_points
from ligeia.plots.palette import Style, styles
from ligeia.records.tables import Table, heading

ABREAST = 4
"""So many metrics stand side by side in one table."""
TITLE = "Ligeia beside other codecs"
READING = (
    "A rate counts every byte of the file; the payload rate leaves the container out. Values are medians over the "
    "clips of a group; in brackets the 95 % interval of that median (percentile bootstrap over clips, 2000 resamples). "
    "↑ says that higher is better, ↓ that lower is. A hollow marker rests on fewer clips than the group has: the codec "
    "failed on the others, or the metric is undefined there."
)
DELTAS = (
    "BD-rate: how many per cent more bits a family needs than {anchor} at equal quality (negative: fewer). BD-quality: "
    "how far its value lies above at equal rate, in units of the metric. Bjøntegaard deltas (VCEG-M33, with PCHIP) "
    "clip by clip, then the median over clips; overlap: the share of the shorter curve that both cover."
)


@dataclass(frozen=True)
class Chart:
    """Rate-distortion curves of one group by one metric."""

    group: str
    metric: str
    label: str
    """What the quality axis says."""
    curves: tuple[Curve, ...]

    @property
    def title(self) -> str:
        """What stands over it."""
        return f"{self.group}: {self.metric} over rate"


@dataclass(frozen=True)
class Part:
    """A heading, a text and a table; `heading` may be empty."""

    heading: str
    text: str
    table: Table
    by_metric: bool = False
    """Whether each line of the table is about the metric that its first cell names."""


@dataclass(frozen=True)
class Group:
    """All about one group of clips."""

    name: str
    charts: tuple[Chart, ...]
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Document:
    """A report."""

    title: str
    facts: str
    """How much was measured, in one line."""
    groups: tuple[Group, ...]
    appendix: tuple[Part, ...]
    metrics: tuple[str, ...]
    """Names of the metrics that some chart shows, in the order of the table of metrics."""
    styles: Mapping[str, Style]
    """The look of each family, the same in all charts."""


def document(
    rows: Iterable[Row],
    environments: Mapping[str, Mapping[str, Any]],
    metrics: Mapping[str, Metric],
    anchor: str,
) -> Document:
    """The report on `rows`; of rows for the same clip and codec the last counts."""
    kept = sorted(latest(rows), key=lambda row: (natural(str(row["clip"])), natural(str(row["codec"]))))
    groups = tuple(_group(name, found, metrics, anchor) for name, found in by_group(kept).items())
    shown = {chart.metric for group in groups for chart in group.charts}
    return Document(
        title=TITLE,
        facts=_facts(kept),
        groups=groups,
        appendix=_appendix(kept, environments, metrics),
        metrics=tuple(name for name in metrics if name in shown),
        styles=styles(by_family(kept)),
    )


def _facts(rows: Sequence[Row]) -> str:
    counts = {"clip": len(by_clip(rows)), "codec": len(by_codec(rows)), "measurement": len(rows)}
    failures = sum(map(failed, rows))
    return ", ".join(_counted(count, noun) for noun, count in counts.items()) + f", {failures} failed."


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _group(name: str, rows: list[Row], metrics: Mapping[str, Metric], anchor: str) -> Group:
    charts = (Chart(name, metric.name, _axis(metric), tuple(curves(rows, metric))) for metric in metrics.values())
    missing = f"No Bjøntegaard deltas: nothing by {anchor} and another family was measured here."
    beside = delta_table(rows, anchor, metrics)
    parts = (
        *_quality(rows, metrics),
        Part("Time and memory", "Speeds are medians, memory is the most of any clip.", codec_table(rows, {}, COST)),
        Part(f"Beside {anchor}", DELTAS.format(anchor=anchor) if beside else missing, beside, by_metric=True),
    )
    return Group(name, tuple(chart for chart in charts if has_points(chart.curves)), parts)


def _quality(rows: list[Row], metrics: Mapping[str, Metric]) -> list[Part]:
    """The metrics that have values here, a few to a table, so that each can be read."""
    shown = [metric for metric in metrics.values() if any(not math.isnan(value(row, metric.name)) for row in rows)]
    parts = [Part("Rate and quality", "", codec_table(rows, _named(shown[:ABREAST]), QUALITY))]
    more = (shown[start : start + ABREAST] for start in range(ABREAST, len(shown), ABREAST))
    return parts + [Part("", "", codec_table(rows, _named(few), ("kbps", METRICS))) for few in more]


def _named(metrics: Iterable[Metric]) -> dict[str, Metric]:
    return {metric.name: metric for metric in metrics}


def _axis(metric: Metric) -> str:
    unit = f" in {metric.unit}" if metric.unit else ""
    return f"{metric.name}{unit} ({metric.better} is better)"


def _appendix(
    rows: list[Row], environments: Mapping[str, Mapping[str, Any]], metrics: Mapping[str, Metric]
) -> tuple[Part, ...]:
    return (
        _part("Failures", "None.", failure_table(rows)),
        _part("Undefined values", "None.", undefined_table(rows, metrics)),
        _part("Remarks", "None.", note_table(rows)),
        _part("Metrics", "None.", _metric_table(metrics)),
        _part("Codecs", "None.", version_table(rows)),
        _part("Environment", "Not recorded.", environment_table(rows, environments)),
    )


def _part(heading: str, otherwise: str, table: Table) -> Part:
    return Part(heading, "" if table else otherwise, table)


def _metric_table(metrics: Mapping[str, Metric]) -> Table:
    lines = tuple(
        (heading(metric), metric.summary, metric.source, metric.package or "", str(metric.formula))
        for metric in metrics.values()
    )
    return Table(("metric", "what it measures", "source", "package", "version"), lines, frozenset(range(4)))
