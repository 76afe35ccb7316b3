import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ligeia.audio.writing import to_pcm


@given(st.floats(-(2.0**90), 2.0**90, width=32), st.sampled_from([16, 24, 32]))
def test_nearest_step_or_the_limit(value, bits):
    step = int(to_pcm(np.array([value], np.float32), bits)[0]) / 2**31
    top = 1 - 2.0 ** (1 - bits)
    assert abs(step - min(max(value, -1), top)) <= 2.0**-bits


@pytest.mark.parametrize("bits", [16, 24])
def test_every_kind_of_step_comes_back(bits):
    whole = np.random.default_rng(0).integers(-(2 ** (bits - 1)), 2 ** (bits - 1), 9999)
    assert np.array_equal(to_pcm((whole / 2 ** (bits - 1)).astype(np.float32), bits) >> (32 - bits), whole)
