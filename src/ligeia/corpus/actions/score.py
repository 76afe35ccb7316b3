"""Score: two recordings, or streams, are compared, as `ligeia score` does; nothing is written but the row."""

from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import Any

from ligeia.audio.signal import Audio
from ligeia.codec.recordings import open_sound
from ligeia.corpus.actions.table import Settings
from ligeia.metrics.score import Channels, Level, Scores, score


@dataclass(frozen=True)
class Comparison:
    """Settings by which pairs are compared; see `ligeia.metrics.score.score`."""

    metrics: tuple[str, ...]
    channels: Channels | None
    level: Level
    align: bool
    max_delay: float

    def scores(self, reference: Audio, estimate: Audio) -> Scores:
        """Return the scores of two sounds.

        Raises:
            LigeiaError: the two cannot be compared.
        """
        return score(
            reference=reference,
            estimate=estimate,
            metrics=self.metrics,
            channels=self.channels,
            level=self.level,
            align=self.align,
            max_delay=self.max_delay,
        )


def make(source: Path, target: Path, settings: Settings) -> dict[str, Any]:
    """Compare the recording `target` with its reference `source`; `settings` are the fields of `Comparison`."""
    comparison = Comparison(**{**settings, "metrics": tuple(settings["metrics"])})
    reference, estimate = whole(source), whole(target)
    scores = comparison.scores(reference, estimate)
    return {
        "seconds": reference.seconds,
        "figures": {name: None if isnan(entry.value) else entry.value for name, entry in scores.scores.items()},
        "reasons": {name: entry.reason for name, entry in scores.scores.items() if entry.reason},
        "delay_samples": scores.recipe.delay_samples,
        "notes": list(scores.recipe.notes),
    }


def whole(path: Path) -> Audio:
    """Return all of a recording, or of the sound of a stream."""
    with open_sound(path) as sound:
        return Audio(sound.read(0, sound.sample_count), sound.rate)
