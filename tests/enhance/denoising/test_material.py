"""Speech or something else, told from synthetic sounds; recordings are in the benchmark."""

import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.enhance.denoising.material import material_of
from tests.enhance.denoising.test_noise_floor import RATE, melody, white


def babble_of_one(seconds: float = 6) -> np.ndarray:
    """Syllables: a gliding pitch through moving formants, hissing consonants, and pauses."""
    rng = np.random.default_rng(3)
    sound = []
    while sum(map(len, sound)) < seconds * RATE:
        count = int(rng.uniform(0.1, 0.22) * RATE)
        time = np.arange(count) / RATE
        pitch = rng.uniform(100, 150) * 2 ** (rng.uniform(-0.4, 0.4) * time / time[-1])
        phase = 2 * np.pi * np.cumsum(pitch) / RATE
        formants = rng.uniform(300, 900), rng.uniform(900, 2300)
        partials = np.arange(1, 25)
        loud = sum(np.exp(-(((partials * 125 - formant) / 150) ** 2)) for formant in formants) + 0.02
        vowel = (loud[:, None] * np.sin(partials[:, None] * phase)).sum(axis=0)
        hiss = np.diff(rng.normal(0, 0.4, int(rng.uniform(0.05, 0.1) * RATE) + 1))
        sound += [
            vowel * np.hanning(count),
            hiss * np.hanning(len(hiss)),
            np.zeros(int(rng.uniform(0.02, 0.25) * RATE)),
        ]
    return 0.1 * np.concatenate(sound)[: round(seconds * RATE)]


@pytest.mark.parametrize("noise", [0.0, 0.02, 0.08])
def test_syllables_are_speech_and_chords_are_not(noise: float) -> None:
    assert material_of(Audio((babble_of_one() + white(6, noise))[None], RATE)).speech
    assert not material_of(Audio((melody(6) + white(6, noise))[None], RATE)).speech


def test_channels_are_mixed_and_rates_converted() -> None:
    sound = np.repeat(babble_of_one(), 3)
    assert material_of(Audio(np.stack([sound, sound]), 3 * RATE)).speech


def test_noise_silence_and_next_to_nothing_are_no_speech() -> None:
    assert not material_of(Audio(white(4)[None], RATE)).speech
    for samples in (np.zeros((1, RATE)), np.ones((2, 1)), np.zeros((1, 0))):
        assert not material_of(Audio(samples, RATE)).speech
