from itertools import product
from math import pi

import numpy as np
import pytest
import torch
from torch.func import functional_call

from ligeia.networks.siren import Siren, SirenInit

SWITCHES = [
    {"omega_on_bias": on_bias, "output_omega": output, "octaves": octaves, "with_coordinate": t, "grouped_encoding": g}
    for on_bias, output, (octaves, t, g) in product(
        [True, False],
        [True, False],
        [(0, True, False), (3, True, False), (3, False, False), (3, True, True), (3, False, True)],
    )
]
SWITCHES += [
    {"first_width": 5},
    {"first_width": 5, "octaves": 3},
    {"fixed_first": 60.0},
    {"fixed_first": 60.0, "first_width": 5, "omega_on_bias": False, "output_omega": True},
]


def one_by_one(spec, module, block, times):
    """A single network, said with torch.nn and nothing else."""
    x = torch.from_numpy(times)[:, None] * spec.coordinate_scale
    if spec.octaves:
        angles = [2**i * pi * x for i in range(spec.octaves)]
        if spec.grouped_encoding:
            features = [a.sin() for a in angles] + [a.cos() for a in angles]
        else:
            features = [wave for a in angles for wave in (a.sin(), a.cos())]
        x = torch.cat(([x] if spec.with_coordinate else []) + features, dim=1)
    for layer in range(spec.depth + 1):
        weights, biases = getattr(module, f"weight_{layer}").detach(), getattr(module, f"bias_{layer}").detach()
        row = 0 if layer == 0 and spec.fixed_first else block  # one fixed layer for all
        weight = weights[row]
        linear = torch.nn.Linear(*weight.shape, dtype=torch.float64)
        linear.weight.data = weight.T.contiguous()
        linear.bias.data = biases[row]
        omega = spec.first_omega if layer == 0 else spec.hidden_omega
        if layer == spec.depth:
            x = linear(omega * x if spec.output_omega else x)
        elif spec.omega_on_bias:
            x = torch.sin(omega * linear(x))
        else:
            x = torch.sin(linear(omega * x))
    return x.detach().numpy()


@pytest.mark.parametrize("switches", SWITCHES, ids=str)
def test_a_stack_is_many_plain_networks(switches):
    spec = Siren(
        channels=2, width=9, depth=3, first_omega=40.0, hidden_omega=7.0, coordinate_scale=1.5, closed=True, **switches
    )
    module = spec.build(blocks=3, seed=5).double()
    times = np.random.default_rng(0).uniform(-1, 1, (3, 20))
    values = module(torch.from_numpy(times)).detach().numpy()
    assert values.shape == (3, 20, 2)
    for block in range(3):
        expected = one_by_one(spec, module, block, times[block])
        # 1e-9: phases of some hundred rad, rounded in another order
        assert np.abs(values[block] - expected).max() < 1e-9


@pytest.mark.parametrize("first", [{}, {"octaves": 4}, {"fixed_first": 60.0}, {"first_width": 3}], ids=str)
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_shared_coordinates_are_those_of_every_block(first, depth):
    module = Siren(width=6, depth=depth, hidden_omega=3.0, **first).build(blocks=4, seed=1).double()
    shared = torch.linspace(-1, 1, 11, dtype=torch.float64).unsqueeze(0)
    values = module(shared)
    assert values.shape == (4, 11, 1)
    # 1e-14 and not 0: the two go through different kernels
    assert (values - module(shared.expand(4, -1).contiguous())).abs().max() < 1e-14


@pytest.mark.parametrize("fixed", [0.0, 60.0])
def test_a_block_alone_gives_what_it_gives_in_the_stack(fixed):
    module = Siren(width=6, fixed_first=fixed).build(blocks=5, seed=1).double()
    times = torch.linspace(-1, 1, 13, dtype=torch.float64).unsqueeze(0)
    together = module(times)
    for block in range(5):
        chosen = {name: value[block : block + 1] for name, value in module.named_parameters()}
        alone = functional_call(module, chosen, (times,))
        assert (alone[0] - together[block]).abs().max() < 1e-14  # other kernels for one block


@pytest.mark.parametrize("fixed", [0.0, 60.0])
def test_blocks_do_not_see_each_other(fixed):
    module = Siren(width=6, fixed_first=fixed).build(blocks=3, seed=1)
    module(torch.linspace(-1, 1, 13).unsqueeze(0))[1].sum().backward()
    for value in module.parameters():
        assert value.grad[1].abs().sum() > 0
        assert value.grad[[0, 2]].abs().sum() == 0


def test_features_times_output_layer_is_the_output():
    spec = Siren(width=6, channels=2, hidden_omega=3.0, output_omega=True)
    module = spec.build(blocks=2, seed=1).double()
    times = torch.linspace(-1, 1, 13, dtype=torch.float64).unsqueeze(0)
    features = module.features(times)
    assert features.shape == (2, 13, 6)
    expected = features @ module.weight_3 + module.bias_3.unsqueeze(1)
    assert (module(times) - expected).abs().max() < 1e-14


def test_features_without_output_omega_are_sines():
    features = Siren(width=6, hidden_omega=30.0).build(blocks=2, seed=1).features(torch.linspace(-1, 1, 99)[None])
    assert 0.9 < features.abs().max() <= 1


def test_bfloat16_is_close_and_leaves_in_single_precision():
    module = Siren(width=16, depth=3).build(blocks=2, seed=1)
    times = torch.linspace(-1, 1, 50).unsqueeze(0)
    exact, rough = module(times), module(times, torch.bfloat16)
    assert rough.dtype == torch.float32
    assert module.features(times, torch.bfloat16).dtype == torch.bfloat16
    difference = (exact - rough).abs().max()
    # bfloat16 has 8 bits: each of three layers errs by about 2^-8 of values below 1
    assert 0 < difference < 0.05


FAST = {
    "fixed": Siren(width=16, depth=1, fixed_first=1e6),
    "in the weights": Siren(width=16, depth=1, init=SirenInit(first_bound=1e6)),
    "omega": Siren(depth=1, first_omega=1e6),
}


@pytest.mark.parametrize("spec", FAST.values(), ids=FAST)
def test_first_phases_have_the_precision_of_the_coordinates(spec):
    module = spec.build(seed=1)
    times = torch.linspace(-1, 1, 50, dtype=torch.float64).unsqueeze(0) / 3
    mixed = module(times, torch.float32)
    assert mixed.dtype == torch.float32
    exact = module.double()(times)
    # Phases of 3e5 rad are wrong by 0.03 in single precision; in double only the sines are rounded.
    assert (mixed - exact).abs().max() < 1e-5


def test_gradients_reach_the_coordinates():
    module = Siren(width=6).build(seed=1).double()
    times = torch.zeros(1, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(module, (times,))
