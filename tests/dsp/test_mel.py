import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ligeia.dsp.mel import band_count, hz_to_mel, mel_filters, mel_power, mel_to_hz, window_size

USUAL_RATES = [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 88200, 96000]


def test_scale_is_slaneys() -> None:
    # 200/3 Hz a mel up to 1 kHz, then a factor of 6.4 for 27.
    hz = np.array([0, 200 / 3, 1000, 6400, 1000 * 6.4 ** (1 / 27)])
    np.testing.assert_allclose(hz_to_mel(hz), [0, 1, 15, 42, 16], rtol=1e-14)
    np.testing.assert_allclose(mel_to_hz(hz_to_mel(hz)), hz, rtol=1e-14)


def test_filters_by_hand() -> None:
    # At 800 Hz all is linear: edges at 0, 100, 200, 300 and 400 Hz, bins at multiples of 50 Hz; height 2 / 200 Hz.
    expected = np.array([[0, 1, 2, 1, 0, 0, 0, 0, 0], [0, 0, 0, 1, 2, 1, 0, 0, 0], [0, 0, 0, 0, 0, 1, 2, 1, 0]]) / 200
    np.testing.assert_allclose(mel_filters(800, 16, 3), expected, atol=1e-17)


def test_filters_have_the_area_one() -> None:
    # A fine grid, so that the sum is the integral.
    filters = mel_filters(22050, 1 << 18, 80)
    np.testing.assert_allclose(filters.sum(axis=1) * 22050 / (1 << 18), 1, rtol=1e-4)


def test_a_tone_is_loudest_in_the_band_around_it() -> None:
    rate, tone = 22050, 3000
    power = mel_power(np.sin(2 * np.pi * tone * np.arange(rate) / rate), rate)
    edges = mel_to_hz(np.linspace(0, hz_to_mel(np.asarray(rate / 2)), 82))
    loudest = int(power.mean(axis=0).argmax())
    assert edges[loudest] < tone < edges[loudest + 2]


@pytest.mark.parametrize("rate", USUAL_RATES)
def test_usual_rates_have_eighty_bands_none_empty(rate: int) -> None:
    size = window_size(rate)
    assert 0.04 < size / rate < 0.07
    assert band_count(rate, size) == 80
    assert (mel_filters(rate, size, 80).sum(axis=1) > 0).all()


@given(st.integers(1, 200_000))
def test_at_every_rate_each_band_holds_a_bin_at_half_its_height(rate: int) -> None:
    size = window_size(rate)
    bands = band_count(rate, size)
    assert bands == 80 or rate < 8000
    edges = mel_to_hz(np.linspace(0, hz_to_mel(np.asarray(rate / 2)), bands + 2))
    heights = 2 / (edges[2:] - edges[:-2])
    assert (mel_filters(rate, size, bands).max(axis=1) >= (0.5 - 1e-9) * heights).all()


def test_window_is_that_of_22050_hz_scaled() -> None:
    assert [window_size(rate) for rate in (1, 8000, 22050, 44100, 48000, 96000)] == [4, 512, 1024, 2048, 2048, 4096]


def test_a_frame_starts_every_quarter_window() -> None:
    assert mel_power(np.zeros(22050), 22050).shape == (1 + 22050 // 256, 80)
