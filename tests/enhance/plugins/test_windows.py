"""Models of one rate on recordings of any: everything stays in its place."""

import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.enhance.pieces import FADE_SECONDS, processed
from ligeia.enhance.plugins.windows import MOST_SECONDS, prepared_at
from ligeia.progress import Reporter


def low_sound(rate: int, count: int, channels: int = 1) -> Audio:
    """A sound below 1 kHz, different in each channel."""
    seconds = np.arange(count) / rate
    tones = [np.sin(2 * np.pi * (300 + 100 * k) * seconds) + np.sin(2 * np.pi * 71 * seconds) for k in range(channels)]
    return Audio(0.3 * np.array(tones), rate)


@pytest.mark.parametrize(
    ("rate", "count", "channels"), [(8000, 1, 1), (44100, 70000, 2), (96000, 9601, 1), (16000, 5, 3)]
)
def test_a_model_that_does_nothing_changes_nothing(rate: int, count: int, channels: int) -> None:
    sound = low_sound(rate, count, channels)
    method = prepared_at(sound, 16000, lambda samples: samples)
    made = np.concatenate(list(processed(sound, method, report=Reporter(None))), axis=1)
    assert made.shape == sound.samples.shape
    inside = slice(count // 10, count - count // 10)  # resampling rings at the ends
    if count > 1000:
        np.testing.assert_allclose(made[:, inside], sound.samples[:, inside], rtol=0, atol=1e-3)
    assert ("notes" in method.findings) == (rate > 16000)


def test_a_model_never_gets_more_than_twenty_seconds() -> None:
    sound, lengths = low_sound(1000, 61000), []

    def run(samples: np.ndarray) -> np.ndarray:
        lengths.append(len(samples))
        return samples

    method = prepared_at(sound, 2000, run)
    list(processed(sound, method, report=Reporter(None)))
    assert max(lengths) <= MOST_SECONDS * 2000
    assert method.piece_seconds + 2 * method.context_seconds + FADE_SECONDS <= MOST_SECONDS
