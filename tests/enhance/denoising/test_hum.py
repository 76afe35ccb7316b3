"""Mains hum: found, taken out, and not seen where there is none."""

import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.enhance.denoising.denoise import denoise
from ligeia.enhance.denoising.hum import find_hum, without_hum
from tests.enhance.denoising.test_noise_floor import RATE, melody, white

SECONDS = 8


def mains(hertz: float, level: float = 0.02) -> np.ndarray:
    time = np.arange(SECONDS * RATE) / RATE
    return level * sum(np.sin(2 * np.pi * hertz * k * time + k) / np.sqrt(k) for k in range(1, 13))


def error_db(clean: np.ndarray, estimate: np.ndarray) -> float:
    return float(10 * np.log10(np.mean((estimate - clean) ** 2)))


@pytest.mark.parametrize("hertz", [49.97, 50.1, 60.0])
def test_hum_is_found_and_taken_out_of_music(hertz: float) -> None:
    clean, hum = melody(SECONDS), mains(hertz)
    sound = np.float32((clean + hum)[None])
    found = find_hum(Audio(sound, RATE))
    assert found is not None
    assert found.fundamental == pytest.approx(hertz, abs=0.06)
    assert error_db(clean, without_hum(sound, found, rate=RATE)[0]) < error_db(clean, sound[0]) - 7


def test_no_hum_in_music_noise_or_silence() -> None:
    assert find_hum(Audio(melody(SECONDS)[None], RATE)) is None
    assert find_hum(Audio(white(SECONDS)[None], RATE)) is None
    assert find_hum(Audio(np.zeros((1, SECONDS * RATE)), RATE)) is None
    assert find_hum(Audio(np.ones((2, 5)), RATE)) is None


def test_a_loud_steady_note_is_not_hum() -> None:
    time = np.arange(SECONDS * RATE) / RATE
    note = 0.2 * sum(np.sin(2 * np.pi * 60 * k * time) / k for k in (1, 2, 3))
    assert find_hum(Audio((note + white(SECONDS, 0.001))[None], RATE)) is None


def test_the_denoiser_takes_it_out_and_says_so() -> None:
    clean, hum = melody(SECONDS), mains(50)
    result = denoise(Audio((clean + hum + white(SECONDS, 0.003))[None], RATE), "shrinkage")
    assert min(result.report["hum_hz"]) == pytest.approx(50, abs=0.1)
    assert error_db(clean, result.audio.samples[0]) < error_db(clean, clean + hum) - 6
