import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_lapped import make, plain

from ligeia.dsp.mdct import Layout, analysed, layout_of, splits_of, synthesised
from ligeia.networks.lapped import Lapped


@settings(max_examples=40)
@given(st.integers(1, 4), st.integers(1, 4), st.booleans(), st.sampled_from([32, 64, 96]), st.integers(0, 999))
def test_weights_give_the_samples_back(blocks, frames, sine, frame, seed):
    rng = np.random.default_rng(seed)
    spec = Lapped(frame=frame, frames=frames, sine=sine)
    layout = layout_of(spec, splits_of(rng.integers(0, 5, (blocks, frames)).astype(float)))
    rows = rng.normal(size=(2, blocks * frames, frame))
    weights = analysed(rows, layout)
    assert np.abs(synthesised(weights, layout) - rows).max() < 1e-13
    assert np.sum(weights**2) == pytest.approx(np.sum(rows**2))


@pytest.mark.parametrize("sine", [False, True])
def test_the_weights_are_those_of_the_network(sine):
    spec = Lapped(frame=32, frames=3, channels=2, sine=sine)
    inr = make(spec, 4 * 96, seed=3)
    inr.gains.fill_(1)
    layout = layout_of(spec, inr.parameters["splits"].numpy().astype(int))
    weights = np.moveaxis(inr.parameters["weight"].double().numpy().reshape(12, 32, 2), -1, 0)
    said = plain(inr, np.arange(inr.frames))
    assert np.abs(synthesised(weights, layout).reshape(2, -1) - said).max() < 1e-13
    assert np.abs(analysed(said.reshape(2, 12, 32), layout) - weights).max() < 1e-13


def test_single_precision_stays_so():
    rows = np.random.default_rng(0).normal(size=(1, 4, 64)).astype(np.float32)
    layout = Layout(np.array([0, 1, 2, 0]), np.array([32, 0, 16]), False)
    weights = analysed(rows, layout)
    assert weights.dtype == np.float32
    assert np.abs(synthesised(weights, layout) - rows).max() < 1e-5
