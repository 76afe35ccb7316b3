"""Sounds reduced to columns: the same in one block and in many, and nothing is lost between columns."""

import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.plots import overview as module
from ligeia.plots.overview import Remembered, overview, overviews

NOISE = Audio(0.1 * np.random.default_rng(0).standard_normal((2, 30_000)), 8000)


@pytest.mark.parametrize("columns", [7, 100, 1600])
def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    whole = overview(NOISE, 123, 29_001, columns=columns)
    monkeypatch.setattr(module, "BLOCK_SAMPLES", 1000)
    blocks = overview(NOISE, 123, 29_001, columns=columns)
    for name in ("low", "high", "levels"):
        np.testing.assert_allclose(getattr(blocks, name), getattr(whole, name), rtol=0, atol=1e-9)
    assert blocks.energy == pytest.approx(whole.energy)


def test_columns_hold_the_extremes_of_their_samples() -> None:
    seen = overview(NOISE, 0, 30_000, columns=300)
    pieces = NOISE.samples.reshape(2, 300, 100)
    np.testing.assert_array_equal(seen.low, pieces.min(axis=2))
    np.testing.assert_array_equal(seen.high, pieces.max(axis=2))
    assert seen.energy == pytest.approx(float(np.square(NOISE.samples, dtype=np.float64).sum()))
    assert seen.peak == float(np.abs(NOISE.samples).max())


def test_a_single_click_shows_in_an_hour() -> None:
    class Hour:
        """An hour of silence with one click, of which no more than a minute is ever held."""

        rate, channels, sample_count, most = 1000, 1, 3_600_000, 0

        def read(self, start: int, stop: int) -> np.ndarray:
            stop = min(stop, self.sample_count)
            self.most = max(self.most, stop - start)
            samples = np.zeros((1, stop - start), np.float32)
            if start <= 1_234_567 < stop:
                samples[0, 1_234_567 - start] = 0.5
            return samples

    hour = Hour()
    seen = overview(hour, 0, hour.sample_count)
    assert seen.high.argmax() == 1_234_567 * seen.high.shape[1] // hour.sample_count
    assert seen.high.max() == 0.5
    assert hour.most < hour.sample_count / 10


def test_few_samples_are_kept_as_they_are() -> None:
    seen = overview(NOISE, 10, 15)
    np.testing.assert_array_equal(seen.low, NOISE.samples[:, 10:15])
    assert (seen.start, seen.stop) == (10 / 8000, 15 / 8000)
    assert overview(NOISE, 10, 11).levels.shape[2] == 1


def test_little_sound_is_cut_into_shorter_frames() -> None:
    assert overview(NOISE, 0, 30_000).levels.shape[1] == 129  # 32 ms at 8 kHz
    assert overview(NOISE, 0, 1000).levels.shape[1:] == (63, 33)
    assert overview(NOISE, 0, 100).levels.shape[1:] == (33, 7)


def test_a_tone_has_the_level_of_its_amplitude_however_long() -> None:
    for seconds in (0.5, 60):
        tone = Audio(0.1 * np.sin(2 * np.pi * 1000 * np.arange(int(8000 * seconds)) / 8000)[None], 8000)
        levels = overview(tone, 0, tone.sample_count, columns=50).levels[0]
        assert levels[:, 20].max() == pytest.approx(-20, abs=0.1)
        assert levels[:, 20].argmax() == 32  # 1000 Hz in bins of 31.25 Hz


def test_several_sounds_are_read_once_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    reads = []

    class Counted:
        rate, channels, sample_count = NOISE.rate, NOISE.channels, NOISE.sample_count

        def read(self, start: int, stop: int) -> np.ndarray:
            reads.append((start, stop))
            return NOISE.read(start, stop)

    monkeypatch.setattr(module, "BLOCK_SAMPLES", 5000)
    sound = Remembered(Counted())
    both = overviews([sound, sound], 0, 30_000)
    assert len(reads) == len(set(reads)) > 3
    np.testing.assert_array_equal(both[0].levels, overview(NOISE, 0, 30_000).levels)
