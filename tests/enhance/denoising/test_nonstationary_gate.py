"""The non-stationary gate against noisereduce as installed, and its own promises."""

from importlib import import_module
from importlib.metadata import version
from typing import Any

import made_gates as made
import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.enhance.denoising.denoise import denoise
from ligeia.enhance.denoising.gate import GateConfig
from ligeia.enhance.denoising.nonstationary_gate import NonstationaryConfig, nonstationary_gate
from ligeia.errors import InputError

EQUAL = 1e-7
"""The rounding of float32 at these levels."""


def theirs(samples: np.ndarray, rate: int, **settings: Any) -> np.ndarray:
    assert version("noisereduce") == "3.0.3"
    sound = samples if len(samples) > 1 else samples[0]
    return np.atleast_2d(import_module("noisereduce").reduce_noise(y=sound, sr=rate, stationary=False, **settings))


@pytest.mark.parametrize(
    ("rate", "frames", "channels"),
    [(8000, 9000, 1), (16000, 20001, 2), (22050, 1024, 1), (44100, 30000, 1), (48000, 1500, 3), (96000, 40000, 1)],
)
def test_equals_noisereduce_at_any_rate_and_length(rate: int, frames: int, channels: int) -> None:
    samples = made.speech_like(rate, frames, channels)
    ours = nonstationary_gate(Audio(samples, rate)).samples
    np.testing.assert_allclose(ours, theirs(samples, rate), rtol=0, atol=EQUAL)


def test_equals_noisereduce_over_chunks() -> None:
    samples = made.speech_like(16000, 50001, 1)
    config = NonstationaryConfig(gate=GateConfig(chunk=12000, padding=5000))
    ours = nonstationary_gate(Audio(samples, 16000), config).samples
    np.testing.assert_allclose(ours, theirs(samples, 16000, chunk_size=12000, padding=5000), rtol=0, atol=EQUAL)


@pytest.mark.parametrize(
    ("ours", "their"),
    [
        ({"time_constant_seconds": 0.5}, {"time_constant_s": 0.5}),
        ({"threshold": 1.0, "slope": 4.0}, {"thresh_n_mult_nonstationary": 1.0, "sigmoid_slope_nonstationary": 4.0}),
        ({"gate": GateConfig(prop_decrease=0.7)}, {"prop_decrease": 0.7}),
        ({"gate": GateConfig(n_fft=512, hop=100)}, {"n_fft": 512, "hop_length": 100}),
    ],
    ids=str,
)
def test_equals_noisereduce_with_other_settings(ours: dict[str, Any], their: dict[str, Any]) -> None:
    samples = made.speech_like(16000, 20000, 1)
    gated = nonstationary_gate(Audio(samples, 16000), NonstationaryConfig(**ours)).samples
    np.testing.assert_allclose(gated, theirs(samples, 16000, **their), rtol=0, atol=EQUAL)


def test_the_method_is_this_gate_and_has_no_seams() -> None:
    short = Audio(made.speech_like(8000, 16000, 2), 8000)
    method = denoise(short, "gate-nonstationary").audio.samples
    np.testing.assert_allclose(method, nonstationary_gate(short).samples, rtol=0, atol=EQUAL)
    long = Audio(np.tile(made.speech_like(8000, 80000), (1, 5)), 8000)
    whole = nonstationary_gate(long).samples
    pieces = denoise(long, "gate-nonstationary").audio.samples
    # Of what lies beyond the context of five time constants, exp(-5) = 0.7 % is missing in the mean.
    assert np.sum((pieces - whole) ** 2) < 0.001 * np.sum(whole**2)


def test_silence_and_single_samples() -> None:
    for samples in (np.zeros((1, 3000)), np.ones((2, 1))):
        result = nonstationary_gate(Audio(samples, 8000)).samples
        assert np.isfinite(result).all()
        assert np.abs(result).max() <= np.abs(samples).max()


def test_settings_are_checked() -> None:
    with pytest.raises(InputError, match="time_constant_seconds must be positive, got 0"):
        NonstationaryConfig(time_constant_seconds=0)
    with pytest.raises(InputError, match="slope"):
        NonstationaryConfig(slope=float("nan"))
