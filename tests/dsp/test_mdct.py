import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_lapped import make, plain

from ligeia.dsp.mdct import WindowSequence, inverse_mdct, mdct, to_switching, window_sequence
from ligeia.networks.lapped import Lapped


@settings(max_examples=40)
@given(st.integers(1, 4), st.integers(1, 4), st.booleans(), st.sampled_from([32, 64, 96]), st.integers(0, 999))
def test_weights_give_the_samples_back(blocks, frames, sine, frame, seed):
    rng = np.random.default_rng(seed)
    spec = Lapped(frame_size=frame, frames=frames, sine=sine)
    layout = window_sequence(spec, to_switching(rng.integers(0, 5, (blocks, frames)).astype(float)))
    rows = rng.normal(size=(2, blocks * frames, frame))
    weights = mdct(rows, layout)
    assert np.abs(inverse_mdct(weights, layout) - rows).max() < 1e-13
    assert np.sum(weights**2) == pytest.approx(np.sum(rows**2))


@pytest.mark.parametrize("sine", [False, True])
def test_the_weights_are_those_of_the_network(sine):
    spec = Lapped(frame_size=32, frames=3, channels=2, sine=sine)
    inr = make(spec, 4 * 96, seed=3)
    inr.gains.fill(1)
    layout = window_sequence(spec, inr.parameters["switching"].astype(int))
    weights = np.moveaxis(inr.parameters["weight"].astype(np.float64).reshape(12, 32, 2), -1, 0)
    said = plain(inr, np.arange(inr.frames))
    assert np.abs(inverse_mdct(weights, layout).reshape(2, -1) - said).max() < 1e-13
    assert np.abs(mdct(said.reshape(2, 12, 32), layout) - weights).max() < 1e-13


def test_single_precision_stays_so():
    rows = np.random.default_rng(0).normal(size=(1, 4, 64)).astype(np.float32)
    layout = WindowSequence(np.array([0, 1, 2, 0]), np.array([32, 0, 16]), False)
    weights = mdct(rows, layout)
    assert weights.dtype == np.float32
    assert np.abs(inverse_mdct(weights, layout) - rows).max() < 1e-5
