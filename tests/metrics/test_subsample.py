"""Fractions of a sample: found, undone, and never invented."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ligeia.metrics.subsample import HALF_LENGTH, MOST, earlier, find_fraction


def smooth(seed: int = 0, frames: int = 4000) -> np.ndarray:
    """Noise without the top tenth of its band, where no filter of finite length can move it exactly."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(frames))
    spectrum[int(0.9 * len(spectrum)) :] = 0
    return np.fft.irfft(spectrum, frames)


def later(signal: np.ndarray, lag: float) -> np.ndarray:
    """Exactly `lag` samples later, round the ends."""
    omega = 2 * np.pi * np.fft.rfftfreq(len(signal))
    return np.fft.irfft(np.fft.rfft(signal) * np.exp(-1j * omega * lag), len(signal))


@given(st.floats(-0.95, 0.95), st.integers(0, 5), st.floats(0, 0.5))
def test_fractions_are_found(lag: float, seed: int, dirt: float) -> None:
    signal = smooth(seed)
    noisy = later(signal, lag) + dirt * np.random.default_rng(seed + 50).standard_normal(len(signal))
    found = find_fraction(reference=signal, estimate=noisy)
    # Where the fraction is small beside the noise it explains nothing, and is left alone.
    assert found == pytest.approx(lag, abs=0.03) or (found == 0 and abs(lag) < 0.15 + dirt / 2)


@given(st.floats(-MOST, MOST), st.integers(0, 5))
def test_moving_back_is_exact_inside(lag: float, seed: int) -> None:
    signal = smooth(seed)
    back = earlier(later(signal, lag)[None], lag)[0]
    inside = slice(HALF_LENGTH, -HALF_LENGTH)
    error = np.sum((back - signal)[inside] ** 2) / np.sum(signal[inside] ** 2)
    assert error < 1e-6  # -60 dB, at the edge of the band; far less below


def test_channels_move_together() -> None:
    pair = np.stack([smooth(1), smooth(2)])
    moved = earlier(pair, 0.3)
    assert moved.shape == pair.shape
    assert moved[1] == pytest.approx(earlier(pair[1:], 0.3)[0])


def test_whole_samples_are_whole() -> None:
    signal = smooth()[None]
    assert earlier(signal, 0.0) == pytest.approx(signal, abs=1e-9)
    assert earlier(signal, 1.0)[0, :-1] == pytest.approx(signal[0, 1:], abs=1e-9)


@pytest.mark.parametrize("dirt", [0.0, 0.01, 1.0])
def test_nothing_is_invented(dirt: float) -> None:
    signal = smooth()
    noisy = signal + dirt * np.random.default_rng(9).standard_normal(len(signal))
    assert find_fraction(reference=signal, estimate=noisy) == 0


def test_quiet_cases() -> None:
    silence = np.zeros(100)
    assert find_fraction(reference=silence, estimate=smooth()[:100]) == 0
    assert find_fraction(reference=smooth()[:100], estimate=silence) == 0
    assert find_fraction(reference=np.ones(1), estimate=np.ones(1)) == 0
    assert abs(find_fraction(reference=smooth(1), estimate=smooth(2))) <= MOST
