"""Chains of layers: values, rates of change, and first derivatives, against PyTorch's own operations."""

import pytest
import torch

from ligeia.latent.decoders.layers import (
    Layer,
    affine,
    evaluate,
    evaluate_with_slopes,
    sine_layer,
    sine_layer_with_rates,
    turned,
)


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def chain(items, *, shared=False, joined=False):
    """A chain of every activation, 1 - 4 - 3 - 5 - 1, with weights for each item or for all."""
    sizes, kinds = (1, 4, 3, 5, 1), ("sine", "relu", "sine", "tanh")
    layers = []
    for k, kind in enumerate(kinds):
        weight = drawn(1 if shared else items, sizes[k], sizes[k + 1], seed=k)
        coordinate = drawn(1, sizes[k + 1], seed=k + 20) if joined and k else None
        layers.append(Layer(weight, drawn(items, sizes[k + 1], seed=k + 10), kind, coordinate))
    return layers


def plainly(layers, times):
    items = len(layers[0].shift)
    hidden = times.expand(items, -1).unsqueeze(-1)
    for layer in layers:
        phases = hidden @ layer.weight + layer.shift.unsqueeze(1)
        if layer.coordinate is not None:
            phases = phases + times.unsqueeze(-1) * layer.coordinate
        act = {"sine": torch.sin, "tanh": torch.tanh, "none": lambda x: x}
        hidden = (
            phases.where(phases > 0, 0.02 * phases) if layer.activation == "relu" else act[layer.activation](phases)
        )
    return hidden.squeeze(-1)


each = pytest.mark.parametrize(
    "options", [{}, {"shared": True}, {"joined": True}, {"shared": True, "joined": True}], ids=str
)


@each
@pytest.mark.parametrize("own_times", [True, False])
def test_values_and_slopes_are_those_of_plain_operations(options, own_times):
    layers, times = chain(3, **options), drawn(3 if own_times else 1, 7, seed=50)
    expected = plainly(layers, times)
    assert (evaluate(layers, times) - expected).abs().max() < 1e-12
    values, slopes = evaluate_with_slopes(layers, times)
    own = times.expand(3, -1).clone().requires_grad_()
    (rates,) = torch.autograd.grad(plainly(layers, own).sum(), own)
    assert (values - expected).abs().max() < 1e-12
    assert (slopes - rates).abs().max() < 1e-12


@each
def test_derivatives_are_those_of_plain_operations(options):
    layers, times = chain(3, **options), drawn(1, 7, seed=50)
    numbers = [value for layer in layers for value in (layer.weight, layer.shift)]
    for value in numbers:
        value.requires_grad_()
    above, above_slopes = drawn(3, 7, seed=60), drawn(3, 7, seed=61)
    own = times.expand(3, -1).clone().requires_grad_()
    expected = plainly(layers, own)
    (rates,) = torch.autograd.grad(expected.sum(), own, create_graph=True)
    wanted = torch.autograd.grad((expected * above + rates * above_slopes).sum(), numbers)
    values, slopes = evaluate_with_slopes(layers, times)
    found = torch.autograd.grad((values * above + slopes * above_slopes).sum(), numbers)
    for one, other in zip(found, wanted, strict=True):
        assert (one - other).abs().max() < 1e-11
    wanted = torch.autograd.grad((plainly(layers, times) * above).sum(), numbers)
    found = torch.autograd.grad((evaluate(layers, times) * above).sum(), numbers)
    for one, other in zip(found, wanted, strict=True):
        assert (one - other).abs().max() < 1e-11


@pytest.mark.parametrize("first", [True, False])
def test_a_sine_layer_is_sine_of_affine(first):
    """Values, rates and every derivative, against PyTorch's own operations."""
    inputs = 1 if first else 4
    hidden = drawn(1 if first else 3, 6, inputs).requires_grad_()
    rates = None if first else drawn(3, 6, inputs, seed=3).requires_grad_()
    weight, shift = drawn(3, inputs, 5, seed=1).requires_grad_(), drawn(3, 5, seed=2).requires_grad_()
    numbers = [value for value in (hidden, weight, shift, rates) if value is not None]
    above, above_rate = drawn(3, 6, 5, seed=4), drawn(3, 6, 5, seed=5)
    phases = hidden @ weight + shift.unsqueeze(1)
    turns = weight if rates is None else rates @ weight
    expected = (phases.sin(), phases.cos() * turns)
    found = sine_layer_with_rates(hidden, rates, weight, shift)
    assert all((one - other).abs().max() < 1e-13 for one, other in zip(found, expected, strict=True))
    pairs = []
    for values, rate in (found, expected):
        total = (values * above + rate * above_rate).sum()
        pairs.append(torch.autograd.grad(total, numbers, retain_graph=True))
    assert all((one - other).abs().max() < 1e-12 for one, other in zip(*pairs, strict=True))
    wanted = torch.autograd.grad((phases.sin() * above).sum(), numbers[:3])
    alone = torch.autograd.grad((sine_layer(hidden, weight, shift) * above).sum(), numbers[:3])
    assert all((one - other).abs().max() < 1e-12 for one, other in zip(alone, wanted, strict=True))


def test_second_derivatives_are_refused():
    layers, times = chain(1), drawn(1, 5).requires_grad_()
    (slope,) = torch.autograd.grad(evaluate(layers, times).sum(), times, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        slope.sum().backward()


def test_one_product_for_all_items():
    hidden, weight, shift = drawn(3, 5, 4), drawn(1, 4, 2, seed=1), drawn(3, 2, seed=2)
    assert (affine(hidden, weight, shift) - (hidden @ weight + shift.unsqueeze(1))).abs().max() < 1e-13
    assert affine(hidden[:1], weight, shift).shape == (3, 5, 2)


def test_phases_lose_full_turns_only():
    phases = torch.tensor([-1e4, -0.5, 0.0, 7.0, 11059.0], dtype=torch.float64)
    assert (turned(phases).sin() - phases.sin()).abs().max() < 1e-11
    assert turned(phases).abs().max() < 3.1416


def test_autocast_leaves_the_first_and_the_last_layer_alone():
    """Phases of a thousand radians would be wrong by several in half precision; hidden ones are by 2^-9 of theirs."""
    layers, times = chain(3), drawn(1, 50, seed=5).float()
    layers = [
        Layer(layer.weight.float() * (1000 if k == 0 else 0.5), layer.shift.float(), "sine" if k < 3 else "none")
        for k, layer in enumerate(layers)
    ]
    exact, slopes = evaluate_with_slopes(layers, times)
    with torch.autocast("cpu", torch.bfloat16):
        rough, rough_slopes = evaluate_with_slopes(layers, times)
        assert torch.equal(rough, evaluate(layers, times))
    assert rough.dtype == rough_slopes.dtype == torch.float32
    assert 0 < (rough - exact).abs().max() < 0.05
    assert (rough_slopes - slopes).square().mean() < 0.01 * slopes.square().mean()
