"""The questions that speech metrics ask of their inputs."""

from math import inf, nan

import numpy as np
import pytest

from ligeia.errors import InputError, UndefinedScore
from ligeia.metrics.conditions import audible_pair, audible_reference, demand_rate, finite

SILENCE, SOUND = np.zeros(4), np.array([0.0, 1.0, 0.0, 0.0])


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
    demand_rate(8000, (8000, 16000), "LLR")
    with pytest.raises(InputError, match="LLR is defined at 8000 or 16000 Hz only, got 44100 Hz"):
        demand_rate(44100, (8000, 16000), "LLR")


def test_finite() -> None:
    assert finite(1.5, "PESQ") == 1.5
    for value in (nan, inf):
        with pytest.raises(UndefinedScore, match="PESQ is not a finite number"):
            finite(value, "PESQ")
