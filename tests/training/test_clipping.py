import pytest
import torch
from torch.nn import Parameter
from torch.nn.utils import clip_grad_norm_

from ligeia.training.schedule import clip_blocks


def with_gradients(scales=(1.0, 100.0, 0.01)):
    """Parameters of three blocks whose gradients differ in size, and one without any."""
    generator = torch.Generator().manual_seed(0)
    parameters = [Parameter(torch.zeros(3, 4, 5)), Parameter(torch.zeros(3, 5)), Parameter(torch.zeros(3, 2))]
    for value in parameters[:2]:
        noise = torch.randn(value.shape, generator=generator)
        value.grad = noise * torch.tensor(scales).view(-1, *[1] * (value.dim() - 1))
    return parameters


@pytest.mark.parametrize("limit", [0.001, 1.0, 30.0, 1e6])
def test_each_block_is_clipped_as_if_it_were_alone(limit):
    parameters = with_gradients()
    alone = []
    for block in range(3):
        single = [Parameter(torch.zeros_like(value[block])) for value in parameters[:2]]
        for one, value in zip(single, parameters, strict=False):
            one.grad = value.grad[block].clone()
        clip_grad_norm_(single, limit)
        alone.append([one.grad for one in single])
    clip_blocks(parameters, limit)
    for block in range(3):
        for found, expected in zip(parameters, alone[block], strict=False):
            # 1e-6: the same sums in another order
            assert torch.allclose(found.grad[block], expected, rtol=1e-6, atol=0)
    assert parameters[2].grad is None


def test_what_is_short_enough_stays_as_it_is():
    parameters, before = with_gradients(), with_gradients()
    clip_blocks(parameters, 50.0)
    for value, was in zip(parameters[:2], before, strict=False):
        assert torch.equal(value.grad[[0, 2]], was.grad[[0, 2]])
    norm = torch.cat([value.grad[1].flatten() for value in parameters[:2]]).norm()
    assert float(norm) == pytest.approx(50, rel=1e-5)


def test_a_block_that_leaps_does_not_hold_the_others():
    parameters, before = with_gradients((1.0, float("inf"), 1.0)), with_gradients((1.0, 1.0, 1.0))
    clip_blocks(parameters, 1e3)
    assert torch.equal(parameters[0].grad[[0, 2]], before[0].grad[[0, 2]])
