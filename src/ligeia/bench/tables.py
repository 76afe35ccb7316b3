"""Tables of what the codecs did: one line per codec, and every family beside the anchor."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from ligeia.bench.deltas import FamilyDelta, deltas
from ligeia.bench.rows import Row, by_codec, by_group, failed, kbps, measured, number, value
from ligeia.errors import InputError
from ligeia.metrics.metric import Metric
from ligeia.records.statistics import median, summary
from ligeia.records.tables import (
    NOTHING,
    Table,
    arrow,
    decimals,
    fixed,
    heading,
    interval,
    mebibytes,
    milliseconds,
    rate,
    speed,
    table,
)

Rows = Sequence[Row]
METRICS = "metrics"
"""Stands in a list of columns for all chosen metrics."""
QUALITY = ("clips", "kbps", "payload kbps", METRICS, "failed")
"""Columns of the first table of a group: what was stored and how it sounds."""
COST = ("clips", "delay ms", "encode × real time", "decode × real time", "encode MiB", "decode MiB", "failed")
"""Columns of the second: what it took."""
ALL = ("clips", "kbps", "payload kbps", "delay ms", METRICS, *COST[2:])

_CELLS: Mapping[str, Callable[[Rows], str]] = {
    "clips": lambda rows: str(len(measured(rows))),
    "kbps": lambda rows: rate(kbps(rows)),
    "payload kbps": lambda rows: rate(_median(rows, "payload_kbps")),
    "delay ms": lambda rows: milliseconds(_median(rows, "delay_seconds")),
    "encode × real time": lambda rows: speed(_speed(rows, "encode_seconds")),
    "decode × real time": lambda rows: speed(_speed(rows, "decode_seconds")),
    "encode MiB": lambda rows: mebibytes(_most(rows, "encode_peak_bytes")),
    "decode MiB": lambda rows: mebibytes(_most(rows, "decode_peak_bytes")),
    "failed": lambda rows: str(sum(map(failed, rows))),
}


def codec_table(rows: Iterable[Row], metrics: Mapping[str, Metric], columns: Sequence[str] = ALL) -> Table:
    """One line per codec and setting, in order of family and rate.

    Rates, delays and speeds are medians over clips, memory is the most of any clip; a metric is its median with the
    95 % bootstrap interval, and the number of clips where it is not defined for all. Metrics that no row has are
    left out.

    Raises:
        InputError: there is no such column.
    """
    codecs = by_codec(rows)
    chosen = [metric for metric in metrics.values() if any(_defined(found, metric) for found in codecs.values())]
    titles = [title for column in columns for title in _titles(column, chosen)]
    lines = [[codec, *_cells(found, chosen, columns)] for codec, found in codecs.items()]
    return table(["codec", *titles], lines)


def summary_table(rows: Iterable[Row], metrics: Mapping[str, Metric], codecs: Collection[str] | None = None) -> Table:
    """The short one, without intervals: group and codec, rate, the median of each metric, speeds.

    Args:
        rows: all rows.
        metrics: the columns.
        codecs: the codecs to show (`family:setting`); None shows all.
    """
    lines = [
        [group, codec, *_short_cells(found, metrics)]
        for group, of_group in by_group(rows).items()
        for codec, found in by_codec(of_group).items()
        if codecs is None or codec in codecs
    ]
    header = ["group", "codec", "kbps", *map(heading, metrics.values()), "encode × real time", "decode × real time"]
    return table(header, lines, texts=(0, 1))


def delta_table(rows: Iterable[Row], anchor: str, metrics: Mapping[str, Metric]) -> Table:
    """Every lossy family beside the anchor, metric by metric; without lines where the anchor has no rows.

    A family without any value by any metric (too few settings) has one line for all.
    """
    given = list(rows)
    found = [
        (metric, delta)
        for metric in metrics.values()
        if _defined(given, metric)
        for delta in deltas(given, anchor, metric)
    ]
    valued = {delta.family for _, delta in found if delta.rate.defined or delta.quality.defined}
    lines = [_delta_line(metric, delta) for metric, delta in found if delta.family in valued]
    rest = {delta.family: delta for _, delta in found if delta.family not in valued}
    lines += [["all", "", *_delta_cells(delta, None)] for delta in rest.values()]
    header = ["metric", "better", "family", "BD-rate %", "BD-quality", "overlap %", "clips", "no value because"]
    return table(header, lines, texts=(0, 1, 2, 7))


def _delta_line(metric: Metric, found: FamilyDelta) -> list[str]:
    return [metric.name, arrow(metric), *_delta_cells(found, metric)]


def _delta_cells(found: FamilyDelta, metric: Metric | None) -> list[str]:
    quality = NOTHING
    if metric is not None and found.quality.defined:
        quality = f"{interval(found.quality, decimals(metric, more=1))} {metric.unit}".rstrip()
    reasons = [f"{reason} ({count})" for reason, count in found.reasons.items()]
    cells = [interval(found.rate, 1), quality, fixed(100 * found.share, 0)]
    return [found.family, *cells, f"{found.rate.defined} of {found.clips}", "; ".join(reasons)]


def _short_cells(rows: Rows, metrics: Mapping[str, Metric]) -> list[str]:
    medians = [fixed(median(_values(rows, metric)), decimals(metric)) for metric in metrics.values()]
    return [_CELLS["kbps"](rows), *medians, _CELLS["encode × real time"](rows), _CELLS["decode × real time"](rows)]


def _cells(rows: Rows, metrics: Iterable[Metric], columns: Iterable[str]) -> list[str]:
    clips = len(measured(rows))
    qualities = [interval(summary(_values(rows, metric)), decimals(metric), clips) for metric in metrics]
    return [cell for column in columns for cell in (qualities if column == METRICS else [_CELLS[column](rows)])]


def _titles(column: str, metrics: Iterable[Metric]) -> list[str]:
    if column == METRICS:
        return [heading(metric) for metric in metrics]
    if column not in _CELLS:
        raise InputError(f"there is no column {column!r}; there are {', '.join([*_CELLS, METRICS])}")
    return [column]


def _values(rows: Rows, metric: Metric) -> list[float]:
    return [value(row, metric.name) for row in measured(rows)]


def _defined(rows: Rows, metric: Metric) -> bool:
    return summary(_values(rows, metric), resamples=1).defined > 0


def _median(rows: Rows, key: str) -> float:
    return median([number(row, key) for row in measured(rows)])


def _most(rows: Rows, key: str) -> float:
    return max((found for row in rows if (found := number(row, key)) > 0), default=float("nan"))


def _speed(rows: Rows, key: str) -> float:
    """Median of the seconds of sound per second of work."""
    return median([number(row, "seconds") / max(number(row, key), 1e-9) for row in measured(rows)])
