import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ligeia.errors import InputError, UndefinedScore
from ligeia.metrics.mel import (
    band_count,
    hz_to_mel,
    mel_distance,
    mel_filters,
    mel_power,
    mel_to_hz,
    window_size,
)
from ligeia.metrics.metric import Signal

Pair = tuple[Signal, Signal]
USUAL_RATES = [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 88200, 96000]


def noise(length: int, seed: int = 0) -> Signal:
    return np.random.default_rng(seed).uniform(-1, 1, length)


@st.composite
def pairs(draw: st.DrawFn) -> Pair:
    length = draw(st.integers(1, 4000))
    gains = st.sampled_from([0.0, 1.0, 1e-5, 1e-100, 1e100, 1e-300])
    x, y = (noise(length, draw(st.integers(0, 9))) * draw(gains) for _ in range(2))
    return x, y


@given(pair=pairs(), rate=st.sampled_from([1, 50, 8000, 22050, 48000]))
def test_any_sounds_have_a_value_or_a_reason(pair: Pair, rate: int) -> None:
    try:
        value = mel_distance(reference=pair[0], estimate=pair[1], rate=rate)
    except UndefinedScore:
        return
    assert 0 <= value < np.inf


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


def test_identical_sounds_are_at_no_distance() -> None:
    assert mel_distance(reference=noise(4000), estimate=noise(4000), rate=16000) == 0


@pytest.mark.parametrize("gain_db", [-10, 6])
def test_gain_of_one_is_its_decibels(gain_db: float) -> None:
    x = noise(22050)
    value = mel_distance(reference=x, estimate=x * 10 ** (gain_db / 20), rate=22050)
    assert value == pytest.approx(abs(gain_db), rel=1e-9)


def test_gain_of_both_does_not_count() -> None:
    x, y = noise(4000), noise(4000, seed=1)
    expected = mel_distance(reference=x, estimate=y, rate=16000)
    assert mel_distance(reference=1e-3 * x, estimate=1e-3 * y, rate=16000) == pytest.approx(expected, rel=1e-9)


def test_a_silent_estimate_is_eighty_decibels_below_the_loudest_band() -> None:
    # One sample in the middle of one window has the power 1/4 in every bin: bands differ only by how they meet bins.
    power = mel_filters(44100, 2048, 80).sum(axis=1)
    expected = 80 + 10 * np.mean(np.log10(power / power.max()))
    assert mel_distance(reference=[0.5], estimate=[0.0], rate=44100) == pytest.approx(expected, rel=1e-9)


def test_a_silent_reference_has_no_loudest_band() -> None:
    for estimate in (noise(4000), np.zeros(4000)):
        with pytest.raises(UndefinedScore, match="the reference is silent"):
            mel_distance(reference=np.zeros(4000), estimate=estimate, rate=22050)


def test_a_frame_starts_every_quarter_window() -> None:
    assert mel_power(noise(22050), 22050).shape == (1 + 22050 // 256, 80)


def test_what_is_far_below_the_reference_does_not_count() -> None:
    # A tone in the first half only; the estimate adds noise 120 dB below it.
    x = np.where(np.arange(22050) < 11025, np.sin(np.arange(22050)), 0)
    assert mel_distance(reference=x, estimate=x + 1e-6 * noise(22050), rate=22050) < 0.1


def test_one_sample() -> None:
    assert mel_distance(reference=[0.5], estimate=[0.5], rate=44100) == 0
    assert mel_distance(reference=[0.5], estimate=[0.05], rate=44100) == pytest.approx(20, rel=1e-9)


def test_unequal_lengths_are_refused() -> None:
    with pytest.raises(InputError, match="equally long"):
        mel_distance(reference=noise(4000), estimate=noise(3999), rate=8000)
