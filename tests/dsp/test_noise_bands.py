import numpy as np
import pytest

from ligeia.dsp.noise_bands import band_hz, band_levels, shaped_noise, window_size

RATE, HOP = 16000, 80


def test_white_noise_has_the_level_of_its_variance_in_all_bands() -> None:
    noise = 0.1 * np.random.default_rng(0).standard_normal(4 * RATE)
    power = 10 ** (band_levels(noise, RATE, 24, HOP)[5:-5] / 10)
    np.testing.assert_allclose(10 * np.log10(power.mean(axis=0)), -20, atol=0.7)


def test_shaped_noise_has_the_levels_that_it_was_given() -> None:
    bands = 16
    wanted = np.tile(np.linspace(-10, -50, bands), (401, 1))
    noise = shaped_noise(wanted, HOP, RATE, 2 * RATE, seed=3)
    power = 10 ** (band_levels(noise, RATE, bands, HOP)[10:-10] / 10)
    np.testing.assert_allclose(10 * np.log10(power.mean(axis=0))[1:], wanted[0][1:], atol=2)


def test_noise_can_begin_and_end_suddenly() -> None:
    levels = np.full((201, 8), -120.0)
    levels[80:120] = -20
    noise = shaped_noise(levels, HOP, RATE, RATE)
    assert np.abs(noise[: 75 * HOP]).max() < 1e-3
    assert np.abs(noise[85 * HOP : 115 * HOP]).max() > 0.1


def test_the_beginning_does_not_depend_on_the_duration() -> None:
    levels = np.zeros((500, 8))
    long, short = (shaped_noise(levels, HOP, RATE, count) for count in (20000, 7001))
    np.testing.assert_array_equal(long[:7001], short)
    assert np.abs(long - shaped_noise(levels, HOP, RATE, 20000, seed=1)).max() > 0.1


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
def test_bands_lie_below_half_the_rate(rate: int) -> None:
    hz = band_hz(rate, 24)
    assert (np.diff(hz) > 0).all()
    assert hz[0] > 0
    assert hz[-1] < rate / 2
    assert window_size(rate) / rate == pytest.approx(0.016, rel=0.5)
