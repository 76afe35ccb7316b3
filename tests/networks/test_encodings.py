from math import pi

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ligeia.networks.encodings import encode_octaves, octaves_for
from ligeia.networks.siren import encoded_size


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
