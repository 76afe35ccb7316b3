from math import pi

import numpy as np
import pytest
import torch

from ligeia.codec.parameters.quantise import Bits, layout
from ligeia.networks.multiplicative import LARGEST, Multiplicative


def test_shapes_follow_the_layers():
    spec = Multiplicative(channels=2, width=5, depth=2, gabor=True)
    assert spec.shapes() == {
        "frequency_0": (5,),
        "phase_0": (5,),
        "gamma_0": (5,),
        "centre_0": (5,),
        "weight_1": (5, 5),
        "bias_1": (5,),
        "frequency_1": (5,),
        "phase_1": (5,),
        "gamma_1": (5,),
        "centre_1": (5,),
        "output_weight": (5, 2),
        "output_bias": (2,),
    }
    plain = [name for name in spec.shapes() if not name.startswith(("gamma", "centre"))]
    assert list(Multiplicative(channels=2, width=5, depth=2).shapes()) == plain


@pytest.mark.parametrize(("gabor", "each"), [(False, 2), (True, 4)])
def test_parameters(gabor, each):
    # depth filters of `each` w numbers, depth - 1 layers of w^2 + w, and c w + c
    spec = Multiplicative(channels=2, width=30, depth=4, gabor=gabor)
    assert spec.parameters == 4 * each * 30 + 3 * (900 + 30) + 62


def test_filters_are_the_first_part_and_have_its_bits():
    spec = Multiplicative(width=5, depth=3, gabor=True)
    parts = {name: spec.part(name) for name in spec.shapes()}
    assert {name for name, part in parts.items() if part == "hidden"} == {"weight_1", "bias_1", "weight_2", "bias_2"}
    assert {name for name, part in parts.items() if part == "output"} == {"output_weight", "output_bias"}
    bits = {tensor.name: (tensor.rows, tensor.bits) for tensor in layout(spec, Bits(18, 8, 12))}
    assert bits["frequency_2"] == bits["centre_1"] == (1, 18)
    assert bits["weight_2"] == (5, 8)


def test_only_what_a_decoder_needs_is_stored():
    assert [field.name for field in Multiplicative.stored_fields()] == ["width", "depth", "gabor", "closed"]


def test_the_start_of_fourier_filters():
    state = Multiplicative(width=300, depth=4, reach=500.0).build(blocks=20, seed=0).state_dict()
    for k in range(4):
        assert 249 < state[f"frequency_{k}"].abs().max() <= 250  # 500 / sqrt(4)
        assert 0.99 * pi < state[f"phase_{k}"].abs().max() <= pi
    for name in ("weight_1", "bias_3", "output_weight"):
        assert 0.99 * 300**-0.5 < state[name].abs().max() <= 300**-0.5, name


def test_the_start_of_gabor_filters():
    spec = Multiplicative(width=300, depth=2, gabor=True, reach=500.0, alpha=6.0, beta=2.0)
    state = spec.build(blocks=50, seed=0).state_dict()
    gamma = state["gamma_1"]
    assert gamma.dtype == torch.float32
    # Gamma(3, 2) has mean 3 / 2 and variance 3 / 4; of 15000 numbers, to within a few parts in a hundred
    assert gamma.mean().item() == pytest.approx(1.5, rel=0.03)
    assert gamma.var().item() == pytest.approx(0.75, rel=0.06)
    assert 0.99 < state["centre_0"].abs().max() <= 1
    ratio = (state["frequency_1"] / gamma.sqrt()).abs()
    assert 0.99 * 500 * 2**-0.5 < ratio.max() <= 500 * 2**-0.5 * (1 + 1e-6)


@pytest.mark.parametrize("gabor", [False, True])
def test_the_formula(gabor):
    spec = Multiplicative(channels=2, width=6, depth=3, gabor=gabor, reach=30.0)
    module = spec.build(blocks=2, seed=4).double()
    if gabor:
        with torch.no_grad():
            module.gamma_1[1, 0] *= -1  # learning may bring it there: its magnitude counts
    n = {name: value.detach().numpy()[1] for name, value in module.named_parameters()}

    def filtered(k, t):
        wave = np.sin(n[f"frequency_{k}"] * t + n[f"phase_{k}"])
        return wave * np.exp(-np.abs(n[f"gamma_{k}"]) / 2 * (t - n[f"centre_{k}"]) ** 2) if gabor else wave

    for t in (-1.0, -0.3, 0.77):
        z = filtered(0, t)
        for k in (1, 2):
            z = (z @ n[f"weight_{k}"] + n[f"bias_{k}"]) * filtered(k, t)
        expected = z @ n["output_weight"] + n["output_bias"]
        found = module(module.output_bias.new_tensor([[t]]))[1, 0].detach().numpy()
        assert np.abs(found - expected).max() < 1e-12


def test_a_fourier_network_is_a_sum_of_sines():
    """Theorem of the paper: products of sines are sines of sums and differences; here their frequencies are whole."""
    module = Multiplicative(width=4, depth=3).build(seed=1).double()
    with torch.no_grad():
        for k, step in enumerate((1, 4, 16)):
            getattr(module, f"frequency_{k}").copy_(step * torch.arange(4, dtype=torch.float64) * pi)
    t = torch.arange(256, dtype=torch.float64).unsqueeze(0) / 128 - 1
    spectrum = torch.fft.rfft(module(t)[0, :, 0]).abs()
    # A block is 2 units of the coordinate, so frequency m pi turns m times in it: together at most 3 (1 + 4 + 16).
    assert spectrum[64:].max() < 1e-9 * spectrum.max()
    assert (spectrum[:64] > 1e-6 * spectrum.max()).sum() > 32


def test_layers_saturate():
    module = Multiplicative(width=2, depth=4).build()
    with torch.no_grad():
        for value in module.parameters():
            value.fill_(LARGEST)
    features = module.features(torch.linspace(-1, 1, 50).unsqueeze(0))
    assert features.abs().max() == LARGEST
    assert torch.isfinite(module(torch.linspace(-1, 1, 50).unsqueeze(0))).all()
