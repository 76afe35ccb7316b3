"""A member of a conditional family: its formula, and what its fields mean."""

import pytest
import torch

from ligeia.networks.film import Film

TIMES = torch.linspace(-1, 1, 9, dtype=torch.float64)


def plainly(spec, numbers, times):
    """The formula of the docstring for one block, one value at a time."""
    times = times * spec.coordinate_scale
    hidden = times[:, None]
    for k, units in enumerate(spec.units()):
        product = hidden @ numbers[f"weight_{k}"] + numbers[f"bias_{k}"]
        if f"coordinate_{k}" in numbers:
            product = product + times[:, None] * numbers[f"coordinate_{k}"]
        omega = spec.first_omega if k == 0 else spec.hidden_omega
        if spec.modulated:
            product = (omega + numbers["gamma"][:units]) * product + numbers["beta"][:units]
        else:
            product = omega * product
        relu = spec.first_relu if k == 0 else spec.hidden_relu
        hidden = torch.where(product > 0, product, 0.02 * product) if relu else product.sin()
    if spec.last:
        hidden = hidden @ numbers[f"weight_{spec.depth}"] + numbers[f"bias_{spec.depth}"]
        hidden = hidden.sin() if spec.last == 1 else hidden.tanh()
    return hidden @ numbers["output_weight"] + numbers["output_bias"]


@pytest.mark.parametrize(
    "spec",
    [
        Film(width=5, modulated=True, first_omega=9.0, hidden_omega=3.0),
        Film(width=8, depth=4, halving=True, modulated=True, first_omega=9.0, hidden_omega=3.0),
        Film(width=5, depth=4, joined=1, first_omega=9.0, hidden_omega=3.0),
        Film(width=5, depth=3, joined=2, modulated=True, hidden_relu=True, hidden_omega=3.0),
        Film(width=8, first_relu=True, hidden_relu=True, halving=True, last=2, joined=2, coordinate_scale=7.0),
        Film(channels=3, width=5, first_relu=True, hidden_relu=True, last=1),
    ],
    ids=str,
)
def test_output_is_the_formula(spec):
    module = spec.build(blocks=2, seed=1).double()
    for block in range(2):
        numbers = {name: value.detach()[block] for name, value in module.named_parameters()}
        expected = plainly(spec, numbers, TIMES)
        assert (module(TIMES.unsqueeze(0))[block] - expected).abs().max() < 1e-12


def test_layers_halve_and_keep_a_unit():
    assert Film(width=840, depth=4, halving=True).units() == [840, 420, 210, 105]
    assert Film(width=1024, depth=5, halving=True).units() == [1024, 512, 256, 128, 64]
    assert Film(width=5, depth=4, halving=True).units() == [5, 2, 1, 1]


def test_the_middle_is_that_of_the_thesis():
    assert [k for k in range(8) if Film(depth=8, joined=1).is_joined(k)] == [4]
    assert [k for k in range(4) if Film(depth=4, joined=2).is_joined(k)] == [1, 2, 3]


def test_gamma_moves_frequencies_and_beta_phases():
    spec = Film(width=4, depth=1, modulated=True, first_omega=10.0)
    module = spec.build(seed=0).double()
    with torch.no_grad():
        module.gamma.fill_(2.0)
        module.beta.fill_(0.5)
        features = module.features(TIMES.unsqueeze(0))[0]
        expected = (12.0 * (TIMES[:, None] * module.weight_0[0] + module.bias_0[0]) + 0.5).sin()
    assert (features - expected).abs().max() < 1e-12


def test_numbers_that_turn_phases_are_of_the_first_part():
    spec = Film(depth=2, joined=2, modulated=True)
    parts = {name: spec.part(name) for name in spec.shapes()}
    first = {"gamma", "beta", "weight_0", "bias_0", "coordinate_1"}
    assert {name for name, part in parts.items() if part == "first"} == first
    assert {name for name, part in parts.items() if part == "output"} == {"output_weight", "output_bias"}
