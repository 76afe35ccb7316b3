from math import pi

import numpy as np
import pytest

from ligeia.networks.siamese import NoiseLayer
from ligeia.networks.stacked import MAX_ACTIVITY


def test_shapes_follow_the_layers():
    spec = NoiseLayer()
    assert spec.trunk == [128, 64, 64]  # one of the report's two best
    # 33 inputs, the shared layers, and 128 units and a linear output for each head
    shared = (33 * 128 + 128) + (128 * 64 + 64) + (64 * 64 + 64)
    assert spec.parameters == shared + 2 * (64 * 128 + 128) + 2 * (128 + 1) == 33_666
    assert NoiseLayer(first_width=0, last_width=16, shared_width=32).trunk == [32, 32, 16]
    assert NoiseLayer(shared_depth=2).trunk == [128, 64]
    assert NoiseLayer(shared_depth=5, last_width=7).trunk == [128, 64, 64, 64, 7]
    assert list(spec.shapes())[-4:] == ["weight_3", "bias_3", "output_weight", "output_bias"]


def test_heads_start_as_pytorchs_and_shared_layers_as_sirens():
    spec = NoiseLayer(first_omega=30.0, hidden_omega=20.0)
    state = spec.build(blocks=4, seed=0).state_dict()
    bounds = {
        "weight_0": (6 / 33) ** 0.5 / 30,
        "weight_1": (6 / 128) ** 0.5 / 20,
        "weight_2": (6 / 64) ** 0.5 / 20,
        "weight_3": 64**-0.5,
        "bias_3": 64**-0.5,
        "output_weight": 128**-0.5,
    }
    for name, bound in bounds.items():
        assert 0.98 * bound < state[name].abs().max() <= bound, name


@pytest.mark.parametrize("average", [False, True])
def test_the_formula(average):
    spec = NoiseLayer(first_width=6, shared_width=5, last_width=4, head_width=3, octaves=2, average=average)
    module = spec.build(blocks=2, seed=4).double()
    n = {name: value.detach().numpy()[1] for name, value in module.named_parameters()}
    for t in (-1.0, -0.3, 0.77):
        h = np.array([t, *(wave(2**i * pi * t) for i in range(2) for wave in (np.sin, np.cos))])
        for k in range(3):
            h = np.sin(100 * (h @ n[f"weight_{k}"] + n[f"bias_{k}"]))
        relu = np.maximum(0, h @ n["weight_3"] + n["bias_3"])
        heads = [relu[3 * j : 3 * j + 3] @ n["output_weight"][:, j] + n["output_bias"][j] for j in range(2)]
        at = module.output_bias.new_tensor([[t]])
        # 1e-10: sines of thousands of radians, layer after layer
        assert np.abs(module.heads(at)[:, 1, 0, 0].detach().numpy() - heads).max() < 1e-10
        expected = np.mean(heads) if average else heads[0]
        assert abs(float(module(at)[1, 0].detach()) - expected) < 1e-10


def test_what_a_stream_may_hold_stays_finite():
    module = NoiseLayer(first_width=6, shared_width=5, head_width=3, head_depth=3, octaves=2).build()
    for value in module.parameters():
        value.data.fill_(2.0**40)
    values = module(module.output_bias.new_tensor([[0.25, 0.5]])) * 2.0**32
    assert values.isfinite().all()
    assert values.max() > MAX_ACTIVITY
