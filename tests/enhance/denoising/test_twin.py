"""Twins as a denoising method: what they agree on, and the gate of Siamese SIREN."""

from dataclasses import replace

import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.enhance.denoising import twin
from ligeia.enhance.denoising.denoise import denoise
from ligeia.enhance.denoising.settings import DenoiseSettings
from ligeia.enhance.denoising.twin import TwinConfig
from ligeia.fitting.own_recipes import own_recipe
from ligeia.fitting.plan import Recipe
from ligeia.metrics.waveform import snr
from ligeia.networks import Siamese

RATE = 8000


def _noisy(seconds: float = 1.0) -> tuple[Audio, Audio]:
    time = np.arange(round(seconds * RATE)) / RATE
    clean = 0.3 * np.sin(2 * np.pi * 330 * time)[None] * (time < seconds / 2)
    return Audio(clean, RATE), Audio(clean + np.random.default_rng(1).normal(0, 0.15, clean.shape), RATE)


def test_twins_keep_what_they_share():
    clean, _ = _noisy()
    random = np.random.default_rng(2)
    first, second = (
        (clean.samples[0] + random.normal(0, 0.1, clean.sample_count)).astype(np.float32) for _ in range(2)
    )
    found = twin.agreed(first, second, RATE, TwinConfig())
    mean = snr(reference=clean.samples[0], estimate=(first + second) / 2, rate=RATE)
    assert snr(reference=clean.samples[0], estimate=found, rate=RATE) > mean + 5
    alike = twin.agreed(first, first, RATE, TwinConfig())
    np.testing.assert_allclose(alike, first, atol=1e-6)
    assert not twin.agreed(first, -first, RATE, TwinConfig()).any()


def test_twins_take_noise_away():
    clean, noisy = _noisy(0.5)
    found = denoise(noisy, "siamese")
    before, after = (
        snr(reference=clean.samples[0], estimate=audio.samples[0], rate=RATE) for audio in (noisy, found.audio)
    )
    assert after > before + 5
    assert found.report["networks"] > 0


@pytest.mark.parametrize(("count", "channels"), [(1, 1), (7, 1), (500, 2)])
def test_short_sounds_channels_and_silence(count, channels):
    samples = np.random.default_rng(3).normal(0, 0.1, (channels, count))
    assert denoise(Audio(samples, RATE), "siamese", steps=2).audio.samples.shape == (channels, count)
    assert not denoise(Audio(0 * samples, RATE), "siamese", steps=2).audio.samples.any()


def test_the_gate_of_the_paper_runs_on_twin_heads():
    _, noisy = _noisy(0.3)
    spec = Siamese(shared_width=8, head_width=4, octaves=8)
    recipe = Recipe(name="small", source="", design=lambda _: spec, config=own_recipe("siamese").config)
    settings = DenoiseSettings(method="siamese", steps=20)
    prepared = twin.gated(noisy, settings, replace(recipe, name="tiny"))
    found = prepared.process(noisy.samples)
    assert found.shape == noisy.samples.shape
    assert prepared.findings == {"recipe": "tiny", "alpha": 2.0, "steps": 20}
