"""HyperSound as a denoising method: any rate, any length, a model of the user's."""

from pathlib import Path

import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.enhance.denoising import hypersound
from ligeia.enhance.denoising.denoise import denoise
from ligeia.enhance.denoising.settings import DenoiseSettings
from ligeia.errors import InputError
from ligeia.hypersound.config import HyperSoundConfig
from ligeia.hypersound.hypernetwork import HyperSound
from ligeia.hypersound.weights import save_model


@pytest.fixture
def model(tmp_path: Path) -> Path:
    target = {"width": 3, "depth": 1, "octaves": 3}
    config = HyperSoundConfig(rate=8000, samples=64, strides=(), trunk=(8,), target=target)
    save_model(tmp_path / "tiny.safetensors", HyperSound(config), {})
    return tmp_path / "tiny.safetensors"


@pytest.mark.parametrize(("rate", "count", "channels"), [(8000, 1, 1), (16000, 700, 2), (44100, 3001, 1)])
def test_rate_length_and_channels_stay(model: Path, rate: int, count: int, channels: int) -> None:
    sound = Audio(np.random.default_rng(0).normal(0, 0.1, (channels, count)), rate)
    found = denoise(sound, "hypersound", model=model)
    assert found.audio.samples.shape == (channels, count)
    assert found.audio.rate == rate
    assert found.report.get("lost_above_hz") == (4000 if rate > 8000 else None)
    assert np.isfinite(found.audio.samples).all()


def test_it_scales_with_the_sound_and_keeps_silence(model: Path) -> None:
    sound = Audio(np.random.default_rng(1).normal(0, 0.1, (1, 900)), 8000)
    found = denoise(sound, "hypersound", model=model).audio.samples
    half = denoise(Audio(sound.samples / 2, 8000), "hypersound", model=model).audio.samples
    np.testing.assert_allclose(found, 2 * half, atol=2e-3 * np.abs(found).max())
    assert not denoise(Audio(0 * sound.samples, 8000), "hypersound", model=model).audio.samples.any()


def test_the_mean_of_passes_differs_from_one(model: Path) -> None:
    sound = Audio(np.random.default_rng(2).normal(0, 0.1, (1, 900)), 8000)
    settings = DenoiseSettings(method="hypersound", model=model)
    one, eight = (hypersound.prepare(sound, settings, passes=number).process(sound.samples) for number in (1, 8))
    assert not np.array_equal(one, eight)


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    sound = Audio(np.ones((1, 100)), 8000)
    with pytest.raises(InputError, match="there is no file"):
        denoise(sound, "hypersound", model=tmp_path / "none.safetensors")
    (tmp_path / "text.safetensors").write_text("no model")
    with pytest.raises(InputError, match="not a"):
        denoise(sound, "hypersound", model=tmp_path / "text.safetensors")
