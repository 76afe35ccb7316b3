from dataclasses import replace

import made_streams as made
import numpy as np
import pytest
import torch

from ligeia.audio.blocks import Segments
from ligeia.codec.parameters.coding import ParameterCoding
from ligeia.codec.parameters.encode import StoredValues, quantise_group
from ligeia.codec.parameters.quantise import EXACT, Bits, layout, round_trip
from ligeia.fitting.plan import FittedGroup
from ligeia.networks import Siren

BITS = Bits(16, 5, 6)


def group_of(silent=(), closed=False):
    """A group whose networks are random, and the sound that its exact networks make, with one blank end."""
    spec = Siren(width=8, depth=2, closed=closed)
    inr = made.make_inr(spec, Segments(360, 120), silent=silent)
    data = np.zeros((3, 120, 1), np.float32)
    for row in range(3):
        data[row, :, 0] = inr(np.arange(row * 120, row * 120 + 120) / 8000)[0]
    valid = np.ones((3, 120), bool)
    valid[2, 100:] = False
    data[2, 100:] = 0
    group = FittedGroup(range(3), dict(inr.parameters), inr.gains, float((data**2).sum()), 0.0, 1, 0.0, [])
    return group, data, valid, StoredValues(spec, BITS)


def decoder_error(parameters, group, data, valid, stored) -> float:
    """Squared error of what a decoder gets from the payloads of the audible blocks."""
    coding, spec = ParameterCoding(stored.bits), stored.spec
    total = 0.0
    for k, row in enumerate(np.flatnonzero(group.gains)):
        arrays = {name: value[k] for name, value in parameters.items()}
        gain, found = coding.unpack_block(coding.pack(float(group.gains[row]), arrays, spec), spec)
        assert all(np.array_equal(found[name], arrays[name]) for name in arrays)
        module = stored.spec.build(blocks=1)
        with torch.no_grad():
            for name, value in module.named_parameters():
                value.copy_(torch.from_numpy(found[name][None]))
            n = 119 if stored.spec.closed_grid else 120
            made_sound = module(torch.from_numpy(-1 + 2 * np.arange(120) / n)[None], torch.float64)[0, :, 0].numpy()
        total += float((np.square(gain * made_sound - data[row, :, 0]) * valid[row]).sum())
    return total


def test_solving_the_output_again_helps():
    group, data, valid, stored = group_of()
    plain = {name: value.copy() for name, value in group.parameters.items()}
    for tensor in layout(stored.spec, stored.bits):
        plain[tensor.name] = np.stack([round_trip(value, tensor) for value in plain[tensor.name]])
    found = quantise_group(group, stored, data, valid)
    mended, rounded = (decoder_error(values, group, data, valid, stored) for values in (found, plain))
    assert 0 < mended < 0.9 * rounded
    assert np.array_equal(found["weight_1"], plain["weight_1"])
    assert not np.array_equal(found["weight_2"], plain["weight_2"])


@pytest.mark.parametrize("closed", [False, True])
def test_every_number_is_one_that_a_stream_can_hold(closed):
    group, data, valid, stored = group_of(closed=closed)
    found = quantise_group(group, stored, data, valid)
    for tensor in layout(stored.spec, stored.bits):
        for value in found[tensor.name]:
            assert np.array_equal(round_trip(value, tensor), value)


def test_exact_streams_keep_the_fitted_numbers():
    group, data, valid, stored = group_of()
    found = quantise_group(group, replace(stored, bits=EXACT), data, valid)
    assert all(np.array_equal(found[name], value) for name, value in group.parameters.items())


def test_only_audible_blocks_are_quantised():
    group, data, valid, stored = group_of(silent=(1,))
    found = quantise_group(group, stored, data, valid)
    assert {len(value) for value in found.values()} == {2}


def test_the_group_itself_is_left_alone():
    group, data, valid, stored = group_of()
    before = {name: value.copy() for name, value in group.parameters.items()}
    quantise_group(group, stored, data, valid)
    assert all(np.array_equal(group.parameters[name], value) for name, value in before.items())
