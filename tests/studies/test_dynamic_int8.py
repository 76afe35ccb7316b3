"""The papers' quantisation, beside PyTorch's own while that still exists, and what it does to a plain SIREN."""

import warnings

import numpy as np
import pytest
import torch

from ligeia.audio.signal import Audio
from ligeia.errors import InputError
from ligeia.fitting.fit import fit
from ligeia.fitting.plan import Recipe
from ligeia.fitting.recipes import recipe_named
from ligeia.networks import Siren
from ligeia.studies.dynamic_int8 import (
    Layer,
    quantised_activation,
    quantised_weight,
    render_dynamic_int8,
    run_layers,
)

RANDOM = np.random.default_rng(0)


def test_weights_keep_their_extremes_and_lose_little() -> None:
    weight = RANDOM.standard_normal((20, 30)).astype(np.float32)
    rounded = quantised_weight(weight)
    step = np.abs(weight).max() / 127.5
    assert np.abs(rounded - weight).max() <= 0.51 * step
    assert len(np.unique(rounded)) <= 256
    assert not quantised_weight(np.zeros((2, 2), np.float32)).any()


def test_activations_have_128_levels_and_keep_zero() -> None:
    values = np.linspace(-1, 3, 1001, dtype=np.float32)[:, None]
    rounded = quantised_activation(values)
    assert len(np.unique(rounded)) == 128
    assert np.abs(rounded - values).max() <= 0.51 * 4 / 127
    assert 0 in rounded
    assert not quantised_activation(np.zeros((3, 1), np.float32)).any()


def test_pytorch_does_the_same() -> None:
    quantization = pytest.importorskip("torch.ao.quantization")
    if "x86" not in torch.backends.quantized.supported_engines:
        pytest.skip("PyTorch has no x86 engine here")
    torch.backends.quantized.engine = "x86"
    generator = torch.Generator().manual_seed(1)
    dense = torch.nn.Linear(33, 40)
    with torch.no_grad():
        dense.weight.copy_(torch.randn(40, 33, generator=generator))
        dense.bias.copy_(torch.randn(40, generator=generator))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is announced for deletion
        theirs = quantization.quantize_dynamic(torch.nn.Sequential(dense), {torch.nn.Linear}, torch.qint8)
        inputs = torch.rand(500, 33, generator=generator) * 3 - 1
        expected = theirs(inputs).numpy()
    layer = Layer(dense.weight.detach().numpy().T, dense.bias.detach().numpy(), 0.0)
    ours = run_layers([layer], inputs.numpy())
    # Ties may be rounded differently: one level of one input is 3 / 127 of a weight of 4 at most.
    assert np.abs(ours - expected).max() < 0.1
    assert np.sqrt(np.mean((ours - expected) ** 2)) < 1e-3 * np.std(expected)


def tone() -> Audio:
    time = np.arange(3000) / 22050
    wave = np.sin(2 * np.pi * 440 * time) + 0.5 * np.sin(2 * np.pi * 1250 * time)
    return Audio((0.6 * wave)[None].astype(np.float32), 22050)


@pytest.mark.parametrize("octaves", [0, 12])
def test_without_an_encoding_128_instants_are_left(octaves: int) -> None:
    omega = 30.0 if octaves else 600.0
    spec = Siren(width=32, depth=2, first_omega=omega, hidden_omega=30.0, octaves=octaves, closed=True)
    base = recipe_named("siren-notebook").config
    inr = fit(tone(), Recipe(name="small", source="", design=lambda shape: spec, config=base), steps=20)
    rendered = render_dynamic_int8(inr)
    assert rendered.sample_count == 3000
    distinct = len(np.unique(rendered.samples))
    assert distinct <= 128 if not octaves else distinct > 1000


def test_what_the_papers_never_quantised() -> None:
    blocks = fit(tone(), steps=2)
    with pytest.raises(InputError, match="blocks"):
        render_dynamic_int8(blocks)
    spec = Siren(width=8, depth=2, output_omega=True)
    config = recipe_named("siren-notebook").config
    odd = fit(tone(), Recipe(name="odd", source="", design=lambda shape: spec, config=config), steps=1)
    with pytest.raises(InputError, match="plain SIRENs"):
        render_dynamic_int8(odd)
