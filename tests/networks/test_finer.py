from math import pi

import numpy as np
import pytest
import torch

from ligeia.networks.coordinates import hz_to_omega
from ligeia.networks.finer import Finer


def test_shapes_follow_the_layers():
    spec = Finer(channels=2, width=5, depth=2)
    assert spec.shapes() == {
        "weight_0": (1, 5),
        "bias_0": (5,),
        "weight_1": (5, 5),
        "bias_1": (5,),
        "output_weight": (5, 2),
        "output_bias": (2,),
    }
    # w + w, then depth - 1 times w^2 + w, then c w + c
    assert Finer(width=256, depth=4).parameters == 512 + 3 * (256**2 + 256) + 257


def test_the_start_is_sirens_but_for_the_first_biases():
    spec = Finer(width=300, depth=2, hidden_omega=20.0, first_bias_scale=7.0)
    state = spec.build(blocks=20, seed=0).state_dict()
    hidden = (6 / 300) ** 0.5 / 20
    bounds = {"weight_0": 1, "bias_0": 7, "weight_1": hidden, "bias_1": 300**-0.5, "output_weight": hidden}
    for name, bound in bounds.items():
        assert 0.99 * bound < state[name].abs().max() <= bound, name


def test_the_bias_scale_is_not_stored():
    assert [field.name for field in Finer.stored_fields()] == [
        "width",
        "depth",
        "first_omega",
        "hidden_omega",
        "closed",
    ]


def test_the_formula():
    spec = Finer(width=6, depth=3, first_omega=20.0, hidden_omega=5.0, first_bias_scale=2.0)
    module = spec.build(blocks=2, seed=4).double()
    n = {name: value.detach().numpy()[1] for name, value in module.named_parameters()}
    for t in (-1.0, -0.3, 0.77):
        h = np.array([t])
        for k, omega in enumerate((20.0, 5.0, 5.0)):
            z = h @ n[f"weight_{k}"] + n[f"bias_{k}"]
            h = np.sin(omega * (np.abs(z) + 1) * z)
        expected = h @ n["output_weight"] + n["output_bias"]
        found = module(module.output_bias.new_tensor([[t]]))[1, 0].detach().numpy()
        assert np.abs(found - expected).max() < 1e-12


def test_a_unit_near_zero_turns_at_its_frequency():
    """With weight 1 and bias 0 the first layer begins as sin(omega t): omega in Hz is what `hz_to_omega` says."""
    seconds, hz = 0.5, 40.0
    module = Finer(width=1, depth=1, first_omega=hz_to_omega(hz, seconds)).build().double()
    with torch.no_grad():
        module.weight_0.fill_(1)
        module.bias_0.zero_()
    t = torch.zeros(1, 1, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(module.features(t).sum(), t)
    assert slope.item() * 2 / seconds == pytest.approx(2 * pi * hz)


def test_the_reach_of_the_first_layer_is_what_the_field_says():
    spec = Finer(width=2000, depth=1, first_omega=10.0, first_bias_scale=3.0)
    module = spec.build(seed=0).double()
    t = torch.linspace(-1, 1, 3, dtype=torch.float64).unsqueeze(0)
    z = t.unsqueeze(-1) * module.weight_0 + module.bias_0
    rates = (10.0 * (2 * z.abs() + 1) * module.weight_0).abs()
    assert 0.9 * 10 * (2 * 3 + 3) < rates.max() <= 10 * (2 * 3 + 3)
