"""Grids: as exact as unit by unit, at any rate, in any pieces."""

import numpy as np
import pytest
import torch
from made_lapped import SMALL, make, plain

from ligeia.networks import windowed_sines
from ligeia.networks.lapped import Lapped
from ligeia.networks.windowed_sines import chirp_sums

PAIRS = [(44100, 48000), (16000, 44100), (16000, 8000), (22050, 22050), (7919, 7907), (8000, 1), (8000, 96000)]


@pytest.mark.parametrize(("rate", "wanted"), PAIRS)
@pytest.mark.parametrize("sine", [False, True])
def test_a_grid_says_what_the_units_say(rate, wanted, sine):
    inr = make(Lapped(frame_size=64, frames=3, channels=2, sine=sine), 1000, rate=rate, seed=rate % 7)
    found = inr.render(wanted, antialias=False).samples
    expected = plain(inr, np.arange(found.shape[1]) * (rate / wanted))
    assert np.abs(found - expected).max() < 1e-6 * max(np.abs(expected).max(), 1)
    assert np.abs(found - inr(np.arange(found.shape[1]) / wanted)).max() < 3e-6 * max(np.abs(expected).max(), 1)


@pytest.mark.parametrize("frames", [96, 288, 289, 1])
@pytest.mark.parametrize("wanted", [8000, 44100])
def test_the_ends_of_the_sound(frames, wanted):
    inr = make(SMALL, frames)
    found = inr.render(wanted, antialias=False).samples
    expected = plain(inr, np.arange(found.shape[1]) * (8000 / wanted))
    assert np.abs(found - expected).max() < 1e-6
    assert np.abs(expected[:, -1]).min() > 0  # heard to the end, half a sample behind the last one too


@pytest.mark.parametrize("wanted", [8000, 8009, 32000])
def test_pieces_and_parts_are_those_of_the_whole(wanted):
    inr = make(SMALL, 1000)
    whole = inr.render(wanted, antialias=False).samples
    pieces = list(inr.render_pieces(wanted, antialias=False, size=77))
    assert np.abs(np.concatenate(pieces, axis=1) - whole).max() < 1e-6
    for start, stop in ((0.0, 0.05), (0.0118, 0.0125), (0.06, 0.0601), (0.1, 1.0)):
        part = inr.render(wanted, start=start, stop=stop, antialias=False).samples
        expected = plain(inr, (start + np.arange(part.shape[1]) / wanted) * 8000)
        assert part.shape[1] > 0
        assert np.abs(part - expected).max() < 1e-6


def test_batches_and_silence_change_nothing(monkeypatch):
    inr = make(SMALL, 700)
    inr.parameters["weight"][1] = 0
    whole = inr.render(11025).samples
    assert np.abs(whole - plain(inr, np.arange(whole.shape[1]) * (8000 / 11025))).max() < 1e-6
    monkeypatch.setattr(windowed_sines, "_NUMBERS_AT_ONCE", 100)
    assert np.abs(inr.render(11025).samples - whole).max() < 1e-6


def test_memory_is_bounded_by_the_grid_whatever_its_rate():
    inr = make(SMALL, 100)
    found = inr.render(2**31 - 1, start=0.005, stop=0.005 + 1e-7).samples
    assert found.shape[1] == 215
    assert np.abs(found - inr([0.005])).max() < 1e-3


@pytest.mark.parametrize("length", [2, 31, 64])
@pytest.mark.parametrize("pace", [0.01, 0.999, 1.5, 40.0])
def test_chirp_sums(length, pace):
    rng = np.random.default_rng(0)
    weight, first = rng.normal(size=(3, 2, length)), rng.uniform(-500, 500, 3)
    found = chirp_sums(weight, first, pace, 50)
    at = first[:, None] + pace * np.arange(50)
    waves = np.cos(np.pi / length * (np.arange(length) + 0.5)[:, None] * at[:, None, :])
    assert np.abs(found - np.sqrt(2 / length) * weight @ waves).max() < 1e-9


@pytest.mark.parametrize("sine", [False, True])
def test_derivatives_are_those_of_the_torch_module(sine):
    inr = make(Lapped(frame_size=96, frames=3, channels=2, sine=sine), 3 * 288 - 7, seed=4)
    inr.gains[1] = 0
    times = np.random.default_rng(2).uniform(-0.001, inr.seconds + 0.001, 50)
    variable = torch.from_numpy(times).requires_grad_(True)
    values = inr.to_torch().double()(variable)
    derived = values[1]
    for order in range(1, 9):
        (derived,) = torch.autograd.grad(derived.sum(), variable, create_graph=True)
        expected = derived.detach().numpy()
        # Sums of products of each order cancel: what counts is their size.
        assert np.abs(inr.derivative(times, order)[1] - expected).max() < 1e-9 * np.abs(expected).max(), order


def test_values_are_those_of_the_torch_module():
    inr = make(SMALL, 200, seed=3)
    times = np.random.default_rng(2).uniform(-0.001, inr.seconds + 0.001, 200)
    found = inr.to_torch().double()(torch.from_numpy(times)).detach().numpy()
    assert np.abs(inr(times) - found).max() < 1e-6
    assert np.abs(found).max() > 0.1


@pytest.mark.parametrize("edges", [(0, 1), (1, 0), (0, 0)])
def test_neighbours_that_do_not_agree_on_what_they_share(edges):
    """A damaged or hand-made stream may say so: each block is then what it says itself."""
    inr = make(SMALL, 288)
    inr.parameters["edges"][0, 1], inr.parameters["edges"][1, 0] = edges
    expected = plain(inr, np.arange(288.0))
    assert np.abs(inr.render().samples - expected).max() < 1e-6
    inr.gains[1] = 0  # nor does a silent block know
    assert np.abs(inr.render().samples - plain(inr, np.arange(288.0))).max() < 1e-6


def test_a_first_block_that_shares_its_start_reaches_in_from_nothing():
    inr = make(SMALL, 288)
    inr.parameters["edges"][0, 0] = inr.parameters["edges"][-1, 1] = 1
    assert np.abs(inr.render().samples - plain(inr, np.arange(288.0))).max() < 1e-6
