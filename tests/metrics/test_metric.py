"""The rates of an entry of the table, the arrays that a metric takes, and the memory of the last values."""

from math import inf, nan

import numpy as np
import pytest
from numpy.typing import ArrayLike

from ligeia.errors import InputError, UndefinedScore
from ligeia.metrics.metric import (
    KEPT,
    Metric,
    audible_pair,
    audible_reference,
    check_rate,
    checked_finite,
    checked_pair,
    remembered,
)
from ligeia.metrics.waveform import mse

SILENCE, SOUND, RAMP = np.zeros(4), np.array([0.0, 1.0, 0.0, 0.0]), np.arange(4.0)


def metric(*rates: int) -> Metric:
    return Metric(
        name="m", function=mse, summary="", unit="", lowest=0, highest=1, better="lower", source="", rates=rates
    )


@pytest.mark.parametrize(
    ("rates", "rate", "chosen"),
    [
        ((), 44100, 44100),
        ((16000,), 8000, 16000),
        ((16000,), 48000, 16000),
        ((8000, 16000), 8000, 8000),
        ((8000, 16000), 11025, 16000),
        ((8000, 16000), 44100, 16000),
        ((8000, 16000), 4000, 8000),
    ],
)
def test_a_metric_is_computed_at_a_rate_it_knows(rates: tuple[int, ...], rate: int, chosen: int) -> None:
    assert metric(*rates).rate_for(rate) == chosen


def test_pairs_become_double_precision() -> None:
    x, y = checked_pair(np.ones(3, np.float32), [1, 2, 3])
    assert x.dtype == y.dtype == np.float64
    assert y.tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("reference", "estimate", "match"),
    [
        ([1.0, 2.0], [1.0, 2.0, 3.0], "equally long .*2 and 3 samples"),
        ([], [], "not empty"),
        ([np.nan], [1.0], "reference holds NaN"),
        ([1.0], [np.inf], "estimate holds NaN"),
        ([[1.0]], [[1.0]], "one channel"),
    ],
)
def test_unusable_pairs(reference: ArrayLike, estimate: ArrayLike, match: str) -> None:
    with pytest.raises(InputError, match=match):
        checked_pair(reference, estimate)


def test_pair_comes_back_as_floats() -> None:
    x, y = audible_pair([0, 1], [1, 0])
    assert x.dtype == y.dtype == np.float64
    assert x.tolist() == [0.0, 1.0]


def test_silence() -> None:
    with pytest.raises(UndefinedScore, match="the reference is silent"):
        audible_reference(SILENCE, SOUND)
    with pytest.raises(UndefinedScore, match="the estimate is silent"):
        audible_pair(SOUND, SILENCE)
    assert not audible_reference(SOUND, SILENCE)[1].any()


def test_unusable_arrays() -> None:
    with pytest.raises(InputError, match="equally long"):
        audible_pair(SOUND, SOUND[:-1])


def test_rates() -> None:
    check_rate(8000, (8000, 16000), "LLR")
    with pytest.raises(InputError, match="LLR is defined at 8000 or 16000 Hz only, got 44100 Hz"):
        check_rate(44100, (8000, 16000), "LLR")


def test_results_are_finite() -> None:
    assert checked_finite(1.5, "PESQ") == 1.5
    for value in (nan, inf):
        with pytest.raises(UndefinedScore, match="PESQ is not a finite number"):
            checked_finite(value, "PESQ")


class Counting:
    """A metric that counts its computations."""

    def __init__(self) -> None:
        self.calls = 0
        self.metric = remembered(self.compute)

    def compute(self, *, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
        """Sum of the estimate."""
        self.calls += 1
        if not np.any(estimate):
            raise UndefinedScore("silent")
        return float(np.sum(estimate))


def test_computed_once() -> None:
    counting = Counting()
    for _ in range(3):
        assert counting.metric(reference=RAMP, estimate=RAMP.copy(), rate=8000) == 6
    assert counting.metric(reference=RAMP.tolist(), estimate=RAMP.astype(np.float32), rate=8000) == 6
    assert counting.calls == 1


def test_told_apart() -> None:
    counting = Counting()
    pairs = [
        (RAMP, RAMP),
        (RAMP, -RAMP),
        (-RAMP, RAMP),
        (RAMP[:2], RAMP[:2]),
        (RAMP[None], RAMP),
    ]
    for reference, estimate in pairs:
        counting.metric(reference=reference, estimate=estimate, rate=8000)
    counting.metric(reference=RAMP, estimate=RAMP, rate=16000)
    assert counting.calls == len(pairs) + 1


def test_content_counts_not_the_array() -> None:
    counting = Counting()
    sound = RAMP.copy()
    counting.metric(reference=sound, estimate=sound, rate=8000)
    sound[0] = 1
    assert counting.metric(reference=sound, estimate=sound, rate=8000) == 7


def test_bounded() -> None:
    counting = Counting()
    for rate in range(KEPT + 1):
        counting.metric(reference=RAMP, estimate=RAMP, rate=rate)
    counting.metric(reference=RAMP, estimate=RAMP, rate=KEPT)
    assert counting.calls == KEPT + 1
    counting.metric(reference=RAMP, estimate=RAMP, rate=0)  # forgotten
    assert counting.calls == KEPT + 2


def test_errors_are_raised_anew() -> None:
    counting = Counting()
    for _ in range(2):
        with pytest.raises(UndefinedScore, match="silent"):
            counting.metric(reference=RAMP, estimate=np.zeros(4), rate=8000)
    assert counting.calls == 2


def test_name_and_docstring_stay() -> None:
    assert Counting().metric.__doc__ == "Sum of the estimate."
