"""What an entry of the table says about rates, and what arrays a metric takes."""

import numpy as np
import pytest

from ligeia.errors import InputError
from ligeia.metrics.metric import Metric, checked_pair
from ligeia.metrics.waveform import mse


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


def test_pairs_must_match() -> None:
    with pytest.raises(InputError, match="2 and 3 samples"):
        checked_pair([1, 2], [1, 2, 3])
