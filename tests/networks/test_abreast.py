from math import pi

import numpy as np
import pytest
import torch

from ligeia.networks.abreast import abreast, apart, chain_shapes, layer_apart, sine_chains, sine_layer, start_chains


def test_apart_and_abreast_are_inverse():
    together = torch.arange(2 * 3 * 8.0).reshape(2, 3, 8)  # two blocks, three rows, four networks of two units
    each = apart(together, 4)
    assert each.shape == (8, 3, 2)
    assert torch.equal(each[5], together[1, :, 2:4])  # block 1, network 1
    assert torch.equal(abreast(each, 4), together)


def test_one_network_is_left_as_it_is():
    together = torch.arange(24.0).reshape(2, 3, 4)
    assert torch.equal(apart(together, 1), together)
    assert torch.equal(abreast(together, 1), together)


@pytest.mark.parametrize("inputs", [1, 3])
@pytest.mark.parametrize("shared", [True, False])
def test_a_sine_layer(inputs, shared):
    generator = torch.Generator().manual_seed(0)
    hidden = torch.rand(1 if shared else 2, 5, inputs, generator=generator, dtype=torch.float64)
    weight, bias = torch.rand(2, inputs, 4, generator=generator), torch.rand(2, 4, generator=generator)
    found = sine_layer(hidden, weight, bias, 7.0)
    assert found.dtype == torch.float64
    for block in range(2):
        x = hidden[0 if shared else block].numpy()
        expected = np.sin(7 * (x @ weight[block].double().numpy() + bias[block].double().numpy()))
        assert np.abs(found[block].numpy() - expected).max() < 1e-14


def test_large_omegas_are_multiplied_in_the_wider_precision():
    weight, bias = torch.tensor([[[0.7]]]), torch.tensor([[0.3]])
    x = torch.tensor([[[0.9]]], dtype=torch.float64)
    expected = np.sin(3e6 * (0.9 * np.float64(np.float32(0.7)) + np.float64(np.float32(0.3))))
    # 1e-9: a phase of 3e6 rad in double precision; in single precision it would be wrong by 0.1 rad
    assert abs(float(sine_layer(x, weight, bias, 3e6)) - expected) < 1e-9


def test_chains_are_networks_one_by_one():
    shapes = chain_shapes(4, 3, 2)
    assert shapes["weight_0"] == (1, 8)
    assert shapes["weight_2"] == (4, 8)
    assert list(shapes) == ["weight_0", "bias_0", "weight_1", "bias_1", "weight_2", "bias_2"]
    numbers = start_chains(shapes, [(0.0, 9.0), (9.0, 18.0)], 3, torch.Generator().manual_seed(0))
    numbers = {name: value.double() for name, value in numbers.items()}
    t = torch.linspace(-1, 1, 5, dtype=torch.float64)
    found = sine_chains(numbers, t.unsqueeze(0), 2, torch.float64)
    assert found.shape == (6, 5, 4)
    for block, network in ((0, 0), (1, 1), (2, 0)):
        own = slice(4 * network, 4 * network + 4)
        h = t.numpy()[:, None]
        for k in range(3):
            h = np.sin(h @ numbers[f"weight_{k}"][block, :, own].numpy() + numbers[f"bias_{k}"][block, own].numpy())
        assert np.abs(found[2 * block + network].numpy() - h).max() < 1e-14
        weight, bias = layer_apart(numbers, 1, 2)
        assert torch.equal(weight[2 * block + network], numbers["weight_1"][block, :, own])
        assert torch.equal(bias[2 * block + network], numbers["bias_1"][block, own])


def test_the_start():
    shapes = chain_shapes(50, 2, 2) | {"output_weight": (100, 1), "output_bias": (1,)}
    numbers = start_chains(shapes, [(0.0, 100.0), (100.0, 200.0)], 3, torch.Generator().manual_seed(0))
    assert {name: tuple(value.shape[1:]) for name, value in numbers.items()} == shapes
    # one in each step of 2: networks of 50 units over bands of 100
    assert torch.equal((numbers["weight_0"] // 2).int(), torch.arange(100, dtype=torch.int32).expand(3, 1, -1))
    for name in ("bias_0", "bias_1"):
        assert 0.95 * pi < numbers[name].abs().max() <= pi
    for name, bound in (("weight_1", (6 / 50) ** 0.5), ("output_weight", (6 / 100) ** 0.5 / 30)):
        assert 0.95 * bound < numbers[name].abs().max() <= bound
    assert not numbers["output_bias"].any()
