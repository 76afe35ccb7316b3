"""SIREN as denoisers: ours, which stops, and the one of INR denoising 2024, which does not."""

from dataclasses import replace

import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.enhance.denoising import siren, siren_paper
from ligeia.enhance.denoising.denoise import denoise
from ligeia.enhance.denoising.settings import DenoiseSettings
from ligeia.enhance.denoising.siren import SirenConfig
from ligeia.enhance.denoising.stopping import RULES
from ligeia.fitting.recipes import recipe_named
from ligeia.metrics.waveform import snr

RATE = 8000
SMALL = SirenConfig(networks=3, folds=3)


def _tone(seconds: float = 0.5, noise: float = 0.2) -> tuple[Audio, Audio]:
    clean = 0.3 * np.sin(2 * np.pi * 330 * np.arange(round(seconds * RATE)) / RATE)[None]
    hiss = np.random.default_rng(1).normal(0, noise, clean.shape)
    return Audio(clean, RATE), Audio(clean + hiss, RATE)


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_takes_noise_away(rule):
    clean, noisy = _tone()
    noise = Audio(np.random.default_rng(2).normal(0, 0.2, (1, 4000)), RATE)
    prepared = siren.prepare(noisy, DenoiseSettings(method="siren", noise=noise), replace(SMALL, rule=rule))
    found = prepared.process(noisy.samples)
    before = snr(reference=clean.samples[0], estimate=noisy.samples[0], rate=RATE)
    after = snr(reference=clean.samples[0], estimate=found[0], rate=RATE)
    assert after > before + 3
    assert prepared.findings["rule"] == rule
    assert 0 < prepared.findings["mean_step"] <= 120


def test_a_pause_of_noise_becomes_quiet():
    noise = Audio(np.random.default_rng(3).normal(0, 0.1, (1, 4000)), RATE)
    found = denoise(noise, "siren", steps=20).audio
    assert np.std(found.samples) < 0.5 * np.std(noise.samples)


@pytest.mark.parametrize(("count", "channels"), [(1, 1), (300, 2)])
def test_short_sounds_and_channels(count, channels):
    sound = Audio(np.random.default_rng(4).normal(0, 0.1, (channels, count)), RATE)
    assert denoise(sound, "siren", steps=3).audio.samples.shape == (channels, count)


def test_silence_stays_silent_and_the_seed_decides():
    assert not denoise(Audio(np.zeros((1, 900)), RATE), "siren", steps=2).audio.samples.any()
    _, noisy = _tone(0.1)
    same = [denoise(noisy, "siren", steps=5, seed=seed).audio.samples for seed in (0, 0, 1)]
    np.testing.assert_array_equal(same[0], same[1])
    assert not np.array_equal(same[0], same[2])


def test_the_papers_network_fits_the_noise():
    clean, noisy = _tone(0.1)
    recipe = recipe_named("inr-denoising").resized(width=64, depth=3)
    recipe = replace(recipe, config=replace(recipe.config, learning_rates=(1e-3, 1e-3, 1e-3)))
    prepared = siren_paper.prepare(noisy, DenoiseSettings(method="siren-paper", steps=300), recipe)
    found = prepared.process(noisy.samples)
    assert snr(reference=noisy.samples[0], estimate=found[0], rate=RATE) > snr(
        reference=clean.samples[0], estimate=found[0], rate=RATE
    )
    assert prepared.findings["steps"] == 300
