import pytest
import torch

from ligeia.networks import NoiseLayer, Parallel, Siamese
from ligeia.networks.formula import Headed
from ligeia.networks.stacked import HeadedNet

SPECS = {
    "siamese": Siamese(channels=2, shared_width=7, head_width=5, head_depth=2, octaves=3),
    "nothing shared": Siamese(shared_depth=0, head_width=5, octaves=3, heads=3, average=True),
    "relu": NoiseLayer(channels=2, first_width=6, shared_width=4, head_width=5, octaves=3, average=True),
    "ensemble": Parallel(channels=2, networks=3, width=5, ensemble=True),
}


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_every_head_alone_is_a_network_with_one_head(spec):
    module = spec.build(blocks=3, seed=1).double()
    assert isinstance(spec, Headed)
    assert isinstance(module, HeadedNet)
    times = torch.rand(3, 11, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 2 - 1
    heads = module.heads(times)
    alone = spec.alone()
    assert alone.head_count == 1
    for head in range(spec.head_count):
        numbers = spec.numbers_of(head, module.numbers())
        assert {name: tuple(value.shape[1:]) for name, value in numbers.items()} == alone.shapes()
        found = torch.func.functional_call(alone.build(), numbers, (times,))
        assert (found - heads[head]).abs().max() < 1e-13  # products of other sizes are rounded otherwise


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_what_heads_share_is_not_divided(spec):
    numbers = spec.build(blocks=2).numbers()
    for name, value in spec.numbers_of(1, numbers).items():
        assert (value is numbers[name]) == (not spec.divided(name))


def test_a_sum_is_one_head():
    spec = Parallel(networks=3, width=5)
    numbers = spec.build().numbers()
    assert spec.head_count == 1
    assert spec.alone() is spec
    assert all(torch.equal(value, numbers[name]) for name, value in spec.numbers_of(0, numbers).items())
