"""The most utterances that PESQ may find: made bursts of known number."""

import numpy as np
import pytest

from ligeia.metrics.utterances import most_utterances


def bursts(count: int, on: float, off: float, rate: int = 16000) -> np.ndarray:
    """`count` bursts of a tone of `on` seconds, with `off` seconds of silence after each."""
    time = np.arange(round((on + off) * rate)) / rate
    return np.tile(np.where(time < on, np.sin(2 * np.pi * 1000 * time), 0), count)


@pytest.mark.parametrize("rate", [8000, 16000])
def test_bursts_are_counted(rate: int) -> None:
    assert most_utterances(bursts(12, 0.3, 0.3, rate), rate) == 12


def test_short_pauses_part_nothing() -> None:
    assert most_utterances(bursts(12, 0.3, 0.15), 16000) == 1


def test_short_sounds_are_none() -> None:
    assert most_utterances(bursts(12, 0.1, 0.5), 16000) == 0


def test_bursts_over_noise() -> None:
    sound = bursts(12, 0.3, 0.3)
    noise = 0.1 * np.random.default_rng(1).standard_normal(len(sound))
    assert most_utterances(sound + noise, 16000) == 12


def test_weak_sounds_may_not_part() -> None:
    # Strong bursts, weak ones between them 30 dB below: one utterance with them, six without.
    gains = np.repeat(np.tile([1.0, 10**-1.5], 6), 4800)
    assert most_utterances(gains * np.sin(2 * np.pi * np.arange(len(gains)) / 16), 16000) == 6


def test_bursts_outside_the_telephone_band() -> None:
    time = np.arange(len(bursts(12, 0.3, 0.3))) / 16000
    sound = np.sin(2 * np.pi * 3600 * time) * (time % 0.6 < 0.3)
    assert most_utterances(sound, 16000) >= 12


@pytest.mark.parametrize("sound", [np.zeros(16000), np.ones(1)])
def test_nothing_to_count(sound: np.ndarray) -> None:
    assert most_utterances(sound, 16000) == 0
