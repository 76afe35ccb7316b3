"""The network that comes with the package: small, at home with any level and rate, hard on noise, gentle on speech."""

from pathlib import Path

import numpy as np
import pytest

import ligeia
from ligeia.enhance.denoising.suppressor.suppression import network_file, shipped_network

MEMO = Path(__file__).resolve().parents[4] / "examples" / "clipped_memo.flac"


def power(samples):
    return float(np.mean(np.square(samples, dtype=np.float64)))


def test_it_is_small():
    assert sum(value.size for value in shipped_network().arrays.values()) * 2 < 5e6
    assert network_file().stat().st_size < 5e6


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
@pytest.mark.parametrize("level", [1e-3, 0.1])
def test_noise_alone_is_lowered(rate, level):
    noise = ligeia.Audio(level * np.random.default_rng(0).standard_normal((1, 2 * rate)), rate)
    after = ligeia.denoise(noise, "suppressor").audio
    assert power(after.samples) < 0.05 * power(noise.samples)


def test_speech_is_recognised_and_kept_in_noise():
    speech = ligeia.read_audio(MEMO).mono()
    noise = np.random.default_rng(0).standard_normal(speech.samples.shape) * np.sqrt(power(speech.samples) / 10)
    after = ligeia.denoise(ligeia.Audio(speech.samples + noise, speech.rate))
    assert after.report["by"] == "suppressor"
    errors = [power(each - speech.samples) for each in (speech.samples + noise, after.audio.samples)]
    assert errors[1] < errors[0] / 2


def test_clean_speech_stays():
    speech = ligeia.read_audio(MEMO).mono()
    after = ligeia.denoise(speech, "suppressor").audio
    assert power(after.samples - speech.samples) < 0.01 * power(speech.samples)


def test_a_chord_is_left_to_shrinkage():
    time = np.arange(3 * 16000) / 16000
    chord = sum(np.sin(2 * np.pi * hertz * time) for hertz in (220, 277, 330)) * np.exp(-time)
    assert ligeia.denoise(ligeia.Audio(0.1 * chord[None], 16000)).report["by"] == "shrinkage"
