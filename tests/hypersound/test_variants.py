import pytest
import torch
from torch.nn.functional import linear

from ligeia.hypersound.hypernetwork import HyperSound
from ligeia.hypersound.variants import Variant, is_bias, weight_of

# Table 1 of HyperSound 2023, layer by layer, and what its program does instead.


def by_hand(model, waveforms, layer):
    """Outputs of the layers of an FMLP of one sound by the formula `layer(x, name, written, shared)`."""
    config = model.config
    numbers, first, written = model.head(model.code(waveforms))[0], 0, {}
    for name, shape in config.written().items():
        size = torch.Size(shape).numel()
        written[name] = numbers[first : first + size].view(shape)
        first += size
    octaves = torch.pi * 2.0 ** torch.arange(config.spec().octaves)
    phases = model.coordinates().unsqueeze(1) * octaves
    x = torch.cat([phases.sin(), phases.cos()], 1)
    for name in ("weight_0", "weight_1", "output_weight"):
        x = layer(x, name, name.replace("weight", "bias"), written, model.variant.shared)
        x = x if name == "output_weight" else x.relu()
    return x[:, 0]


def standard(x, weight, bias, written, shared):
    return linear(x, written[weight].t(), written[bias])


def additive_paper(x, weight, bias, written, shared):
    return linear(x, (shared[weight] + written[weight]).t(), shared[bias] + written[bias])


def additive_executed(x, weight, bias, written, shared):
    return linear(x, (shared[weight] + written[weight]).t(), written[bias])


def multiplicative_paper(x, weight, bias, written, shared):
    return linear(x, (shared[weight] * written[weight]).t(), shared[bias] * written[bias])


def multiplicative_executed(x, weight, bias, written, shared):
    return linear(x, (shared[weight] * written[weight]).t()) * written[bias]


def first_layer_shared(x, weight, bias, written, shared):
    numbers = shared if weight == "weight_0" else written
    return linear(x, numbers[weight].t(), numbers[bias])


VARIANTS = [
    ("standard", "paper", standard, 0),
    ("standard", "executed", standard, 0),
    ("additive", "paper", additive_paper, 71),
    ("additive", "executed", additive_executed, 60),
    ("multiplicative", "paper", multiplicative_paper, 71),
    ("multiplicative", "executed", multiplicative_executed, 60),
    ("shared", "paper", first_layer_shared, 35),
]


@pytest.mark.parametrize(("variant", "reading", "layer", "shared"), VARIANTS)
def test_formulas_of_table_1(tiny, variant, reading, layer, shared) -> None:
    layers = (0,) if variant == "shared" else ()
    model = HyperSound(tiny(variant=variant, reading=reading, shared_layers=layers), seed=2)
    with torch.no_grad():
        model.head.bias += torch.randn(len(model.head.bias))
    waveforms = torch.randn(1, 80)
    assert torch.allclose(model(waveforms)[0], by_hand(model, waveforms, layer), atol=1e-5)
    assert sum(values.numel() for values in model.variant.parameters()) == shared
    assert {name: tuple(v.shape) for name, v in model.write(waveforms.expand(3, -1)).items()} == {
        name: (3, *shape) for name, shape in model.spec.shapes().items()
    }


@pytest.mark.parametrize(("variant", "reading", "layer", "shared"), VARIANTS)
def test_everything_is_learned(tiny, variant, reading, layer, shared) -> None:
    layers = (0,) if variant == "shared" else ()
    model = HyperSound(tiny(variant=variant, reading=reading, shared_layers=layers))
    model(torch.randn(3, 80)).square().sum().backward()
    still = [name for name, values in model.named_parameters() if values.grad is None or not values.grad.any()]
    # Biases before a norm have no effect.
    assert [name for name in still if not name.startswith("encoder")] == []


def test_shared_layers_are_not_written(tiny) -> None:
    config = tiny(variant="shared", shared_layers=(1,))
    assert list(config.written()) == ["weight_0", "bias_0", "output_weight", "output_bias"]
    assert set(Variant(config, 0).shared) == {"weight_1", "bias_1"}


def test_biases_go_with_weights() -> None:
    assert is_bias("output_bias")
    assert not is_bias("weight_0")
    assert weight_of("bias_3") == "weight_3"
