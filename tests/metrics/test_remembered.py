"""Remembered metrics: asked once for each pair, told apart by content, bounded, errors anew."""

import numpy as np
import pytest
from numpy.typing import ArrayLike

from ligeia.errors import UndefinedScore
from ligeia.metrics.remembered import KEPT, remembered

SOUND = np.arange(4.0)


class Counting:
    """A metric that knows how often it was computed."""

    def __init__(self) -> None:
        self.calls = 0
        self.metric = remembered(self.compute)

    def compute(self, *, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
        """The sum of the estimate."""
        self.calls += 1
        if not np.any(estimate):
            raise UndefinedScore("silent")
        return float(np.sum(estimate))


def test_computed_once() -> None:
    counting = Counting()
    for _ in range(3):
        assert counting.metric(reference=SOUND, estimate=SOUND.copy(), rate=8000) == 6
    assert counting.metric(reference=SOUND.tolist(), estimate=SOUND.astype(np.float32), rate=8000) == 6
    assert counting.calls == 1


def test_told_apart() -> None:
    counting = Counting()
    pairs = [(SOUND, SOUND), (SOUND, -SOUND), (-SOUND, SOUND), (SOUND[:2], SOUND[:2]), (SOUND[None], SOUND)]
    for reference, estimate in pairs:
        counting.metric(reference=reference, estimate=estimate, rate=8000)
    counting.metric(reference=SOUND, estimate=SOUND, rate=16000)
    assert counting.calls == len(pairs) + 1


def test_content_counts_not_the_array() -> None:
    counting = Counting()
    sound = SOUND.copy()
    counting.metric(reference=sound, estimate=sound, rate=8000)
    sound[0] = 1
    assert counting.metric(reference=sound, estimate=sound, rate=8000) == 7


def test_bounded() -> None:
    counting = Counting()
    for rate in range(KEPT + 1):
        counting.metric(reference=SOUND, estimate=SOUND, rate=rate)
    counting.metric(reference=SOUND, estimate=SOUND, rate=KEPT)
    assert counting.calls == KEPT + 1
    counting.metric(reference=SOUND, estimate=SOUND, rate=0)  # forgotten
    assert counting.calls == KEPT + 2


def test_errors_are_raised_anew() -> None:
    counting = Counting()
    for _ in range(2):
        with pytest.raises(UndefinedScore, match="silent"):
            counting.metric(reference=SOUND, estimate=np.zeros(4), rate=8000)
    assert counting.calls == 2


def test_name_and_docstring_stay() -> None:
    assert Counting().metric.__doc__ == "The sum of the estimate."
