"""Delays: found to the sample where there is one, left alone where there is nothing to go by."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ligeia.metrics.alignment import LONGEST_WINDOW, find_delay, shifted

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
