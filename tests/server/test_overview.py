"""Overviews, read back as their format says."""

from pathlib import Path

import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.dsp.mel import hz_to_mel
from ligeia.server.overview import BANDS, HEADER, Difference, overview


def read(data: bytes) -> tuple[dict, np.ndarray, np.ndarray]:
    magic, columns, bands, seconds, top, low, high = HEADER.unpack_from(data)
    assert magic == b"LGOV"
    assert len(data) == 32 - 4 + 2 * columns + columns * bands
    peaks = np.frombuffer(data, np.int8, 2 * columns, HEADER.size).reshape(columns, 2)
    levels = np.frombuffer(data, np.uint8, columns * bands, HEADER.size + 2 * columns).reshape(columns, bands)
    return {"seconds": seconds, "top": top}, peaks, low + (high - low) / 255 * levels


def sine(hz: float, seconds: float = 2.0, rate: int = 16000, level: float = 1.0, channels: int = 1) -> Audio:
    time = np.arange(round(seconds * rate)) / rate
    return Audio(np.tile(level * np.sin(2 * np.pi * hz * time), (channels, 1)), rate)


@pytest.mark.parametrize("seconds", [0.01, 2.0, 70.0])
@pytest.mark.parametrize("rate", [8000, 44100])
def test_a_sine_is_in_its_band_at_its_level(seconds, rate):
    facts, peaks, levels = read(overview(sine(1000, seconds, rate, 0.5)))
    assert facts["seconds"] == pytest.approx(seconds, rel=0.01)
    assert facts["top"] == rate / 2
    middle = levels[len(levels) // 2]
    band = float(hz_to_mel(np.asarray(1000.0)) / hz_to_mel(np.asarray(rate / 2))) * (BANDS + 1) - 1
    if seconds > 0.1:
        assert abs(int(middle.argmax()) - band) <= 1
        assert -12 < middle.max() < 0
        assert middle[-1] < -80
    assert peaks[:, 0].min() == pytest.approx(-63.5, abs=1)
    assert peaks[:, 1].max() == pytest.approx(63.5, abs=1)


def test_an_event_is_where_it_happened():
    samples = np.zeros((2, 160000))
    samples[1, 80000:80100] = -1
    _, peaks, levels = read(overview(Audio(samples, 16000)))
    assert len(peaks) == 2000
    assert np.flatnonzero(peaks[:, 0] < -100).tolist() == [1000, 1001]
    loud = np.flatnonzero(levels.max(axis=1) > -60)
    assert 990 <= loud.min() <= 1001 <= loud.max() <= 1012
    assert levels[0].max() == -100


def test_silence_and_a_single_sample_have_overviews_too():
    assert read(overview(Audio(np.zeros((1, 1)), 8000)))[2].max() == -100
    assert len(read(overview(Audio(np.zeros((1, 700)), 8000)))[1]) == 700


def test_louder_than_full_scale_stays_in_range():
    _, peaks, levels = read(overview(sine(500, level=4.0)))
    assert (peaks.min(), peaks.max()) == (-127, 127)
    assert levels.max() == 0


def test_the_difference_of_two_sounds():
    one, other = sine(440, channels=2), sine(440, level=0.5)
    alike = Difference(one, one)
    assert not alike.read(0, 100).any()
    mixed = Difference(one, other)
    assert mixed.channels == 1
    assert np.allclose(mixed.read(10, 20), other.read(10, 20), atol=1e-6)


def test_it_is_read_in_steps_that_are_told():
    seen: list[float] = []
    overview(sine(440, 10), seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1
    assert len(seen) > 4


def test_the_format_is_told_where_it_is_written():
    text = Path(overview.__code__.co_filename).read_text(encoding="utf-8")
    assert "u32 columns, u32 bands, f32 seconds, f32 top_hz, f32 low_db, f32 high_db" in text
