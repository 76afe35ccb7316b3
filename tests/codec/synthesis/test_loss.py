"""The loss hears what listeners hear: nothing between equal sounds, more of what was added, the level too."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from ligeia.codec.synthesis.loss import SPEECH_RMS, Difference, Weights, bark, hearing_threshold  # noqa: E402

RATE = 16000
LOSS = Difference(RATE, Weights())


def speechlike(seed=0):
    """A second whose spectrum falls as that of speech does, with an RMS of 1."""
    random = np.random.default_rng(seed)
    spectrum = np.fft.rfft(random.standard_normal(RATE)) / (1 + np.arange(RATE // 2 + 1) / 500)
    sound = np.fft.irfft(spectrum) * np.abs(np.sin(np.arange(RATE) * 6 / RATE))
    return torch.tensor(sound / np.sqrt(np.mean(sound**2)), dtype=torch.float32)[None]


def test_equal_sounds_do_not_differ():
    sound = speechlike()
    loss, parts = LOSS(sound, sound)
    assert float(loss) == pytest.approx(0, abs=5e-3)
    assert set(parts) == {"disturbance", "levels", "magnitude", "complex"}


def test_more_noise_is_worse():
    sound, noise = speechlike(), speechlike(1)
    parts = [LOSS(sound, sound + size * noise)[1] for size in (0.03, 0.1, 0.3)]
    for name in ("disturbance", "levels", "magnitude", "complex"):
        values = [float(part[name]) for part in parts]
        assert values == sorted(values)
        assert values[0] < values[-1]


def test_what_is_added_counts_more_than_what_is_lost():
    power = torch.full((1, 40, 49), 1e5)
    (more, added), (less, lost) = LOSS.disturbances(power, 10 * power), LOSS.disturbances(power, power / 10)
    assert float(added) > 0
    assert float(lost) < 1e-3
    assert float(more) > 0
    assert float(less) > 0


def test_being_softer_is_no_way_out():
    sound = speechlike()
    assert float(LOSS(sound, 0.25 * sound)[1]["disturbance"]) > 0.2


def test_the_waveform_counts_apart_from_its_magnitudes():
    sound = speechlike()
    _, parts = LOSS(sound, -sound)
    assert float(parts["magnitude"]) == pytest.approx(0, abs=1e-6)
    assert float(parts["disturbance"]) == pytest.approx(0, abs=5e-3)
    assert float(parts["complex"]) > 0.3


def test_gradients_are_finite_in_silence():
    silence = torch.zeros(1, RATE, requires_grad=True)
    LOSS(torch.zeros(1, RATE), silence)[0].backward()
    assert torch.isfinite(silence.grad).all()


def test_units():
    """A tone of 40 dB at 1 kHz has one sone, and its power 10^4 (P.862 §10.2.1)."""
    amplitude = 29.54 / SPEECH_RMS  # of the tone that PESQ calibrates by, here in units of its level of speech
    tone = amplitude * torch.sin(2 * torch.pi * 1000 / RATE * torch.arange(RATE))[None]
    power = LOSS._power(LOSS._spectrum(tone, 512, 256)) @ LOSS.filters
    assert float(power.sum(-1).mean()) == pytest.approx(1e4, rel=0.6)  # of all bins, not of the largest alone
    loudness = (LOSS._loudness(power) * LOSS.width).sum(-1).mean()
    assert 0.5 < float(loudness) < 2.5


def test_scales():
    assert bark(np.array([100.0, 1000.0, 8000.0])) == pytest.approx([1, 8.5, 22.4], abs=0.6)
    assert hearing_threshold(np.array([1000.0]))[0] == pytest.approx(3.4, abs=0.5)
