"""From rows to curves: medians over the clips of a group, one point per codec and setting."""

from collections.abc import Iterable

from ligeia.bench.rows import Row, by_codec, by_family, kbps, measured, value
from ligeia.metrics.metric import Metric
from ligeia.plots.curves import Curve, Point
from ligeia.records.statistics import summary
from ligeia.records.tables import decimals, interval, rate


def curves(rows: Iterable[Row], metric: Metric) -> list[Curve]:
    """One curve per family, in order of name; a family with lossless settings has them as a curve of their own.

    A point lies at the median rate of the files and the median of the metric, both over the clips that were measured;
    it is partial where the codec failed, or the metric is undefined, on others. Settings that failed on all clips have
    no point.
    """
    made = []
    for family, found in by_family(rows).items():
        for lossless in (False, True):
            of_kind = [row for row in found if bool(row.get("lossless")) is lossless]
            if of_kind:
                made.append(_curve(family, of_kind, metric, lossless))
    return made


def _curve(family: str, rows: list[Row], metric: Metric, lossless: bool) -> Curve:
    points = [_point(codec, found, metric, lossless) for codec, found in by_codec(rows).items() if measured(found)]
    return Curve(family, tuple(points), lossless)


def _point(codec: str, rows: list[Row], metric: Metric, lossless: bool) -> Point:
    found = summary([value(row, metric.name) for row in measured(rows)])
    quality = "lossless" if lossless else f"{metric.name} {interval(found, decimals(metric))} {metric.unit}".rstrip()
    counted = len(measured(rows)) if lossless else found.defined
    clips = f"clips: {counted} of {len(rows)}" if counted < len(rows) else f"clips: {counted}"
    ends = {"quality": found.median, "low": found.low, "high": found.high}
    text = f"{codec}\n{rate(kbps(rows))} kbps\n{quality}\n{clips}"
    return Point(kbps=kbps(rows), **ends, partial=counted < len(rows), text=text)
