"""Rate-distortion curves as data, and the axes that they are drawn on; nothing here draws."""

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Limits = tuple[float, float]
"""The two ends of an axis."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """One codec at one setting, over all clips of a group."""

    kbps: float
    """Rate in kbit/s."""
    quality: float
    """Median of the metric; infinite or NaN values are not drawn."""
    low: float
    """Lower end of the interval of that median."""
    high: float
    """Its upper end; both may be infinite."""
    partial: bool = False
    """Whether it rests on fewer clips than the group has; its marker is then hollow."""
    text: str = ""
    """What is said about the point where somebody asks."""


@dataclass(frozen=True)
class Curve:
    """All settings of one family."""

    family: str
    """Whose style it takes."""
    points: tuple[Point, ...]
    """In order of the rate."""
    lossless: bool = False
    """Whether only the rates count: vertical lines instead of points that lie at infinity."""

    @property
    def drawn(self) -> tuple[Point, ...]:
        """The points that have a place: a finite positive rate, and a finite quality unless lossless."""
        return tuple(
            point
            for point in self.points
            if math.isfinite(point.kbps) and point.kbps > 0 and (self.lossless or math.isfinite(point.quality))
        )

    @property
    def label(self) -> str:
        """What the legend says: the family; for a lossless one also its rates."""
        rates = [point.kbps for point in self.drawn]
        if not self.lossless or not rates:
            return self.family
        ends = dict.fromkeys(f"{rate:.0f}" for rate in (min(rates), max(rates)))
        return f"{self.family} {'–'.join(ends)} kbps, lossless"


def has_points(curves: Iterable[Curve]) -> bool:
    """Whether there is anything to draw but lines at the rates of lossless codecs."""
    return any(curve.drawn for curve in curves if not curve.lossless)


def rate_limits(curves: Iterable[Curve]) -> Limits:
    """Ends of the rate axis in kbit/s, with a margin; at least one octave.

    Raises:
        ValueError: there is nothing to draw.
    """
    octaves = [math.log2(point.kbps) for curve in curves for point in curve.drawn]
    low, high = _widened(min(octaves), max(octaves), least=1.0, margin=0.05)
    return 2**low, 2**high


def rate_ticks(limits: Limits) -> list[float]:
    """Rates in kbit/s to be named on the axis: powers of two, with those halfway where there are few octaves."""
    low, high = (math.log2(limit) for limit in limits)
    every = max(1, round((high - low) / 8))
    steps = range(math.ceil(low / every) * every, math.floor(high) + 1, every)
    halves = [1.5 * 2.0**step for step in range(math.floor(low), math.ceil(high))] if high - low < 4 else []
    return sorted(rate for rate in {*(2.0**step for step in steps), *halves} if limits[0] <= rate <= limits[1])


def quality_limits(curves: Iterable[Curve]) -> Limits:
    """Ends of the quality axis, with a margin: all points and the finite ends of their intervals.

    Raises:
        ValueError: there is nothing to draw.
    """
    shown = [point for curve in curves if not curve.lossless for point in curve.drawn]
    ends = [end for point in shown for end in (point.quality, point.low, point.high) if math.isfinite(end)]
    return _widened(min(ends), max(ends), least=1e-3 * max(map(abs, ends)) or 1.0, margin=0.06)


def quality_ticks(limits: Limits) -> list[float]:
    """Four to nine round values between the ends: steps of 1, 2 or 5 times a power of ten."""
    rough = (limits[1] - limits[0]) / 8
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    return [n * step for n in range(math.ceil(limits[0] / step), math.floor(limits[1] / step) + 1)]


def tick_labels(ticks: Sequence[float]) -> list[str]:
    """Ticks as text, all with as many decimals as the step between them needs; tiny ones as powers.

    Example:
        >>> tick_labels([-0.5, 0.0, 0.5])
        ['−0.5', '0.0', '0.5']
    """
    steps = [b - a for a, b in itertools.pairwise(ticks)]
    decimals = max(0, math.ceil(-math.log10(min(steps)) - 1e-9)) if steps else 0
    form = f".{decimals}f" if decimals <= 4 else ".3g"
    return [f"{tick + 0.0:{form}}".replace("e-0", "e-").replace("-", "−") for tick in ticks]


def rate_label(rate: float) -> str:
    """A rate of the axis as text: without needless decimals."""
    return f"{rate:g}"


def _widened(low: float, high: float, *, least: float, margin: float) -> Limits:
    """The two ends moved apart to at least `least`, then by `margin` of their distance on either side."""
    middle, half = (low + high) / 2, max(high - low, least) / 2
    return middle - half * (1 + 2 * margin), middle + half * (1 + 2 * margin)
