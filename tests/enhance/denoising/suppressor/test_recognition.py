"""What is speech goes through the suppressor, and any other sound through shrinkage."""

import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.enhance.denoising import ligeia
from ligeia.enhance.denoising.material import Material
from ligeia.enhance.denoising.settings import DenoiseSettings
from ligeia.enhance.denoising.suppressor import method, network, parts
from ligeia.enhance.denoising.suppressor.features import BINS
from ligeia.enhance.denoising.suppressor.network import Network
from ligeia.enhance.denoising.suppressor.recognition import Verdict, recognise
from ligeia.enhance.denoising.suppressor.suppression import Suppression


def half():
    """A network whose gains are a half everywhere."""
    arrays = {name: np.zeros(shape) for name, shape in network.shapes(4).items()}
    arrays["leave.bias"][:BINS] = -network.OPEN
    return Network.from_arrays(arrays, "a test")


def noise(seconds=3.0, rate=16000):
    return Audio(0.1 * np.random.default_rng(0).standard_normal((1, round(seconds * rate))), rate)


@pytest.mark.parametrize(
    ("verdict", "is_speech"),
    [
        (Verdict(0.5, 0.8, 0.95), True),
        (Verdict(0.4, 0.7, 0.3), True),  # in loud voices
        (Verdict(0.3, 0.8, 0.9), True),  # with few pauses
        (Verdict(0.4, 0.5, 0.3), False),
        (Verdict(0.3, 0.5, 0.9), False),
        (Verdict(0.5, 0.5, 0.9), True),  # in loud white noise
        (Verdict(0.5, 1.2, 0.1), False),
        (Verdict(0.1, 0.8, 0.9), False),
        (Verdict(0.5, 0.2, 0.9), False),
        (Verdict(0.0, 0.0, 0.9, short=True), True),
        (Verdict(0.0, 0.0, 0.3, short=True), False),
    ],
)
def test_the_signs_of_speech(verdict, is_speech):
    assert verdict.is_speech == is_speech


def test_a_recording_is_examined_in_parts():
    ramp = Audio(np.linspace(-1, 1, 60 * 16000)[None], 16000)
    found = parts.parts_of(ramp).samples[0].reshape(parts.COUNT, -1)
    assert found.shape[1] == parts.SECONDS * 16000
    assert np.diff(found[:, 0]) == pytest.approx([0.373] * 3, abs=0.01)


def test_what_is_kept_is_measured():
    tone = Audio(0.1 * np.sin(np.arange(48000) / 4)[None], 16000)
    verdict = recognise(tone, Suppression(half(), 0.07))
    assert verdict.kept == pytest.approx(0.25, abs=0.03)
    assert not verdict.is_speech
    assert recognise(Audio(tone.samples[:, :8000], 16000), Suppression(half(), 0.07)).short


@pytest.mark.parametrize(
    ("first", "log_odds", "by"), [(True, 2.0, "suppressor"), (True, -2.0, "shrinkage"), (False, 2.0, "shrinkage")]
)
def test_both_judges_must_agree_on_speech(monkeypatch, first, log_odds, by):
    monkeypatch.setattr(method, "shipped_network", half)
    monkeypatch.setattr(ligeia, "recognise", lambda sound, suppression: Verdict(0.5, 0.8 * first, 0.9))
    monkeypatch.setattr(ligeia, "material_of", lambda sound: Material(speech=log_odds > 0, score=log_odds))
    audio = noise()
    prepared = ligeia.prepare(audio, DenoiseSettings(method="ligeia"))
    assert (prepared.findings["by"], prepared.findings["speech"]) == (by, by == "suppressor")
    assert prepared.findings["signs"]["log_odds"] == (log_odds if first else None)
    after = prepared.process(audio.samples)
    assert after.shape == audio.samples.shape
    share = np.square(after).sum() / np.square(audio.samples).sum()
    assert share == pytest.approx(0.25, abs=0.02) if by == "suppressor" else share < 0.1


def test_silence_stays_silent(monkeypatch):
    monkeypatch.setattr(method, "shipped_network", half)
    silence = np.zeros((2, 1000), np.float32)
    prepared = ligeia.prepare(Audio(silence, 8000), DenoiseSettings(method="ligeia"))
    assert np.array_equal(prepared.process(silence), silence)
