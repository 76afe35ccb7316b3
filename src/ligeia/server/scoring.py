"""The figures of a report: metrics with their units, and why one has no value."""

from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, distribution
from math import isfinite
from pathlib import Path

from ligeia.audio.reading import AudioFile, open_audio
from ligeia.audio.signal import Audio
from ligeia.metrics.metric import Metric
from ligeia.metrics.score import Score, score
from ligeia.metrics.table import METRICS
from ligeia.server.schemas import ScoreValue
from ligeia.server.tasks.task import Made

MOST_SECONDS = 60.0
"""Longest sound for slow metrics: they are computed from the beginning of longer recordings."""
MOST_VALUES = 2**26
"""Samples of all channels that are compared at once: 10 minutes of stereo at 48 kHz."""


def scores_of(made: Made, sound: AudioFile, on_share: Callable[[float], None]) -> Iterator[ScoreValue]:
    """Yield the values of the metrics that suit the task; `on_share` is told how much of it is done, 0 to 1."""
    quick = [name for name in made.metrics if METRICS[name].package is None]
    others = [name for name in made.metrics if METRICS[name].package is not None and is_here(METRICS[name])]
    rounds = [*([quick] if quick else []), *([name] for name in others)]
    for number, names in enumerate(rounds):
        on_share(number / len(rounds))
        seconds = min(MOST_VALUES / (sound.rate * sound.channels), sound.seconds)
        if names is not quick:
            seconds = min(seconds, MOST_SECONDS)
        yield from _scored(made, sound, names, seconds)


def is_here(metric: Metric) -> bool:
    """Tell whether a metric can be computed here: visitors can install nothing, and are not asked to."""
    try:
        return metric.package is None or bool(distribution(metric.package).version)
    except PackageNotFoundError:
        return False


def _scored(made: Made, sound: AudioFile, names: list[str], seconds: float) -> Iterator[ScoreValue]:
    count = round(seconds * sound.rate)
    reference = Audio(sound.read(0, count), sound.rate)
    found = score(reference=reference, estimate=_beginning(made.estimate, count), metrics=names, align=False)
    part = None if count >= sound.sample_count else f"of the first {seconds:g} s"
    for name in names:
        yield value_of(METRICS[name], found.scores[name], part)


def _beginning(path: Path, count: int) -> Audio:
    with open_audio(path) as file:
        return Audio(file.read(0, count), file.rate)


def value_of(metric: Metric, found: Score, part: str | None = None) -> ScoreValue:
    """Return a score as it goes over the wire, where numbers are finite."""
    known = isfinite(found.value)
    infinite = None if known or found.value != found.value else f"{found.value:+} {metric.unit}".strip()
    notes = [note for note in (infinite, found.reason, part) if note]
    return ScoreValue(
        metric=metric.name,
        value=found.value if known else None,
        unit=metric.unit,
        better=metric.better,
        note="; ".join(notes) or None,
    )
