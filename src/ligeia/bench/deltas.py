"""Every family beside one of them: Bjøntegaard deltas clip by clip, and their median over the clips."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from ligeia.bench.rows import Row, by_clip, by_family, measured, number, value
from ligeia.errors import UndefinedScore
from ligeia.metrics.metric import Metric
from ligeia.records.statistics import Delta, RateQuality, Summary, bd_quality, bd_rate, median, summary


@dataclass(frozen=True)
class FamilyDelta:
    """One family beside the anchor, by one metric."""

    family: str
    """Who is compared."""
    clips: int
    """Clips that both were measured on."""
    rate: Summary
    """BD-rate in per cent over the clips where it is defined; negative: fewer bits than the anchor."""
    quality: Summary
    """BD-quality in units of the metric over the clips where it is defined."""
    share: float
    """Median share of the qualities of the shorter curve that the BD-rate was taken over, 0 to 1."""
    reasons: Mapping[str, int]
    """Why there is no value, with the number of clips."""


def deltas(rows: Iterable[Row], anchor_family: str, metric: Metric) -> list[FamilyDelta]:
    """BD-rate and BD-quality of every lossy family beside `anchor_family`; medians with bootstrap intervals.

    Empty where the anchor has no rows. The curve of a family on one clip is made of all its settings.
    """
    lossy = [row for row in measured(rows) if not row.get("lossless")]
    families = {name: by_clip(found) for name, found in by_family(lossy).items()}
    anchor = families.pop(anchor_family, None)
    if anchor is None:
        return []
    return [_beside(anchor, clips, family, metric) for family, clips in families.items()]


def _beside(anchor: Mapping[str, list[Row]], test: Mapping[str, list[Row]], family: str, metric: Metric) -> FamilyDelta:
    common = [clip for clip in test if clip in anchor]
    pairs = [(_curve(anchor[clip], metric), _curve(test[clip], metric)) for clip in common]
    rates = [_tried(bd_rate, pair, metric) for pair in pairs]
    qualities = [_tried(bd_quality, pair, metric) for pair in pairs]
    reasons = Counter(
        reason
        for found in zip(rates, qualities, strict=True)
        for reason in sorted({one for one in found if isinstance(one, str)})
    )
    share = median([one.share for one in rates if isinstance(one, Delta)])
    return FamilyDelta(family, len(common), _summary(rates), _summary(qualities), share, dict(sorted(reasons.items())))


def _curve(rows: list[Row], metric: Metric) -> RateQuality:
    return [number(row, "kbps") for row in rows], [value(row, metric.name) for row in rows]


def _tried(delta: Callable[..., Delta], pair: tuple[RateQuality, RateQuality], metric: Metric) -> Delta | str:
    """The delta of two curves, or why there is none."""
    try:
        return delta(*pair, better=metric.better)
    except UndefinedScore as reason:
        return str(reason)


def _summary(found: list[Delta | str]) -> Summary:
    return summary([one.value if isinstance(one, Delta) else float("nan") for one in found])
