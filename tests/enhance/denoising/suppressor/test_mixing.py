"""Mixtures are what they claim: noises of their kinds, at ratios and levels from the ranges, from the seed alone."""

import numpy as np
import pytest

from ligeia.enhance.denoising.suppressor import mixing
from ligeia.enhance.denoising.suppressor.features import LEVEL
from ligeia.enhance.denoising.suppressor.mixing import Mixer, Recordings, rms

COUNT = 16000


def sound(seconds=2.0, seed=0, size=3000):
    return (size * np.random.default_rng(seed).standard_normal(round(seconds * 16000))).astype(np.int16)


def mixer(**changes):
    settings = {"snr_db": (0.0, 0.0), "clean": 0.0, "speechless": 0.0, "level_db": 10.0, "narrow": 0.0} | changes
    return Mixer(Recordings([sound(), sound(0.3, 1)]), Recordings([sound(0.5, 2), sound(3, 3)]), **settings)


def test_ratio_and_level_are_as_stated():
    random = np.random.default_rng(0)
    levels = []
    for _ in range(12):
        noisy, clean = mixer().example(random, COUNT)
        assert noisy.shape == clean.shape == (COUNT,)
        assert rms(clean) == pytest.approx(rms(noisy - clean), rel=1e-3)
        levels.append(20 * np.log10(rms(noisy) / LEVEL))
    assert -10.1 < min(levels) < -2
    assert 2 < max(levels) < 10.1


def test_some_examples_are_clean_and_some_without_speech():
    random = np.random.default_rng(0)
    noisy, clean = mixer(clean=1.0, snr_db=(20.0, 40.0)).example(random, COUNT)
    assert rms(noisy - clean) < rms(clean) / 99
    noisy, clean = mixer(speechless=1.0).example(random, COUNT)
    assert not clean.any()
    assert noisy.any()


def test_the_seed_says_everything():
    first, second = (mixer().example(np.random.default_rng(5), COUNT)[0] for _ in range(2))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, mixer().example(np.random.default_rng(6), COUNT)[0])


@pytest.mark.parametrize("name", ["white", "coloured", "hiss", "hum", "moving"])
def test_made_noises_are_heard(name):
    noise = getattr(mixing, name)(np.random.default_rng(0), COUNT)
    assert noise.shape == (COUNT,)
    assert noise.dtype == np.float32
    assert np.isfinite(noise).all()
    assert rms(noise) > 1e-4


def test_shaped_noise_has_the_spectrum_of_its_source():
    time = np.arange(COUNT) / 16000
    source = np.sin(2 * np.pi * 2000 * time).astype(np.float32)
    made = np.abs(np.fft.rfft(mixing.shaped(np.random.default_rng(0), source)))
    assert made[1900:2100].mean() > 20 * made[5000:].mean()


def test_a_short_recording_lies_in_silence_and_repeats_as_noise():
    recordings = Recordings([sound(0.25)])
    assert 0 < np.count_nonzero(recordings.stretch(np.random.default_rng(0), COUNT)) <= 4000
    assert np.count_nonzero(recordings.filled(np.random.default_rng(0), COUNT)) > 15000


def test_a_room_adds_a_tail():
    click = np.zeros(8000, np.float32)
    click[1000] = 1
    heard = mixing.in_room(np.random.default_rng(0), click)
    assert heard[1000] == pytest.approx(1, abs=1e-5)
    assert np.abs(heard[:1000]).max() < 1e-6
    assert np.abs(heard[1100:2000]).max() > 1e-4


def test_responses_are_smooth_and_bands_are_bands():
    hertz = np.linspace(0, 8000, 1000)
    random = np.random.default_rng(0)
    decibels = 20 * np.log10(mixing.response(random, 3.0)(hertz))
    assert np.abs(np.diff(decibels)).max() < 3
    gains = mixing.band(random, (200, 200), (3000, 3000))(hertz)
    assert gains[np.argmin(np.abs(hertz - 1000))] == pytest.approx(1, abs=1e-3)
    assert max(gains[5], gains[-1]) < 0.01
