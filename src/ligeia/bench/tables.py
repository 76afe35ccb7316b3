"""Figures from rows: curves over rate, Bjøntegaard deltas beside an anchor, and the tables of a report.

Everything is a median over the clips of a group, with one point or line per codec and setting.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ligeia.bench.rows import Row, by, by_codec, failed, kbps, measured, number, value
from ligeia.errors import UndefinedScore
from ligeia.metrics.metric import Metric
from ligeia.plots.curves import Curve, Point
from ligeia.records.statistics import Delta, RateQuality, Summary, bd_quality, bd_rate, median, summary
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
"""Placeholder in a list of columns for all chosen metrics."""
QUALITY = ("clips", "kbps", "payload kbps", METRICS, "failed")
"""Columns of the first table of a group: what was stored and how it sounds."""
COST = ("clips", "delay ms", "encode × real time", "decode × real time", "encode MiB", "decode MiB", "failed")
"""Columns of the second: what it took."""

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


def curves(rows: Iterable[Row], metric: Metric) -> list[Curve]:
    """One curve per family, in order of name; a family with lossless settings has them as a curve of their own.

    A point lies at the median rate of the files and the median of the metric, both over the clips that were measured;
    it is partial where some clips of the group lack: the codec failed on them, was not run on them, or the metric is
    undefined. Settings that failed on all clips have no point.
    """
    rows = list(rows)
    clips = len(by(rows, "clip"))
    kinds = [
        (family, lossless, [row for row in members if bool(row.get("lossless")) is lossless])
        for family, members in by(rows, "family").items()
        for lossless in (False, True)
    ]
    return [_curve(family, members, metric, lossless, clips) for family, lossless, members in kinds if members]


def _curve(family: str, rows: Rows, metric: Metric, lossless: bool, clips: int) -> Curve:
    points = [_point(members, metric, lossless, clips) for members in by_codec(rows).values() if measured(members)]
    return Curve(family, tuple(points), lossless)


def _point(rows: Rows, metric: Metric, lossless: bool, clips: int) -> Point:
    quality = summary(_values(rows, metric))
    counted = len(measured(rows)) if lossless else quality.defined
    ends = {"quality": quality.median, "low": quality.low, "high": quality.high}
    return Point(kbps=kbps(rows), **ends, partial=counted < clips)


@dataclass(frozen=True)
class FamilyDelta:
    """One family beside the anchor, by one metric."""

    family: str
    clips: int
    """Clips that both were measured on."""
    rate: Summary
    """BD-rate in per cent over the clips where it is defined; negative: fewer bits than the anchor."""
    quality: Summary
    """BD-quality in units of the metric over the clips where it is defined."""
    share: float
    """Median share of the qualities of the shorter curve that the BD-rate was taken over, 0 to 1."""
    reasons: Mapping[str, int]
    """Reasons for missing values, with the number of clips."""


def deltas(rows: Iterable[Row], anchor_family: str, metric: Metric) -> list[FamilyDelta]:
    """BD-rate and BD-quality of every lossy family beside `anchor_family`; medians with bootstrap intervals.

    Empty where the anchor has no rows. The curve of a family on one clip is made of all its settings.
    """
    lossy = [row for row in measured(rows) if not row.get("lossless")]
    families = {name: by(members, "clip") for name, members in by(lossy, "family").items()}
    anchor = families.pop(anchor_family, None)
    if anchor is None:
        return []
    return [_beside(anchor, clips, family, metric) for family, clips in families.items()]


def _beside(anchor: Mapping[str, list[Row]], test: Mapping[str, list[Row]], family: str, metric: Metric) -> FamilyDelta:
    def line(rows: Rows) -> RateQuality:
        return [number(row, "kbps") for row in rows], [value(row, metric.name) for row in rows]

    pairs = [(line(anchor[clip]), line(test[clip])) for clip in test if clip in anchor]
    rates = [_tried(bd_rate, pair, metric) for pair in pairs]
    qualities = [_tried(bd_quality, pair, metric) for pair in pairs]
    reasons = Counter(
        reason
        for outcomes in zip(rates, qualities, strict=True)
        for reason in sorted({outcome for outcome in outcomes if isinstance(outcome, str)})
    )
    share = median([delta.share for delta in rates if isinstance(delta, Delta)])
    return FamilyDelta(family, len(pairs), _summary(rates), _summary(qualities), share, dict(sorted(reasons.items())))


def _tried(delta: Callable[..., Delta], pair: tuple[RateQuality, RateQuality], metric: Metric) -> Delta | str:
    """The delta of two curves, or why there is none."""
    try:
        return delta(*pair, better=metric.better)
    except UndefinedScore as reason:
        return str(reason)


def _summary(outcomes: list[Delta | str]) -> Summary:
    return summary([outcome.value if isinstance(outcome, Delta) else float("nan") for outcome in outcomes])


def codec_table(rows: Iterable[Row], metrics: Mapping[str, Metric], columns: Sequence[str]) -> Table:
    """One line per codec and setting, in order of family and rate.

    Rates, delays and speeds are medians over clips, memory is the most of any clip; a metric is its median with the
    95 % bootstrap interval, and the number of clips where it is not defined for all. Metrics that no row has are
    left out. Columns are those of `QUALITY` and `COST`.
    """
    codecs = by_codec(rows)
    chosen = [metric for metric in metrics.values() if any(_defined(members, metric) for members in codecs.values())]
    headings = [heading(metric) for metric in chosen]
    titles = [title for column in columns for title in (headings if column == METRICS else [column])]
    lines = [[codec, *_cells(members, chosen, columns)] for codec, members in codecs.items()]
    return table(["codec", *titles], lines)


def _cells(rows: Rows, metrics: Iterable[Metric], columns: Iterable[str]) -> list[str]:
    clips = len(measured(rows))
    qualities = [interval(summary(_values(rows, metric)), decimals(metric), clips) for metric in metrics]
    return [cell for column in columns for cell in (qualities if column == METRICS else [_CELLS[column](rows)])]


def summary_table(rows: Iterable[Row], metrics: Mapping[str, Metric], codecs: Collection[str] | None = None) -> Table:
    """The short one, without intervals: group and codec, rate, the median of each metric, speeds.

    Args:
        rows: all rows.
        metrics: the columns.
        codecs: the codecs to show (`family:setting`); None shows all.
    """
    lines = [
        [group, codec, *_short_cells(members, metrics)]
        for group, group_rows in by(rows, "group").items()
        for codec, members in by_codec(group_rows).items()
        if codecs is None or codec in codecs
    ]
    header = ["group", "codec", "kbps", *map(heading, metrics.values()), "encode × real time", "decode × real time"]
    return table(header, lines, texts=(0, 1))


def _short_cells(rows: Rows, metrics: Mapping[str, Metric]) -> list[str]:
    medians = [fixed(median(_values(rows, metric)), decimals(metric)) for metric in metrics.values()]
    return [_CELLS["kbps"](rows), *medians, _CELLS["encode × real time"](rows), _CELLS["decode × real time"](rows)]


def delta_table(rows: Iterable[Row], anchor: str, metrics: Mapping[str, Metric]) -> Table:
    """Every lossy family beside the anchor, metric by metric; without lines where the anchor has no rows.

    A family without any value by any metric (too few settings) has one line for all.
    """
    kept = list(rows)
    shown = [metric for metric in metrics.values() if _defined(kept, metric)]
    pairs = [(metric, delta) for metric in shown for delta in deltas(kept, anchor, metric)]
    valued = {delta.family for _, delta in pairs if delta.rate.defined or delta.quality.defined}
    lines = [[m.name, arrow(m), *_delta_cells(delta, m)] for m, delta in pairs if delta.family in valued]
    rest = {delta.family: delta for _, delta in pairs if delta.family not in valued}
    lines += [["all", "", *_delta_cells(delta, None)] for delta in rest.values()]
    header = ["metric", "better", "family", "BD-rate %", "BD-quality", "overlap %", "clips", "no value because"]
    return table(header, lines, texts=(0, 1, 2, 7))


def _delta_cells(delta: FamilyDelta, metric: Metric | None) -> list[str]:
    quality = NOTHING
    if metric is not None and delta.quality.defined:
        quality = f"{interval(delta.quality, decimals(metric, more=1))} {metric.unit}".rstrip()
    reasons = [f"{reason} ({count})" for reason, count in delta.reasons.items()]
    cells = [interval(delta.rate, 1), quality, fixed(100 * delta.share, 0)]
    return [delta.family, *cells, f"{delta.rate.defined} of {delta.clips}", "; ".join(reasons)]


def _values(rows: Rows, metric: Metric) -> list[float]:
    return [value(row, metric.name) for row in measured(rows)]


def _defined(rows: Rows, metric: Metric) -> bool:
    return summary(_values(rows, metric), resamples=1).defined > 0


def _median(rows: Rows, key: str) -> float:
    return median([number(row, key) for row in measured(rows)])


def _most(rows: Rows, key: str) -> float:
    return max((amount for row in rows if (amount := number(row, key)) > 0), default=float("nan"))


def _speed(rows: Rows, key: str) -> float:
    """Median of the seconds of sound per second of work."""
    return median([number(row, "seconds") / max(number(row, key), 1e-9) for row in measured(rows)])
