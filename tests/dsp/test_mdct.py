"""Windows, overlaps, and the MDCT with window switching."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_lapped import make, plain
from scipy.fft import dct

from ligeia.dsp.mdct import (
    WindowSequence,
    _compiled_dct,
    _dct4,
    border_overlaps,
    inverse_mdct,
    mdct,
    to_switching,
    window_sequence,
    window_slope,
)
from ligeia.networks.lapped import Lapped


@pytest.mark.parametrize("sine", [False, True])
def test_a_rise_and_its_fall_keep_the_power(sine):
    position = np.linspace(0, 1, 50)
    up, down = window_slope(position, np.sin, sine=sine), window_slope(1 - position, np.sin, sine=sine)
    assert up**2 + down**2 == pytest.approx(1)
    assert up[[0, -1]] == pytest.approx([0, 1], abs=1e-12)
    assert (np.diff(up) > 0).all()


def test_any_number_means_a_switching():
    assert to_switching(np.array([[3.0, 2.6, -7.0, 0.4, 9.0]])).tolist() == [[2, 3, 0, 0, 2]]
    assert to_switching(np.array([[3.9], [1.0]])).tolist() == [[2], [1]]


def test_the_shorter_block_decides_about_an_overlap():
    spec = Lapped(frame_size=64, frames=4)
    overlaps = border_overlaps(spec, np.array([[0, 3, 1, 1], [2, 0, 0, 0]]), np.array([[0, 1], [1, 0]]))
    assert overlaps.tolist() == [[0, 8, 8, 32, 16], [16, 16, 64, 64, 0]]


@settings(max_examples=40)
@given(st.integers(1, 4), st.integers(1, 4), st.booleans(), st.sampled_from([32, 64, 96]), st.integers(0, 999))
def test_coefficients_give_the_samples_back(blocks, frames, sine, frame_size, seed):
    rng = np.random.default_rng(seed)
    spec = Lapped(frame_size=frame_size, frames=frames, sine=sine)
    windows = window_sequence(spec, to_switching(rng.integers(0, 5, (blocks, frames)).astype(float)))
    samples = rng.normal(size=(2, blocks * frames, frame_size))
    coefficients = mdct(samples, windows)
    assert np.abs(inverse_mdct(coefficients, windows) - samples).max() < 1e-13
    assert np.sum(coefficients**2) == pytest.approx(np.sum(samples**2))


@pytest.mark.parametrize("sine", [False, True])
def test_the_coefficients_are_the_weights_of_the_network(sine):
    spec = Lapped(frame_size=32, frames=3, channels=2, sine=sine)
    inr = make(spec, 4 * 96, seed=3)
    inr.gains.fill(1)
    windows = window_sequence(spec, inr.parameters["switching"].astype(int))
    coefficients = np.moveaxis(inr.parameters["weight"].astype(np.float64).reshape(12, 32, 2), -1, 0)
    samples = plain(inr, np.arange(inr.sample_count))
    assert np.abs(inverse_mdct(coefficients, windows).reshape(2, -1) - samples).max() < 1e-13
    assert np.abs(mdct(samples.reshape(2, 12, 32), windows) - coefficients).max() < 1e-13


def test_single_precision_stays_so():
    samples = np.random.default_rng(0).normal(size=(1, 4, 64)).astype(np.float32)
    windows = WindowSequence(np.array([0, 1, 2, 0]), np.array([32, 0, 16]), False)
    coefficients = mdct(samples, windows)
    assert coefficients.dtype == np.float32
    assert np.abs(inverse_mdct(coefficients, windows) - samples).max() < 1e-5


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(2,), (3, 5, 64), (1, 2, 3, 96)])
def test_the_compiled_transform_is_scipys_to_the_last_bit(shape, kind):
    values = np.random.default_rng(0).normal(size=shape).astype(kind)
    compiled = _compiled_dct()
    assert compiled is not None  # else it is time to look where this scipy keeps it
    found = compiled(values, 4, (values.ndim - 1,), 1, None, 1, True)
    assert found.dtype == kind
    assert np.array_equal(found, dct(values, type=4, norm="ortho", axis=-1))
    assert np.array_equal(_dct4(values), found)


def test_only_a_scipy_without_it_is_imported_whole():
    program = (
        "import sys, numpy as np; from ligeia.dsp import mdct; values = np.ones((2, 64), np.float32);"
        "first = mdct.dct4(values); assert 'scipy.fft' not in sys.modules;"
        "mdct._compiled_dct = lambda: None; again = mdct.dct4(values); assert 'scipy.fft' in sys.modules;"
        "assert np.array_equal(first, again); assert np.array_equal(first, mdct.dct4(values))"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
