"""The log-spectral amplitude estimator: its formula, and what it promises."""

import numpy as np
import pytest
from scipy.integrate import quad

from ligeia.audio.signal import Audio
from ligeia.enhance.denoising.denoise import denoise
from ligeia.enhance.denoising.logmmse import LEAST_SNR, log_mmse_gains

RATE = 16000
COUNT = 4 * RATE


def voice() -> np.ndarray:
    """Bursts of ten partials, a quarter of a second each."""
    seconds = np.arange(COUNT) / RATE
    tone = sum(np.sin(2 * np.pi * 180 * k * seconds) / k for k in range(1, 11))
    return np.asarray(0.1 * tone * (np.floor(4 * seconds) % 2))[None]


def hiss(level: float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, level, (1, COUNT))


def snr_db(reference: np.ndarray, estimate: np.ndarray) -> float:
    return float(10 * np.log10(np.sum(reference**2) / np.sum((estimate - reference) ** 2)))


def test_the_gain_is_that_of_the_paper() -> None:
    # One frame: the a priori SNR is then 0.98 max(gamma - 1, 0) + 0.02 max(gamma - 1, 0) = gamma - 1, or its floor.
    for posterior in (0.3, 2.0, 5.0, 40.0):
        gain = log_mmse_gains(np.array([[posterior]]), np.ones((1, 1)), 0.008)[0, 0]
        prior = max(posterior - 1, LEAST_SNR)
        v = prior / (1 + prior) * posterior
        integral = quad(lambda t: np.exp(-t) / t, v, np.inf)[0]
        assert gain == pytest.approx(prior / (1 + prior) * np.exp(integral / 2), rel=1e-6)


def test_noise_falls_and_sound_stays() -> None:
    clean = voice()
    noisy = clean + hiss(0.02)
    result = denoise(Audio(noisy, RATE), "logmmse")
    gained = snr_db(clean, result.audio.samples) - snr_db(clean, noisy)
    assert gained > 5
    assert result.report["noise_db"] == pytest.approx(-34, abs=3)
    assert result.report["tracking"] is True


def test_a_given_noise_is_taken_for_constant() -> None:
    clean = voice()
    noisy = clean + hiss(0.02)
    told = denoise(Audio(noisy, RATE), "logmmse", noise=Audio(hiss(0.02, seed=1), RATE))
    assert told.report["tracking"] is False
    assert told.report["noise_db"] == pytest.approx(-34, abs=0.2)
    assert snr_db(clean, told.audio.samples) - snr_db(clean, noisy) > 5


def test_silence_before_and_after_a_sound_stays_silent() -> None:
    sound = np.pad(voice() + hiss(0.01), ((0, 0), (RATE, RATE)))
    result = denoise(Audio(sound, RATE), "logmmse").audio.samples
    assert not result[:, : RATE - 2000].any()
    assert not result[:, -RATE + 2000 :].any()


def test_channels_are_denoised_one_by_one() -> None:
    one, other = voice() + hiss(0.02), voice() + hiss(0.05, seed=3)
    both = denoise(Audio(np.concatenate([one, other]), RATE), "logmmse").audio.samples
    for channel, alone in zip(both, (one, other), strict=True):
        np.testing.assert_allclose(channel, denoise(Audio(alone, RATE), "logmmse").audio.samples[0], rtol=0, atol=1e-6)
