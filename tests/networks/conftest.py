"""Sounds made of small networks, as they start, and what a stream makes of them.

Tests of this folder can import `made_lapped`, which lies beside them.
"""

import sys
from pathlib import Path

import numpy as np
import pytest

import ligeia
from ligeia.audio.blocks import Segments
from ligeia.codec.parameters.quantise import EXACT, Bits, layout, round_trip

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def sound_of():
    """A function: a spec to an INR of three blocks that overlap, with the parameters that the network starts with."""

    def make(spec, seed=0):
        cut = Segments(250, 90, 20)
        parameters = {
            name: value.detach().numpy() for name, value in spec.build(blocks=cut.count, seed=seed).named_parameters()
        }
        return ligeia.INR(spec, parameters, 8000, cut, np.array([0.5, 1.0, 0.25], np.float32))

    return make


@pytest.fixture
def there_and_back(sound_of):
    """A function: checks that a stream of a spec's networks, exact or quantised, gives the parameters and the sound."""

    def check(spec):
        inr = sound_of(spec)
        exact = ligeia.decode(ligeia.encode_inr(inr))
        assert exact.spec.shapes() == spec.shapes()
        for name, value in inr.parameters.items():
            assert np.array_equal(exact.parameters[name], value)
        assert np.array_equal(exact.render().samples, inr.render().samples)
        rounded = {tensor.name: tensor for tensor in layout(spec, Bits(18, 8, 12))}
        stream = ligeia.encode_inr(inr, Bits(18, 8, 12))
        coarse = ligeia.decode(stream)
        for name, tensor in rounded.items():
            for found, value in zip(coarse.parameters[name], inr.parameters[name], strict=True):
                assert np.array_equal(found, round_trip(value, tensor))
        assert ligeia.encode_inr(coarse, Bits(18, 8, 12)) == stream
        assert len(stream) < len(ligeia.encode_inr(inr, EXACT))
        assert not np.array_equal(coarse.render().samples, inr.render().samples)
        assert np.isfinite(coarse.render().samples).all()

    return check
