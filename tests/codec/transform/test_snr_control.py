"""The last tenths of a decibel."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from made_kinds import babble

from ligeia.codec.encode import encode_with_report
from ligeia.codec.settings import EncodeSettings
from ligeia.codec.transform import snr_control
from ligeia.codec.transform.snr_control import nearest_above


@dataclass(frozen=True)
class Stream:
    """Some 0.4 dB worse and 5 % shorter for a factor of 2.5."""

    factor: float
    snr_db: float = 0.0
    sizes: np.ndarray = field(default_factory=lambda: np.zeros(1))

    @classmethod
    def of(cls, factor: float) -> "Stream":
        octaves = np.log(factor) / np.log(2.5)
        return cls(factor, 20.35 - 0.4 * octaves, np.array([1000.0 - 50 * octaves]))


def test_what_is_above_the_target_is_given_away():
    tried: list[float] = []

    def write(factor: float) -> Stream:
        tried.append(factor)
        return Stream.of(factor)

    found = nearest_above(20.0, Stream.of(1.0), write)
    assert 20.0 <= found.snr_db < 20.06
    assert found.sizes.sum() < 965
    assert len(tried) <= snr_control.TRIES
    assert all(1 < factor < snr_control.LARGEST for factor in tried)


def test_nothing_is_tried_where_nothing_is_to_be_had():
    assert nearest_above(20.345, Stream.of(1.0), Stream.of).factor == 1.0
    assert nearest_above(20.345, Stream.of(1.0), pytest.fail).factor == 1.0  # type: ignore[arg-type]


def test_a_stream_that_is_longer_is_not_taken():
    longer = Stream(2.0, 20.1, np.array([2000.0]))
    assert nearest_above(20.0, Stream.of(1.0), lambda _: longer).factor == 1.0


def test_one_voice_comes_near_its_target():
    _, report = encode_with_report(babble(8000, seconds=1.5), EncodeSettings(snr_db=15))
    assert 15 <= report.snr_db < 15.3
