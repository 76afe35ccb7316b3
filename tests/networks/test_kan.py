from math import pi

import numpy as np
import pytest
import torch

from ligeia.networks.kan import FourierKan, harmonics


def test_shapes_follow_the_layers():
    spec = FourierKan(channels=2, width=5, depth=3, first_grid=7, hidden_grid=4, output_grid=3)
    assert spec.shapes() == {
        "weight_0": (14, 5),
        "bias_0": (5,),
        "weight_1": (40, 5),
        "bias_1": (5,),
        "weight_2": (40, 5),
        "bias_2": (5,),
        "output_weight": (30, 2),
        "output_bias": (2,),
    }


def test_fourier_asrs_parameters():
    # 2 * 1024 w + w, twice 2 * 5 w^2 + w, and 2 * 3 w + 1, for w = 64
    assert FourierKan().parameters == 2048 * 64 + 64 + 2 * (10 * 64**2 + 64) + 6 * 64 + 1


def test_the_start_gives_every_layer_variance_1():
    spec = FourierKan(width=50, depth=3, first_grid=40, hidden_grid=5, output_grid=3)
    state = spec.build(blocks=20, seed=0).state_dict()
    for name, terms in (("weight_0", 40), ("weight_1", 5 * 50), ("weight_2", 5 * 50), ("output_weight", 3 * 50)):
        # of several thousand numbers, to within a few parts in a hundred
        assert state[name].std().item() == pytest.approx(terms**-0.5, rel=0.03), name
    assert not any(value.any() for name, value in state.items() if "bias" in name)
    values = spec.build(blocks=300, seed=0)(torch.tensor([[0.1, -0.8]]))
    assert values.std().item() == pytest.approx(1, rel=0.1)


def test_the_formula():
    spec = FourierKan(channels=2, width=4, depth=2, first_grid=5, hidden_grid=3, output_grid=2, turns=0.7)
    module = spec.build(blocks=2, seed=4).double()
    n = {name: value.detach().numpy()[1] for name, value in module.named_parameters()}
    for t in (-1.0, -0.3, 0.77):
        x = np.array([0.7 * pi * t])
        for layer, grid in (("weight_0", 5), ("weight_1", 3), ("output_weight", 2)):
            weight, bias = n[layer], n[layer.replace("weight", "bias")]
            y = bias.copy()
            for o in range(len(bias)):
                for i in range(len(x)):
                    for k in range(1, grid + 1):
                        cosine, sine = i * grid + k - 1, (len(x) + i) * grid + k - 1
                        y[o] += weight[cosine, o] * np.cos(k * x[i]) + weight[sine, o] * np.sin(k * x[i])
            x = y
        found = module(module.output_bias.new_tensor([[t]]))[1, 0].detach().numpy()
        assert np.abs(found - x).max() < 1e-12


@pytest.mark.parametrize(("turns", "same"), [(1.0, True), (0.5, False)])
def test_whole_turns_end_where_they_began(turns, same):
    module = FourierKan(width=4, depth=2, first_grid=5, turns=turns).build().double()
    ends = module(torch.tensor([[-1.0, 1.0]], dtype=torch.float64))[0, :, 0]
    assert (abs(ends[0] - ends[1]).item() < 1e-12) is same


def test_harmonics_of_bfloat16_are_whole_multiples():
    x = torch.tensor([[[1.0]]])
    found = harmonics(x.bfloat16(), 300)
    assert found.dtype == torch.bfloat16
    assert torch.equal(found, harmonics(x, 300).bfloat16())
    assert found[0, 0, 256].item() == pytest.approx(np.cos(257), abs=2**-8)
