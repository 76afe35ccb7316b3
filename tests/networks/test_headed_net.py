import pytest
import torch
from torch.func import functional_call

from ligeia.networks import NoiseLayer, Parallel, Siamese
from ligeia.networks.spec import LinearOutput, ManyHeads

SPECS = {
    "siamese": Siamese(channels=2, shared_width=7, head_width=5, head_depth=2, octaves=3),
    "mean": Siamese(channels=2, shared_width=7, head_width=5, octaves=0, average=True),
    "nothing shared": Siamese(shared_depth=0, head_width=5, octaves=3, heads=3),
    "relu": NoiseLayer(first_width=6, shared_width=4, head_width=5, octaves=3),
    "ensemble": Parallel(channels=2, networks=3, width=5, ensemble=True),
}
each = pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)


def times(*shape):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 2 - 1


@each
def test_heads_are_many_and_their_output_is_not_one(spec):
    module = spec.build(blocks=2)
    assert isinstance(module, ManyHeads)
    assert not isinstance(module, LinearOutput)
    assert module.heads(times(1, 9)).shape == (spec.head_count, 2, 9, spec.channels)


@each
def test_the_sound_is_the_mean_or_the_first_head(spec):
    module = spec.build(blocks=3, seed=2).double()
    at = times(3, 9)
    heads = module.heads(at)
    assert (module(at) - (heads.mean(0) if spec.averaged else heads[0])).abs().max() < 1e-13
    assert (heads[0] - heads[1]).abs().max() > 1e-3  # they start from different numbers


@each
def test_shared_coordinates_are_those_of_every_block(spec):
    module = spec.build(blocks=4, seed=1).double()
    shared = times(1, 11)
    values = module(shared)
    assert values.shape == (4, 11, spec.channels)
    assert (values - module(shared.expand(4, -1).contiguous())).abs().max() < 1e-13  # other kernels


@each
def test_a_block_alone_gives_what_it_gives_in_the_stack(spec):
    module = spec.build(blocks=3, seed=1).double()
    at = times(3, 13)
    together, heads = module(at), module.heads(at)
    for block in range(3):
        chosen = {name: value[block : block + 1] for name, value in module.named_parameters()}
        alone = functional_call(module, chosen, (at[block : block + 1],))
        assert (alone[0] - together[block]).abs().max() < 1e-13
        one = spec.build().double()
        one.load_state_dict(chosen)
        assert (one.heads(at[block : block + 1])[:, 0] - heads[:, block]).abs().max() < 1e-13


@each
def test_gradients_of_the_heads_reach_all_numbers_of_their_own_block(spec):
    module = spec.build(blocks=3, seed=1)
    module.heads(times(1, 99).float())[:, 1].sum().backward()
    for name, value in module.named_parameters():
        assert (value.grad[1] != 0).float().mean() > (0.4 if spec.name == "siamese-relu" else 0.99), name
        assert not value.grad[[0, 2]].any()


@each
def test_the_same_seed_builds_the_same_numbers(spec):
    first, again, other = (spec.build(blocks=2, seed=seed).state_dict() for seed in (3, 3, 4))
    assert list(first) == list(spec.shapes())
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not any(torch.equal(first[name], other[name]) for name in first if first[name].any())


@each
def test_bfloat16_is_close_and_leaves_in_single_precision(spec):
    module = spec.build(blocks=2, seed=1)
    at = times(1, 50).float()
    exact, rough = module.heads(at), module.heads(at, torch.bfloat16)
    assert rough.dtype == torch.float32
    # bfloat16 has 8 bits: each layer errs by about 2^-8 of values of about 1
    assert 0 < (exact - rough).abs().max() < 0.1


@each
def test_gradients_reach_the_coordinates(spec):
    module = spec.build(seed=1).double()
    at = times(1, 3).requires_grad_(True)
    assert torch.autograd.gradcheck(lambda t: module.heads(t), (at,))
