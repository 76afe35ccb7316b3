from math import pi

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ligeia.networks.coordinates import hz_to_omega, omega_to_hz, span_seconds, to_coordinates


@given(st.integers(2, 500), st.integers(1, 200_000))
def test_closed_grid_is_linspace(samples, rate):
    seconds = torch.arange(samples, dtype=torch.float64) / rate
    grid = to_coordinates(seconds, span_seconds(samples, rate, closed=True)).numpy()
    # 1e-12: a handful of double-precision roundings of numbers below 2
    assert np.abs(grid - np.linspace(-1, 1, samples)).max() < 1e-12


@given(st.integers(1, 500), st.integers(1, 200_000))
def test_half_open_grid_stops_one_step_before_the_end(samples, rate):
    seconds = torch.arange(samples, dtype=torch.float64) / rate
    grid = to_coordinates(seconds, span_seconds(samples, rate, closed=False)).numpy()
    assert np.abs(grid - (-1 + 2 * np.arange(samples) / samples)).max() < 1e-12
    assert grid.max() < 1


@pytest.mark.parametrize("closed", [True, False])
def test_a_single_sample_sits_at_the_start(closed):
    span = span_seconds(1, 8000, closed=closed)
    assert span == 1 / 8000
    assert to_coordinates(torch.zeros(1), span).tolist() == [-1]


def test_half_open_time_does_not_depend_on_the_rate():
    # The same instant has the same coordinate at 8 kHz and at 48 kHz; on the closed grid it has not.
    assert span_seconds(800, 8000, closed=False) == span_seconds(4800, 48000, closed=False)
    assert span_seconds(800, 8000, closed=True) != span_seconds(4800, 48000, closed=True)


@pytest.mark.parametrize(("seconds", "hz"), [(10, 95), (1, 955)])
def test_omega_3000_reaches_what_the_paper_reaches(seconds, hz):
    assert round(omega_to_hz(3000, seconds)) == hz


def test_omega_makes_a_tone_of_that_frequency():
    rate, seconds, hz = 8000, 0.5, 440.0
    times = torch.arange(4000, dtype=torch.float64) / rate
    phase = hz_to_omega(hz, seconds) * to_coordinates(times, span_seconds(4000, rate, closed=False))
    turns = torch.diff(phase) / (2 * pi)
    # Phases reach 700 rad, so their differences are known to about 1e-13 turns.
    assert (turns * rate - hz).abs().max() < 1e-8


@given(st.floats(1, 1e5), st.floats(1e-3, 1e4))
def test_hz_and_omega_are_inverse(hz, seconds):
    assert omega_to_hz(hz_to_omega(hz, seconds), seconds) == pytest.approx(hz, rel=1e-14)


def test_any_shape_and_precision_is_kept():
    seconds = torch.rand(3, 4, 5, dtype=torch.float64)
    coordinates = to_coordinates(seconds, 2.0)
    assert coordinates.shape == seconds.shape
    assert coordinates.dtype == torch.float64
