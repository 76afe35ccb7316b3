from math import cos, pi, sin

import pytest
import torch

import ligeia.hypersound.targets as targets
from ligeia.hypersound.targets import Targets
from ligeia.networks import SPECS, Fmlp, Siren

# The formulas of HyperSound 2023, as executed, one sample of one sound after another.


def dense(weight, bias, x):
    return [
        sum(w * v for w, v in zip(column, x, strict=True)) + b
        for column, b in zip(zip(*weight, strict=True), bias, strict=True)
    ]


def fmlp_by_hand(numbers, octaves, depth, t):
    x = [sin(2**i * pi * t) for i in range(octaves)] + [cos(2**i * pi * t) for i in range(octaves)]
    for k in range(depth):
        x = [max(0.0, v) for v in dense(numbers[f"weight_{k}"], numbers[f"bias_{k}"], x)]
    return dense(numbers["output_weight"], numbers["output_bias"], x)[0]


def siren_by_hand(numbers, omegas, t):
    x = [t]
    for k, omega in enumerate(omegas):
        x = dense(numbers[f"weight_{k}"], numbers[f"bias_{k}"], [omega * v for v in x])
        x = x if k == len(omegas) - 1 else [sin(v) for v in x]
    return x[0]


FMLP = Fmlp(width=4, depth=2, octaves=10, closed=True)
SIREN = Siren(width=4, depth=3, first_omega=50.0, hidden_omega=3.0, omega_on_bias=False, output_omega=True, closed=True)


def drawn(spec, batch=2):
    generator = torch.Generator().manual_seed(1)
    return {
        name: (torch.randn((batch, *shape), generator=generator) / 3).requires_grad_()
        for name, shape in spec.shapes().items()
    }


@pytest.fixture(params=["fast", "plain"])
def fast(request, monkeypatch):
    monkeypatch.setattr(targets, "LARGE_LAYER", 0 if request.param == "fast" else 10**12)
    return request.param == "fast"


@pytest.mark.parametrize("spec", [FMLP, SIREN], ids=["fmlp", "siren"])
def test_formulas_of_the_paper(spec, fast) -> None:
    parameters, coordinates = drawn(spec), torch.linspace(-1, 1, 7)
    found = Targets(spec).evaluate(parameters, coordinates)
    for k in range(2):
        numbers = {name: values[k].tolist() for name, values in parameters.items()}
        for place, t in enumerate(coordinates.tolist()):
            by_hand = fmlp_by_hand(numbers, 10, 2, t) if spec is FMLP else siren_by_hand(numbers, [50, 3, 3, 3], t)
            assert found[k, place].item() == pytest.approx(by_hand, abs=2e-4)


CHAINS = [
    FMLP,
    SIREN,
    Fmlp(width=5, depth=1, octaves=0),
    Fmlp(width=5, depth=3, octaves=2, with_coordinate=True, grouped_encoding=False),
    Siren(width=5, depth=1, first_omega=9.0),
    Siren(width=5, depth=2, first_width=3, hidden_omega=2.0, coordinate_scale=4.0),
]


@pytest.mark.parametrize("spec", CHAINS)
def test_fast_and_plain_evaluation_agree_in_value_and_derivative(spec, monkeypatch) -> None:
    monkeypatch.setattr(targets, "LARGE_LAYER", 0)
    parameters, coordinates = drawn(spec, batch=3), torch.linspace(-1, 1, 700)
    weights = torch.randn(3, 700)
    results = []
    for plainly in (False, True):
        found = Targets(spec).evaluate(parameters, coordinates, plainly=plainly)
        results.append([found, *torch.autograd.grad((found * weights).sum(), list(parameters.values()))])
    for fast, plain in zip(*results, strict=True):
        assert fast.shape == plain.shape
        assert (fast - plain).norm() <= 2e-5 * plain.norm()


def test_bfloat16_under_autocast(fast) -> None:
    parameters, coordinates = drawn(FMLP), torch.linspace(-1, 1, 300)
    exact = Targets(FMLP).evaluate(parameters, coordinates)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = Targets(FMLP).evaluate(parameters, coordinates)
    assert found.dtype == torch.float32
    error = (found - exact).norm() / exact.norm()
    assert 1e-5 < error < 2e-2
    found.sum().backward()
    assert all(values.grad.dtype == torch.float32 for values in parameters.values())


def test_derivatives_in_time_go_through_the_module(monkeypatch) -> None:
    monkeypatch.setattr(targets, "LARGE_LAYER", 0)
    coordinates = torch.linspace(-0.9, 0.9, 5, dtype=torch.float64, requires_grad=True)
    parameters = {name: values.detach().double() for name, values in drawn(SIREN, batch=1).items()}
    net = Targets(SIREN)
    (slope,) = torch.autograd.grad(net.evaluate(parameters, coordinates).sum(), coordinates)
    step = 1e-6
    before, after = (net.evaluate(parameters, (coordinates + by).detach(), plainly=True) for by in (-step, step))
    assert torch.allclose(slope, ((after - before) / (2 * step))[0], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", SPECS, ids=lambda kind: kind.name)
def test_any_architecture_can_be_evaluated(kind, monkeypatch) -> None:
    spec = kind()
    torch.manual_seed(0)
    net, coordinates = Targets(spec), torch.linspace(-1, 0.99, 50)
    parameters = {name: values.repeat(2, *[1] * (values.ndim - 1)) for name, values in net.module.named_buffers()}
    parameters = {name: parameters[name] for name in spec.shapes()}
    together = net.evaluate(parameters, coordinates)
    assert together.shape == (2, 50)
    assert torch.equal(together[0], together[1])
    assert not list(net.parameters())
    assert not net.state_dict()
    monkeypatch.setattr(targets, "LARGE_NETWORK", 0)
    monkeypatch.setattr(targets, "AT_ONCE", 20)
    # products of other shapes add in another order, which the steep splines of a KAN amplify
    assert torch.allclose(net.evaluate(parameters, coordinates), together, atol=1e-4)
