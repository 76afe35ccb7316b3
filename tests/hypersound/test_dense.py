from itertools import pairwise

import pytest
import torch
from torch.nn.functional import linear

import ligeia.hypersound.dense as dense
from ligeia.hypersound.dense import chains, product
from ligeia.networks.products import onednn


def layers_of(*sizes, batch=2):
    torch.manual_seed(0)
    return [
        (torch.randn(batch, i, o).div(i**0.5).requires_grad_(), torch.randn(batch, o).requires_grad_())
        for i, o in pairwise(sizes)
    ]


def plain(inputs, activation, layers):
    hidden = inputs.expand(len(layers[0][0]), -1, -1)
    for k, (weight, bias) in enumerate(layers):
        hidden = torch.baddbmm(bias.unsqueeze(1), hidden, weight)
        if k < len(layers) - 1:
            hidden = hidden.relu() if activation == "relu" else hidden.sin()
    return hidden[..., 0]


@pytest.fixture(params=["onednn", "plain products"])
def products(request, monkeypatch):
    if request.param == "plain products":
        monkeypatch.setattr(dense, "onednn", lambda: False)
    elif not onednn():
        pytest.skip("this build of PyTorch has no oneDNN")


@pytest.mark.parametrize("activation", ["relu", "sine"])
@pytest.mark.parametrize("piece", [1, 2**18])
def test_value_and_derivatives(activation, piece, products, monkeypatch) -> None:
    monkeypatch.setattr(dense, "PIECE", piece)
    layers = layers_of(3, 17, 11, 1)
    flat = [values for layer in layers for values in layer]
    inputs, weights = torch.randn(1000, 3), torch.randn(2, 1000)
    found, expected = chains(inputs, activation, layers), plain(inputs, activation, layers)
    assert torch.allclose(found, expected, atol=1e-5)
    slopes = [torch.autograd.grad((values * weights).sum(), flat) for values in (found, expected)]
    for ours, theirs in zip(*slopes, strict=True):
        assert (ours - theirs).norm() < 1e-5 * theirs.norm()


def test_a_network_without_hidden_layers() -> None:
    layers, inputs = layers_of(3, 1), torch.randn(10, 3)
    assert torch.allclose(chains(inputs, "relu", layers), plain(inputs, "relu", layers), atol=1e-6)


def test_a_second_derivative_is_an_error() -> None:
    layers = layers_of(3, 4, 1)
    found = chains(torch.randn(9, 3), "sine", layers)
    with pytest.raises(RuntimeError, match="first derivatives only"):
        torch.autograd.grad(found.sum(), layers[0][0], create_graph=True)


def test_product_is_linear(products) -> None:
    factors = [torch.randn(*shape, requires_grad=True) for shape in ((50, 7), (5, 7), (5,))]
    found, expected = product(*factors), linear(*factors)
    assert torch.allclose(found, expected, atol=1e-5)
    weights = torch.randn(50, 5)
    slopes = [torch.autograd.grad((values * weights).sum(), factors) for values in (found, expected)]
    assert all(torch.allclose(*pair, atol=1e-5) for pair in zip(*slopes, strict=True))
