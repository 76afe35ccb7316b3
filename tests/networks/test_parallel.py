import numpy as np
import pytest
import torch
from torch.func import functional_call

from ligeia.networks import Siren
from ligeia.networks.parallel import Parallel


@pytest.mark.parametrize(("ensemble", "biases"), [(False, 1), (True, 8)])
def test_parameters_are_those_of_the_networks(ensemble, biases):
    spec = Parallel(networks=8, width=16, depth=3, ensemble=ensemble)
    # each network: w + w, two times w^2 + w, w output weights; one output bias for all, or for each
    assert spec.parameters == 8 * (2 * 16 + 2 * (16**2 + 16) + 16) + biases
    assert sum(value.numel() for value in spec.build(blocks=2).parameters()) == 2 * spec.parameters


def test_shapes_follow_the_layers():
    assert Parallel(channels=2, networks=3, width=4, depth=2).shapes() == {
        "weight_0": (1, 12),
        "bias_0": (12,),
        "weight_1": (4, 12),
        "bias_1": (12,),
        "output_weight": (12, 2),
        "output_bias": (2,),
    }
    ensemble = Parallel(channels=2, networks=3, width=4, depth=2, ensemble=True).shapes()
    assert (ensemble["output_weight"], ensemble["output_bias"]) == ((4, 6), (6,))


def test_bands_are_equal_parts_or_the_whole():
    weights = Parallel(networks=4, width=25, first_bound=200.0).build(blocks=2).weight_0
    bands = weights.reshape(2, 4, 25)
    for k in range(4):
        assert 50 * k <= bands[:, k].min() < 50 * k + 2
        assert 50 * k + 48 < bands[:, k].max() <= 50 * k + 50
    whole = Parallel(networks=4, width=25, first_bound=200.0, ensemble=True).build().weight_0.reshape(4, 25)
    assert (whole.min(1).values < 8).all()
    assert (whole.max(1).values > 192).all()


@pytest.mark.parametrize("ensemble", [False, True])
def test_the_formula(ensemble):
    spec = Parallel(channels=2, networks=3, width=4, depth=3, ensemble=ensemble)
    module = spec.build(blocks=2, seed=4).double()
    n = {name: value.detach().numpy()[1] for name, value in module.named_parameters()}
    for t in (-1.0, -0.3, 0.77):
        total = np.zeros(2) if ensemble else n["output_bias"].copy()
        for m in range(3):
            g, own = np.array([t]), slice(4 * m, 4 * m + 4)
            for k in range(3):
                g = np.sin(g @ n[f"weight_{k}"][:, own] + n[f"bias_{k}"][own])
            if ensemble:
                said = g @ n["output_weight"][:, 2 * m : 2 * m + 2] + n["output_bias"][2 * m : 2 * m + 2]
                total += said / 3
            else:
                total += g @ n["output_weight"][own]
        found = module(module.output_bias.new_tensor([[t]]))[1, 0].detach().numpy()
        assert np.abs(found - total).max() < 1e-12


def test_one_network_is_a_siren():
    spec, siren = Parallel(networks=1, width=6, depth=3), Siren(width=6, depth=3)
    module, other = spec.build(blocks=2, seed=1).double(), siren.build(blocks=2).double()
    for mine, theirs in zip(module.parameters(), other.parameters(), strict=True):
        theirs.data = mine.data
    at = module.output_bias.new_tensor([[-1.0, -0.31, 0.7]])
    assert (module(at) - other(at)).abs().max() < 1e-12


def test_the_sum_is_a_siren_of_blocks_on_the_diagonal():
    module = Parallel(networks=3, width=4, depth=2).build(seed=1).double()
    other = Siren(width=12, depth=2).build().double()
    n = module.numbers()
    diagonal = torch.block_diag(*n["weight_1"][0].chunk(3, 1)).unsqueeze(0)
    numbers = [n["weight_0"], n["bias_0"], diagonal, n["bias_1"], n["output_weight"], n["output_bias"]]
    at = module.output_bias.new_tensor([[-1.0, -0.31, 0.7]])
    names = [name for name, _ in other.named_parameters()]
    found = functional_call(other, dict(zip(names, numbers, strict=True)), (at,))
    assert (module(at) - found).abs().max() < 1e-12


def test_a_sum_is_one_head():
    spec = Parallel(networks=3, width=5)
    assert spec.head_count == 1
    assert spec.alone() is spec
