"""Denoising by shrinkage of lapped coefficients."""

import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.enhance.denoising.denoise import denoise
from ligeia.enhance.denoising.settings import DenoiseSettings
from ligeia.enhance.denoising.shrinkage import prepare
from ligeia.errors import InputError
from tests.enhance.denoising.test_noise_floor import RATE, melody, white


def snr_db(clean: np.ndarray, estimate: np.ndarray) -> float:
    return float(10 * np.log10(np.sum(clean**2) / np.sum((clean - estimate) ** 2)))


def test_noise_is_taken_from_music_and_music_is_left() -> None:
    clean, noise = melody(6), white(6, 0.02)
    denoised = denoise(Audio((clean + noise)[None], RATE), "shrinkage")
    assert snr_db(clean, denoised.audio.samples[0]) > snr_db(clean, clean + noise) + 8
    assert denoised.report["snr_db"][0] == pytest.approx(10 * np.log10(np.mean((clean + noise) ** 2) / 4e-4), abs=1)


def test_music_without_noise_is_bit_identical() -> None:
    sound = Audio(melody(4)[None], RATE)
    result = denoise(sound, "shrinkage")
    assert np.array_equal(result.audio.samples, sound.samples)
    assert result.report["noise_db"] == [None]


def test_a_given_noise_is_used_whatever_the_sound_shows() -> None:
    clean, noise = melody(1.5), white(1.5, 0.02)
    sound = Audio((clean + noise)[None], RATE)
    given = denoise(sound, "shrinkage", noise=Audio(white(1, 0.02, seed=5)[None], RATE))
    assert snr_db(clean, given.audio.samples[0]) > snr_db(clean, clean + noise) + 8
    assert given.report["profile"] == "noise"
    for wrong in (Audio(noise[None], 8000), Audio(np.zeros((1, 0)), RATE)):
        with pytest.raises(InputError):
            denoise(sound, "shrinkage", noise=wrong)


def test_some_of_the_noise_stays_so_that_pauses_are_not_dead() -> None:
    noise = white(6, 0.05)
    rest = denoise(Audio(noise[None], RATE), "shrinkage").audio.samples[0]
    lowered = 10 * np.log10(np.mean(noise**2) / np.mean(rest**2))
    assert 15 < lowered < 27


def test_pieces_have_no_seams() -> None:
    sound = Audio((melody(24) + white(24, 0.02))[None], RATE)
    whole = prepare(sound, DenoiseSettings(method="shrinkage")).process(sound.samples, 0)
    pieces = denoise(sound, "shrinkage").audio.samples
    assert snr_db(whole, pieces) > 60


def test_stereo_is_processed_as_mid_and_side_where_that_is_compact() -> None:
    clean = np.stack([melody(6), 0.8 * melody(6)])
    sound = Audio(clean + np.stack([white(6, 0.02), white(6, 0.02, seed=9)]), RATE)
    result = denoise(sound, "shrinkage")
    assert result.report["processed"] == "mid and side"
    assert snr_db(clean, result.audio.samples) > snr_db(clean, sound.samples) + 9


def test_a_silent_channel_stays_silent() -> None:
    sound = Audio(np.stack([melody(4) + white(4, 0.02), np.zeros(4 * RATE)]), RATE)
    result = denoise(sound, "shrinkage")
    assert result.report["processed"] == "channels"
    assert not result.audio.samples[1].any()


@pytest.mark.parametrize("rate", [8000, 44100, 96000])
@pytest.mark.parametrize("count", [0, 1, 700])
def test_any_length_rate_and_number_of_channels(rate: int, count: int) -> None:
    sound = Audio(np.random.default_rng(0).normal(0, 0.1, (3, count)), rate)
    noise = Audio(sound.samples[:1], rate) if count else None
    result = denoise(sound, "shrinkage", noise=noise).audio
    assert result.samples.shape == sound.samples.shape
    assert np.isfinite(result.samples).all()
