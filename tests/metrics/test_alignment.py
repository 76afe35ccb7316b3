"""Delays: found to the sample where there is one, left alone where there is nothing to go by."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ligeia.metrics.alignment import (
    HALF_LENGTH,
    LONGEST_WINDOW,
    MOST_FRACTION,
    earlier,
    find_delay,
    find_fraction,
    shifted,
)

RATE = 8000


def noise(length: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(length)


def delayed(signal: np.ndarray, lag: int) -> np.ndarray:
    """`signal` later by `lag` samples (earlier where negative), of the same length."""
    padded = np.pad(signal, (abs(lag), abs(lag)))
    return padded[abs(lag) - lag :][: len(signal)]


def found(reference: np.ndarray, estimate: np.ndarray, max_delay: float = 0.5):
    return find_delay(reference=reference, estimate=estimate, rate=RATE, max_delay=max_delay)


@settings(max_examples=60)
@given(st.integers(-900, 900), st.integers(0, 9), st.floats(0.1, 10), st.floats(0, 0.7))
def test_delay_of_a_noisy_copy(lag: int, seed: int, gain: float, dirt: float) -> None:
    signal = noise(4000, seed)
    estimate = gain * (delayed(signal, lag) + dirt * noise(4000, seed + 100))
    delay = found(signal, estimate)
    assert (delay.samples, delay.method) == (lag, "waveform")


def test_smooth_sounds_are_aligned_to_the_sample() -> None:
    smooth = np.convolve(noise(8000), np.hanning(400), "same")
    assert found(smooth, delayed(smooth, 10)).samples == 10


def test_a_tone_moves_by_no_whole_periods() -> None:
    tone = np.sin(2 * np.pi * 100 * np.arange(8000) / RATE)
    assert found(tone, tone).samples == 0
    assert found(tone, delayed(tone, 13)).samples == 13


def test_no_delay_beyond_the_longest() -> None:
    signal = noise(8000)
    assert found(signal, delayed(signal, 700), max_delay=0.05).method == "none"
    assert found(signal, delayed(signal, 700), max_delay=0.05).samples == 0


def test_a_vocoder_is_aligned_by_its_envelope() -> None:
    loudness = np.repeat(np.random.default_rng(3).uniform(0, 1, 40) ** 2, 400)
    reference, estimate = loudness * noise(16000, 1), delayed(loudness, 320) * noise(16000, 2)
    delay = found(reference, estimate)
    assert delay.method == "envelope"
    assert abs(delay.samples - 320) <= 80  # the envelope is averaged over 10 ms


@pytest.mark.parametrize(
    ("reference", "estimate"),
    [(noise(8000, 1), noise(8000, 2)), (np.zeros(800), noise(800)), (noise(800), np.zeros(800)), (noise(1), noise(1))],
    ids=["unrelated", "silent reference", "silent estimate", "one sample"],
)
def test_nothing_to_go_by(reference: np.ndarray, estimate: np.ndarray) -> None:
    delay = found(reference, estimate)
    assert (delay.samples, delay.method) == (0, "none")


def test_inverted_polarity_is_an_error_not_a_delay() -> None:
    signal = noise(8000)
    assert found(signal, -signal).correlation < 0.5


def test_long_sounds_are_searched_where_they_are_loud() -> None:
    length = int((LONGEST_WINDOW + 20) * RATE)
    signal = 1e-3 * noise(length)
    signal[-8 * RATE :] = noise(8 * RATE, 1)
    assert found(signal, delayed(signal, 77)).samples == 77


def test_quiet_stretches_do_not_win_by_chance() -> None:
    signal = noise(8000)
    signal[4000:] = 0
    assert found(signal, delayed(signal, 200)).samples == 200


@pytest.mark.parametrize("length", [1, 2, 5, 40])
def test_a_scrap_of_sound_is_not_fitted_in_by_chance(length: int) -> None:
    assert found(noise(8000), noise(length, 1)).samples == 0


# --- moving -------------------------------------------------------------------------------------------


def moved(reference: list[float], estimate: list[float], lag: int) -> tuple[list[float], list[float], int]:
    x, y, missing = shifted(reference=np.array([reference]), estimate=np.array([estimate]), lag=lag)
    return x[0].tolist(), y[0].tolist(), missing


def test_equal_lengths_without_lag_stay() -> None:
    assert moved([1, 2, 3], [4, 5, 6], 0) == ([1, 2, 3], [4, 5, 6], 0)


def test_what_a_lag_pushes_out_is_left_out() -> None:
    assert moved([1, 2, 3, 4], [0, 1, 2, 3], 1) == ([1, 2, 3], [1, 2, 3], 0)
    assert moved([1, 2, 3, 4], [2, 3, 4, 0], -1) == ([2, 3, 4], [2, 3, 4], 0)


def test_a_late_estimate_with_its_tail_loses_nothing() -> None:
    assert moved([1, 2, 3], [0, 1, 2, 3], 1) == ([1, 2, 3], [1, 2, 3], 0)


def test_a_lost_tail_counts_as_silence() -> None:
    assert moved([1, 2, 3, 4], [1, 2], 0) == ([1, 2, 3, 4], [1, 2, 0, 0], 2)
    assert moved([1, 2, 3, 4], [0, 1], 1) == ([1, 2, 3], [1, 0, 0], 2)


def test_surplus_is_cut_off() -> None:
    assert moved([1, 2], [1, 2, 9, 9], 0) == ([1, 2], [1, 2], -2)


def test_something_always_remains() -> None:
    assert moved([1], [5], 3) == ([1], [0], 1)


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


@given(st.floats(-MOST_FRACTION, MOST_FRACTION), st.integers(0, 5))
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
    assert abs(find_fraction(reference=smooth(1), estimate=smooth(2))) <= MOST_FRACTION


@pytest.mark.parametrize(("dirt", "believed"), [(1.0, True), (2.5, False)])
def test_a_fraction_must_explain_a_twentieth_of_the_difference(dirt: float, believed: bool) -> None:
    # Of the difference from the reference, a lag of 0.3 samples explains about 17 % beside as much noise, and 3 %
    # beside 2.5 times as much.
    signal = smooth()
    noisy = later(signal, 0.3) + dirt * signal.std() * np.random.default_rng(5).standard_normal(len(signal))
    assert (find_fraction(reference=signal, estimate=noisy) != 0) == believed
