import numpy as np
import pytest
import torch

from ligeia.errors import InputError
from ligeia.networks.wire import Wire


def test_shapes_follow_the_layers():
    spec = Wire(channels=2, width=5, depth=2)
    assert spec.shapes() == {
        "weight_0": (1, 5),
        "bias_0": (5,),
        "weight_1": (5, 5),
        "bias_1": (5,),
        "imaginary_weight_1": (5, 5),
        "imaginary_bias_1": (5,),
        "output_weight": (10, 2),
        "output_bias": (2,),
    }
    assert [spec.part(name) for name in spec.shapes()] == ["first"] * 2 + ["hidden"] * 4 + ["output"] * 2
    # w + w real numbers, then depth - 1 times w^2 + w complex ones, then 2 w c + c
    assert Wire(width=30, depth=3).parameters == 60 + 2 * 2 * (900 + 30) + 61


def test_the_start_is_pytorchs_of_complex_layers():
    state = Wire(width=300, depth=2).build(blocks=20, seed=0).state_dict()
    for name, value in state.items():
        bound = 1 if name.endswith("_0") else 300**-0.5
        assert 0.9 * bound < value.abs().max() <= bound, name


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_the_formula_in_complex_numbers(depth):
    spec = Wire(channels=2, width=6, depth=depth, first_omega=12.0, hidden_omega=5.0, scale=2.0)
    module = spec.build(blocks=2, seed=4).double()
    n = {name: value.detach().numpy()[1] for name, value in module.named_parameters()}
    for t in (-1.0, -0.3, 0.77):
        h = np.array([t])
        for k in range(depth):
            weight, bias = n[f"weight_{k}"], n[f"bias_{k}"]
            if k > 0:
                weight, bias = weight + 1j * n[f"imaginary_weight_{k}"], bias + 1j * n[f"imaginary_bias_{k}"]
            z = h @ weight + bias
            h = np.exp(1j * (5.0 if k else 12.0) * z - np.abs(2.0 * z) ** 2)
        # the paper's output: the real part of a complex linear layer
        weight = n["output_weight"][:6] - 1j * n["output_weight"][6:]
        expected = (h @ weight).real + n["output_bias"]
        found = module(module.output_bias.new_tensor([[t]]))[1, 0].detach().numpy()
        assert np.abs(found - expected).max() < 1e-12


def test_a_wavelet_is_never_larger_than_its_field_allows():
    """|psi(u + j v)| = exp(-omega v - scale^2 (u^2 + v^2)) is largest at v = -omega / (2 scale^2)."""
    spec = Wire(width=1, depth=2, hidden_omega=15.0, scale=1.5)
    real, imaginary = torch.zeros(1, 1, 9001), torch.linspace(-30, 30, 9001).reshape(1, 1, -1)
    sizes = spec._wavelets(15.0, real.double(), imaginary.double()).abs()
    assert sizes.max().item() == pytest.approx(np.exp(25), rel=1e-3)


def test_huge_numbers_give_wavelets_of_size_zero():
    spec = Wire(width=1, depth=2)
    huge = torch.tensor([[[1e30, -1e30]]])
    for pair in ((huge, huge), (huge, -huge), (huge, None)):
        assert (spec._wavelets(20.0, *pair) == 0).all()


def test_wavelets_that_would_grow_without_bound_are_refused():
    with pytest.raises(InputError, match=r"hidden_omega .*10 times scale .*101"):
        Wire(hidden_omega=101.0)
