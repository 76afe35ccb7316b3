"""Grids: as exact as unit by unit, at any rate, in any pieces."""

import numpy as np
import pytest
import torch
from made_lapped import SMALL, make, plain

from ligeia.networks import lapped_grid
from ligeia.networks.lapped import Lapped
from ligeia.networks.lapped_grid import chirp_sums


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Threads that wait for a busy core would make these small products slow."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


PAIRS = [(44100, 48000), (16000, 44100), (16000, 8000), (22050, 22050), (7919, 7907), (8000, 1), (8000, 96000)]


@pytest.mark.parametrize(("rate", "wanted"), PAIRS)
@pytest.mark.parametrize("sine", [False, True])
def test_a_grid_says_what_the_units_say(rate, wanted, sine):
    inr = make(Lapped(frame_size=64, frames=3, channels=2, sine=sine), 1000, rate=rate, seed=rate % 7)
    found = inr.render(wanted).samples
    expected = plain(inr, np.arange(found.shape[1]) * (rate / wanted))
    assert np.abs(found - expected).max() < 1e-6 * max(np.abs(expected).max(), 1)
    assert np.abs(found - inr(np.arange(found.shape[1]) / wanted)).max() < 3e-6 * max(np.abs(expected).max(), 1)


@pytest.mark.parametrize("frames", [96, 288, 289, 1])
@pytest.mark.parametrize("wanted", [8000, 44100])
def test_the_ends_of_the_sound(frames, wanted):
    inr = make(SMALL, frames)
    found = inr.render(wanted).samples
    expected = plain(inr, np.arange(found.shape[1]) * (8000 / wanted))
    assert np.abs(found - expected).max() < 1e-6
    assert np.abs(expected[:, -1]).min() > 0  # heard to the end, half a sample behind the last one too


@pytest.mark.parametrize("wanted", [8000, 8009, 32000])
def test_pieces_and_parts_are_those_of_the_whole(wanted):
    inr = make(SMALL, 1000)
    whole = inr.render(wanted).samples
    pieces = list(inr.render_pieces(wanted, frames=77))
    assert np.abs(np.concatenate(pieces, axis=1) - whole).max() < 1e-6
    for start, stop in ((0.0, 0.05), (0.0118, 0.0125), (0.06, 0.0601), (0.1, 1.0)):
        part = inr.render(wanted, start=start, stop=stop).samples
        expected = plain(inr, (start + np.arange(part.shape[1]) / wanted) * 8000)
        assert part.shape[1] > 0
        assert np.abs(part - expected).max() < 1e-6


def test_batches_and_silence_change_nothing(monkeypatch):
    inr = make(SMALL, 700)
    inr.parameters["weight"][1] = 0
    whole = inr.render(11025).samples
    assert np.abs(whole - plain(inr, np.arange(whole.shape[1]) * (8000 / 11025))).max() < 1e-6
    monkeypatch.setattr(lapped_grid, "_NUMBERS_AT_ONCE", 100)
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
    found = chirp_sums(torch.from_numpy(weight), torch.from_numpy(first), pace, 50).numpy()
    at = first[:, None] + pace * np.arange(50)
    waves = np.cos(np.pi / length * (np.arange(length) + 0.5)[:, None] * at[:, None, :])
    assert np.abs(found - np.sqrt(2 / length) * weight @ waves).max() < 1e-9
