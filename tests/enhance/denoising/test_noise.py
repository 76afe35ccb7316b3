"""Estimates of a noise against noises whose power is known."""

import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.enhance.denoising.noise import (
    PRESENT,
    check_noise,
    noise_profile,
    profile_for,
    quiet_profile,
    tracked_noise,
    transform_at,
)
from ligeia.errors import InputError

RATE = 16000


def hiss(seconds: float, level: float = 0.01, channels: int = 1, seed: int = 0) -> Audio:
    count = round(seconds * RATE)
    return Audio(np.random.default_rng(seed).normal(0, level, (channels, count)), RATE)


def decibels(power: float) -> float:
    return float(10 * np.log10(power))


def test_frames_last_32_ms_at_any_rate() -> None:
    for rate in (8000, 11025, 22050, 44100, 48000, 96000, 192000):
        transform = transform_at(rate)
        assert transform.size / rate == pytest.approx(0.032, rel=0.05)
        assert transform.size == 4 * transform.hop
    assert transform_at(1).size >= 4


def test_the_profile_of_a_noise_is_its_power() -> None:
    transform = transform_at(RATE)
    profile = noise_profile(hiss(5), transform, hiss(5, seed=1))
    white = 0.01**2 * np.sum(transform.window**2)
    # 300 frames that overlap by half: a standard deviation of 6 % in each bin, 0.4 % of their mean.
    assert profile.power[0, 1:-1].mean() == pytest.approx(white, rel=0.02)
    assert profile.noise_db == pytest.approx(-40, abs=0.1)


def test_the_quiet_tenth_of_a_noise_tells_its_power() -> None:
    profile = quiet_profile(hiss(30, channels=2), transform_at(RATE))
    assert profile.noise_db == pytest.approx(-40, abs=0.5)  # a level's width, and the scatter of a quantile
    assert profile.power.shape == (2, 257)


def test_sound_in_half_of_the_frames_makes_it_three_decibels_louder_at_most() -> None:
    noise = hiss(20)
    burst = np.where(np.arange(noise.sample_count) // RATE % 2, hiss(20, 0.3, seed=2).samples, 0)
    profile = quiet_profile(Audio(noise.samples + burst, RATE), transform_at(RATE))
    assert -40 <= profile.noise_db <= -36.5  # type: ignore[operator]
    assert profile.snr_db == pytest.approx(decibels(0.5 * 0.3**2 / 0.01**2), abs=4)


def test_digital_silence_is_no_noise() -> None:
    silent = quiet_profile(Audio(np.zeros((1, RATE)), RATE), transform_at(RATE))
    assert not silent.power.any()
    assert silent.noise_db is None
    assert silent.snr_db is None
    mostly = np.concatenate([np.zeros((1, 10 * RATE)), hiss(5).samples], axis=1)
    assert quiet_profile(Audio(mostly, RATE), transform_at(RATE)).noise_db == pytest.approx(-40, abs=1)


def test_the_tracker_follows_a_noise_that_becomes_louder() -> None:
    transform = transform_at(RATE)
    sound = np.concatenate([hiss(3).samples, hiss(5, 0.1, seed=1).samples], axis=1)
    power = np.abs(transform.analyse(sound.astype(np.float64))) ** 2
    quiet = np.full((1, 257), 0.01**2 * np.sum(transform.window**2))
    tracked = tracked_noise(power, quiet, transform.hop / RATE)
    levels = [decibels(tracked[0, frame].mean() / quiet.mean()) for frame in (300, 900)]
    # A step of 20 dB is followed within seconds. The loudest of a noise's frames are taken for sound in part: with the
    # priors of the paper and an exponential power, the fixed point lies 0.9 dB below the mean.
    assert levels == pytest.approx([-0.9, 19.1], abs=0.5)


def test_the_tracker_stays_below_a_tone() -> None:
    transform = transform_at(RATE)
    noise = hiss(4).samples[0]
    tone = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(len(noise)) / RATE) * (np.arange(len(noise)) // 4000 % 2)
    power = np.abs(transform.analyse(noise + tone)) ** 2
    start = np.full(257, 0.01**2 * np.sum(transform.window**2))
    tracked = tracked_noise(power, start, transform.hop / RATE)
    assert decibels(tracked[:, 32].mean() / start[32]) < 6  # the tone is 40 dB louder there
    assert decibels(PRESENT) == 15


def test_silence_between_leaves_the_tracker_as_it_is() -> None:
    power = np.full((50, 3), 2.0)
    power[20:30] = 0
    tracked = tracked_noise(power, np.full(3, 2.0), 0.008)
    np.testing.assert_allclose(tracked, 2, rtol=1e-9)


def test_a_noise_that_does_not_go_with_the_sound_is_refused() -> None:
    sound = hiss(1, channels=2)
    for noise, says in (
        (Audio(np.ones((1, 100)), 8000), "8000 Hz and the recording 16000"),
        (Audio(np.ones((1, 0)), RATE), "no samples"),
        (Audio(np.ones((3, 10)), RATE), "3 channels and the recording 2"),
    ):
        with pytest.raises(InputError, match=says):
            check_noise(sound, noise)
        with pytest.raises(InputError, match=says):
            profile_for(sound, transform_at(RATE), noise)
