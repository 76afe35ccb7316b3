"""."""

from math import pi

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ligeia.networks.coordinates import (
    encode_octaves,
    hz_to_omega,
    octaves_for,
    omega_to_hz,
    span_seconds,
    to_coordinates,
)
from ligeia.networks.siren import encoded_size


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


def test_octaves_of_the_papers_clip():
    assert octaves_for(22050, 10) == 18


@pytest.mark.parametrize(
    ("rate", "seconds", "octaves"), [(8, 0.25, 1), (8, 0.5, 2), (8, 1, 3), (8, 1.1, 4), (1, 0.1, 1)]
)
def test_octaves_by_hand(rate, seconds, octaves):
    assert octaves_for(rate, seconds) == octaves


@given(st.integers(1000, 200_000), st.floats(0.01, 100))
def test_the_last_octave_is_the_first_to_reach_nyquist(rate, seconds):
    top = octaves_for(rate, seconds) - 1  # term i is a tone of 2^i / T Hz
    assert 2**top / seconds >= rate / 2 * (1 - 1e-12)
    assert 2 ** (top - 1) / seconds < rate / 2


def test_term_i_is_a_tone_of_two_to_the_i_over_t_hz():
    # Sixteen octaves in ten seconds stop at 3276.8 Hz: the last sine turns 32768 times over [-1, 1].
    grid = torch.linspace(-1, 1, 4 * 32768 + 1, dtype=torch.float64)
    last = encode_octaves(grid, 16, with_coordinate=False, order="interleaved")[:, -2]
    crests = last[1::2]  # four samples a turn: every second one is a crest or a trough
    assert len(crests) == 2 * 32768
    # 1e-9: phases of 1e5 rad in double precision
    assert (crests[1:] + crests[:-1]).abs().max() < 1e-9
    assert (crests.abs() - 1).abs().max() < 1e-9


@pytest.mark.parametrize("with_coordinate", [True, False])
@pytest.mark.parametrize("order", ["interleaved", "grouped"])
def test_order_of_the_features(order, with_coordinate):
    times = np.linspace(-1, 1, 7)
    sines = [np.sin(2**i * pi * times) for i in range(3)]
    cosines = [np.cos(2**i * pi * times) for i in range(3)]
    rows = [*sines, *cosines]
    if order == "interleaved":
        rows = [sines[0], cosines[0], sines[1], cosines[1], sines[2], cosines[2]]
    expected = np.stack(([times] if with_coordinate else []) + rows, axis=-1)
    encoded = encode_octaves(torch.from_numpy(times), 3, with_coordinate=with_coordinate, order=order)
    assert np.abs(encoded.numpy() - expected).max() < 1e-14
    assert encoded.shape[-1] == encoded_size(3, with_coordinate=with_coordinate)


@pytest.mark.parametrize("with_coordinate", [True, False])
def test_without_octaves_only_the_coordinate_is_seen(with_coordinate):
    times = torch.linspace(-1, 1, 5)
    encoded = encode_octaves(times, 0, with_coordinate=with_coordinate, order="grouped")
    assert torch.equal(encoded, times.unsqueeze(-1))
    assert encoded_size(0, with_coordinate=with_coordinate) == 1


def test_sizes_of_the_papers():
    assert encoded_size(16, with_coordinate=True) == 33  # Siamese SIREN 2023
    assert encoded_size(10, with_coordinate=False) == 20  # HyperSound 2023


def test_leading_axes_and_precision_are_kept():
    encoded = encode_octaves(torch.zeros(2, 3, 4), 5, with_coordinate=True, order="interleaved")
    assert encoded.shape == (2, 3, 4, 11)
    assert encoded.dtype == torch.float32
