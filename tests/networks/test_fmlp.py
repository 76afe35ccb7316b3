from math import pi

import numpy as np
import pytest

from ligeia.networks.fmlp import Fmlp


@pytest.mark.parametrize("width", [1, 30, 90])
def test_hypersounds_parameters(width):
    spec = Fmlp(width=width, depth=5, octaves=10)
    # 20 sines and cosines: (20 w + w) + 4 (w^2 + w) + (w + 1)
    assert spec.parameters == 4 * width**2 + 26 * width + 1


def test_shapes_follow_the_layers():
    assert Fmlp(channels=2, width=5, depth=2, octaves=3, with_coordinate=True).shapes() == {
        "weight_0": (7, 5),
        "bias_0": (5,),
        "weight_1": (5, 5),
        "bias_1": (5,),
        "output_weight": (5, 2),
        "output_bias": (2,),
    }
    assert Fmlp(octaves=0).shapes()["weight_0"] == (1, 90)


def test_the_start_is_kaimings():
    state = Fmlp(width=200, depth=2).build(blocks=2, seed=0).state_dict()
    for name, inputs in (("weight_0", 20), ("weight_1", 200), ("output_weight", 200)):
        bound = (6 / inputs) ** 0.5
        assert 0.98 * bound < state[name].abs().max() <= bound
    assert not any(state[name].any() for name in ("bias_0", "bias_1", "output_bias"))


@pytest.mark.parametrize("grouped", [True, False])
@pytest.mark.parametrize("with_coordinate", [True, False])
def test_the_formula(grouped, with_coordinate):
    spec = Fmlp(width=6, depth=3, octaves=3, grouped_encoding=grouped, with_coordinate=with_coordinate)
    module = spec.build(blocks=2, seed=4).double()
    n = {name: value.detach().numpy()[1] for name, value in module.named_parameters()}
    for t in (-1.0, -0.3, 0.77):
        angles = [pi * t, 2 * pi * t, 4 * pi * t]
        if grouped:
            waves = [*np.sin(angles), *np.cos(angles)]
        else:
            waves = [wave(angle) for angle in angles for wave in (np.sin, np.cos)]
        h = np.array([t, *waves] if with_coordinate else waves)
        for k in range(3):
            h = np.maximum(0, h @ n[f"weight_{k}"] + n[f"bias_{k}"])
        expected = h @ n["output_weight"] + n["output_bias"]
        found = module(module.output_bias.new_tensor([[t]]))[1, 0].detach().numpy()
        assert np.abs(found - expected).max() < 1e-12
