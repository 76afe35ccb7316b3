from math import pi

import numpy as np
import pytest

from ligeia.networks.siamese import Siamese
from ligeia.networks.siren import Siren, SirenInit


def test_the_papers_parameters():
    # 33 inputs: the coordinate, sines and cosines of 16 octaves
    assert Siamese().parameters == (33 * 256 + 256) + (256**2 + 256) + 2 * (256 * 128 + 128) + 2 * (128 + 1) == 140_546
    pe_siren = Siren(width=256, depth=3, octaves=16)
    assert pe_siren.parameters == 140_545  # the paper calls Siamese the smaller one


@pytest.mark.parametrize(
    ("shared", "head", "count"),
    [
        ((128, 2), (64, 1), 37_506),
        ((64, 2), (32, 1), 10_562),
        ((256, 1), (128, 2), 107_778),
        ((1, 0), (128, 3), 75_010),
    ],
)
def test_the_papers_other_rows(shared, head, count):
    spec = Siamese(shared_width=shared[0], shared_depth=shared[1], head_width=head[0], head_depth=head[1])
    assert spec.parameters == count
    assert sum(value.numel() for value in spec.build(blocks=2).parameters()) == 2 * count


def test_shapes_follow_the_layers():
    spec = Siamese(channels=2, shared_width=5, shared_depth=1, head_width=4, head_depth=2, octaves=3)
    assert spec.shapes() == {
        "weight_0": (7, 5),
        "bias_0": (5,),
        "weight_1": (5, 8),
        "bias_1": (8,),
        "weight_2": (4, 8),
        "bias_2": (8,),
        "output_weight": (4, 4),
        "output_bias": (4,),
    }
    assert [spec.part(name) for name in spec.shapes()] == ["first"] * 2 + ["hidden"] * 4 + ["output"] * 2
    assert [spec.divided(name) for name in spec.shapes()] == [False] * 2 + [True] * 6
    alone = Siamese(shared_depth=0, head_width=4, octaves=0)
    assert alone.shapes()["weight_0"] == (1, 8)
    assert Siamese(octaves=3, with_coordinate=False).shapes()["weight_0"] == (6, 256)


def test_more_layers_than_ten_are_told_apart():
    spec = Siamese(shared_depth=11, head_depth=2)
    assert [spec.divided(f"weight_{k}") for k in (1, 2, 10, 11, 12)] == [False, False, False, True, True]


def test_omega_of_a_layer():
    assert [Siamese(first_omega=3.0, hidden_omega=7.0).omega(k) for k in range(3)] == [3.0, 7.0, 7.0]
    assert Siamese(shared_depth=0, first_omega=3.0, hidden_omega=7.0).omega(0) == 7.0  # a head's layer, as in the code


@pytest.mark.parametrize("field", [{}, {"octaves": 0}, {"shared_depth": 0}, {"shared_depth": 0, "octaves": 0}], ids=str)
def test_the_start_is_that_of_the_authors_code(field):
    spec = Siamese(first_omega=30.0, hidden_omega=20.0, **field)
    state = spec.build(blocks=4, seed=0).state_dict()
    for name, (inputs, *_) in ((name, shape) for name, shape in spec.shapes().items() if len(shape) == 2):
        bound = (6 / inputs) ** 0.5 / (30 if name == "weight_0" and spec.shared_depth else 20)
        if name == "weight_0" and not spec.octaves:
            bound = 1.0
        assert 0.98 * bound < state[name].abs().max() <= bound, name
        bias = state[name.replace("weight", "bias")]
        assert (0.9 if bias.numel() > 99 else 0.1) * inputs**-0.5 < bias.abs().max() <= inputs**-0.5, name


def test_one_head_is_a_siren():
    spec = Siamese(channels=2, shared_width=6, shared_depth=2, head_width=6, octaves=3, heads=1, first_omega=3.0)
    siren = Siren(channels=2, width=6, depth=3, octaves=3, first_omega=3.0, hidden_omega=100.0, init=SirenInit())
    module, other = spec.build(blocks=2, seed=1).double(), siren.build(blocks=2).double()
    assert spec.parameters == siren.parameters
    for mine, theirs in zip(module.parameters(), other.parameters(), strict=True):
        theirs.data = mine.data
    at = module.output_bias.new_tensor([[-1.0, -0.31, 0.7]])
    assert (module(at) - other(at)).abs().max() < 1e-9  # phases of some hundred rad, rounded in another order


@pytest.mark.parametrize("average", [False, True])
@pytest.mark.parametrize(
    "field",
    [
        {"head_depth": 1},
        {"head_depth": 3, "heads": 3},
        {"shared_depth": 0},
        {"octaves": 0, "head_depth": 2},
        {"with_coordinate": False},
    ],
    ids=str,
)
def test_the_formula(average, field):
    fields = {"channels": 2, "shared_width": 5, "shared_depth": 2, "head_width": 4, "octaves": 3} | field
    spec = Siamese(first_omega=9.0, hidden_omega=7.0, average=average, **fields)
    module = spec.build(blocks=2, seed=4).double()
    n = {name: value.detach().numpy()[1] for name, value in module.named_parameters()}
    for t in (-1.0, -0.3, 0.77):
        waves = [wave(2**i * pi * t) for i in range(spec.octaves) for wave in (np.sin, np.cos)]
        h = np.array([t, *waves] if spec.with_coordinate else waves)
        for k in range(spec.shared_depth):
            h = np.sin((7 if k else 9) * (h @ n[f"weight_{k}"] + n[f"bias_{k}"]))
        heads = []
        for j in range(spec.heads):
            g = h
            for k in range(spec.shared_depth, spec.shared_depth + spec.head_depth):
                own = slice(4 * j, 4 * j + 4)
                g = np.sin(7 * (g @ n[f"weight_{k}"][:, own] + n[f"bias_{k}"][own]))
            own = slice(2 * j, 2 * j + 2)
            heads.append(g @ n["output_weight"][:, own] + n["output_bias"][own])
        at = module.output_bias.new_tensor([[t]])
        # 1e-11: sines of some hundred radians
        assert np.abs(module.heads(at)[:, 1, 0].detach().numpy() - heads).max() < 1e-11
        expected = np.mean(heads, axis=0) if average else heads[0]
        assert np.abs(module(at)[1, 0].detach().numpy() - expected).max() < 1e-11
