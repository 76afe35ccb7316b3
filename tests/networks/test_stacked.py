import pytest
import torch
from torch.nn.functional import linear

from ligeia.networks.stacked import affine, linear_output


def numbers(blocks=3, inputs=4, outputs=5):
    generator = torch.Generator().manual_seed(0)
    shapes = [(blocks, 6, inputs), (blocks, inputs, outputs), (blocks, outputs)]
    return [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes]


def test_affine_is_a_linear_layer_for_each_block():
    hidden, weight, bias = numbers()
    found = affine(hidden, weight, bias)
    assert found.shape == (3, 6, 5)
    for block in range(3):
        assert torch.allclose(found[block], linear(hidden[block], weight[block].T, bias[block]), atol=1e-14)


@pytest.mark.parametrize("blocks", [1, 4])
def test_shared_inputs_are_those_of_every_block(blocks):
    hidden, weight, bias = numbers(blocks)
    shared = hidden[:1]
    found = affine(shared, weight, bias)
    assert found.shape == (blocks, 6, 5)
    # 1e-14 and not 0: the two go through different kernels
    assert (found - affine(shared.expand(blocks, -1, -1), weight, bias)).abs().max() < 1e-14


@pytest.mark.parametrize("shared", [True, False])
def test_gradients_of_affine(shared):
    hidden, weight, bias = (value.requires_grad_(True) for value in numbers())
    hidden = hidden[:1].detach().requires_grad_(True) if shared else hidden
    assert torch.autograd.gradcheck(affine, (hidden, weight, bias))


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("learning", [True, False])
def test_the_output_layer_is_affine(channels, learning):
    hidden, weight, bias = numbers(outputs=channels)
    hidden.requires_grad_(learning)
    assert (linear_output(hidden, weight, bias) - affine(hidden, weight, bias)).abs().max() < 1e-14


def test_the_output_layer_leaves_bfloat16():
    hidden, weight, bias = (value.float() for value in numbers())
    found = linear_output(hidden.bfloat16(), weight, bias)
    assert found.dtype == torch.float32
    # only the inputs are rounded: exactly the product of those
    assert torch.allclose(found, affine(hidden.bfloat16().float(), weight, bias), atol=1e-6)


def test_the_output_layer_follows_the_precision_of_the_features():
    hidden, weight, bias = numbers()
    found = linear_output(hidden, weight.float(), bias.float())
    assert found.dtype == torch.float64
