"""Spline and autoregressive methods against closed forms."""

import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.enhance.restoration.autoregressive import (
    autocorrelation,
    burg,
    extrapolated,
    iterated,
    least_residual,
    levinson,
)
from ligeia.enhance.restoration.detection import find_damage
from ligeia.enhance.restoration.spline import interpolated
from ligeia.enhance.restoration.stretch import RestoreSettings, Stretch, by_channel, within_bounds
from ligeia.progress import Reporter


def test_spline_reproduces_a_cubic() -> None:
    time = np.arange(30.0)
    cubic = time**3 - 20 * time**2 + 3
    missing = np.zeros(30, bool)
    missing[[4, 5, 17]] = True
    assert np.allclose(interpolated(np.where(missing, 0, cubic), missing), cubic)


@pytest.mark.parametrize("estimate", [burg, levinson])
def test_models_find_the_poles_of_a_sound(estimate: object) -> None:
    drawn = np.random.default_rng(0).standard_normal(20000)
    sound = np.zeros(20002)
    for index in range(20000):
        sound[index + 2] = 1.6 * sound[index + 1] - 0.9 * sound[index] + drawn[index]
    assert np.allclose(estimate(sound, 2), [1, -1.6, 0.9], atol=0.02)  # type: ignore[operator]


def solution_of(missing: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Values of the missing samples in their places."""
    whole = np.zeros(len(missing))
    whole[missing] = values
    return whole


def test_least_residual_is_the_least_squares_solution() -> None:
    drawn = np.random.default_rng(1)
    samples, coefficients = drawn.standard_normal(60), np.array([1, -0.9, 0.4, 0.2])
    missing = np.zeros(60, bool)
    missing[[1, 2, 10, 12, 13, 14, 30]] = True
    rows = np.array([np.convolve(row, coefficients)[3:60] for row in np.eye(60)]).T
    solution = np.linalg.lstsq(rows[:, missing], -rows[:, ~missing] @ samples[~missing], rcond=None)[0]
    found = least_residual(np.where(missing, 0, samples), missing, coefficients)[missing]
    assert np.allclose(found[2:], solution[2:])  # those that do not hang on what lies beyond the ends
    guess = np.where(missing, solution_of(missing, solution), samples)
    closed = least_residual(np.where(missing & (np.arange(60) > 5), 0, guess), missing, coefficients, open_ends=False)
    assert np.allclose(closed[missing], solution)


def test_iterations_and_extrapolation_continue_a_tone() -> None:
    tone = np.sin(np.arange(1000) / 7) + 0.5 * np.sin(np.arange(1000) / 3)
    tone += np.random.default_rng(0).normal(0, 1e-4, 1000)
    missing = np.zeros(1000, bool)
    missing[480:540] = True
    broken = np.where(missing, 0, tone)
    assert np.abs(iterated(broken, missing, order=40, steps=5, estimate=burg) - tone).max() < 0.05
    assert np.abs(extrapolated(broken, missing, order=40) - tone).max() < 0.05


def test_silence_stays_silent() -> None:
    missing = np.zeros(200, bool)
    missing[90:110] = True
    for estimate in (burg, levinson):
        assert not iterated(np.zeros(200), missing, order=20, steps=3, estimate=estimate).any()
    assert not extrapolated(np.zeros(200), missing, order=20).any()


def test_autocorrelation_beyond_the_end_is_zero() -> None:
    assert np.allclose(autocorrelation(np.array([1.0, 2.0]), 4), [5, 2, 0, 0])


def test_bounds_hold() -> None:
    missing = np.array([[False, True, True]])
    lower, upper = np.array([[-np.inf, 2.0, -np.inf]]), np.array([[np.inf, np.inf, -1.0]])
    stretch = Stretch(np.zeros((1, 3)), missing, 8000, lower, upper)
    assert within_bounds(stretch, stretch.samples).tolist() == [[0, 2, -1]]
    assert by_channel(lambda samples, holes: samples + 3, stretch).tolist() == [[0, 3, -1]]


def test_nothing_is_found_in_silence() -> None:
    silence = Audio(np.zeros((2, 5000)), 8000)
    assert len(find_damage(silence, RestoreSettings(), Reporter(None))) == 0
