"""`denoise`: what holds for every method that needs nothing but numpy."""

import numpy as np
import pytest

import ligeia
from ligeia.audio.signal import Audio
from ligeia.enhance.denoising.denoise import METHODS, Denoising, denoise
from ligeia.enhance.denoising.settings import DenoiseSettings
from ligeia.enhance.enhanced import Enhanced
from ligeia.errors import InputError

EASY = ["gate", "gate-nonstationary", "logmmse"]


def _noisy(rate: int, count: int, channels: int = 1) -> Audio:
    random = np.random.default_rng(0)
    tone = 0.3 * np.sin(np.arange(count) * 2 * np.pi * 440 / rate)
    return Audio((tone + random.normal(0, 0.03, (channels, count))).astype(np.float32), rate)


@pytest.mark.parametrize("method", EASY)
@pytest.mark.parametrize(
    ("rate", "count", "channels"), [(8000, 1, 1), (16000, 1600, 2), (44100, 30000, 1), (96000, 9600, 3)]
)
def test_rate_channels_and_length_stay(method: str, rate: int, count: int, channels: int) -> None:
    sound = _noisy(rate, count, channels)
    result = denoise(sound, method)
    assert isinstance(result, Enhanced)
    assert result.audio.samples.shape == sound.samples.shape
    assert result.audio.rate == rate
    assert result.report["method"] == method


@pytest.mark.parametrize("method", EASY)
def test_silence_stays_silent(method: str) -> None:
    assert not denoise(Audio(np.zeros((1, 5000)), 16000), method).audio.samples.any()


def test_pieces_and_report_are_those_of_the_whole() -> None:
    sound = _noisy(8000, 8000 * 45)
    running = Denoising(sound, DenoiseSettings(method="gate"))
    pieces = list(running.pieces())
    assert len(pieces) > 2
    whole = denoise(sound, "gate")
    np.testing.assert_array_equal(np.concatenate(pieces, axis=1), whole.audio.samples)
    assert running.report() == whole.report


def test_settings_are_checked() -> None:
    sound = _noisy(8000, 800)
    with pytest.raises(InputError, match="not a denoising method"):
        denoise(sound, "magic")
    with pytest.raises(InputError, match="strength"):
        denoise(sound, "gate", strength=2)
    with pytest.raises(InputError, match="no use for steps"):
        denoise(sound, "gate", steps=5)
    with pytest.raises(InputError, match="seed"):
        denoise(sound, "gate", seed=-1)


def test_it_is_a_public_name() -> None:
    assert ligeia.denoise is denoise
    assert all(method.summary for method in METHODS.values())
