"""What all networks that are formulas have in common; the formulas themselves are in the files of each."""

import numpy as np
import pytest
import torch
from torch.func import functional_call

from ligeia.networks import Finer, Fmlp, FourierKan, Multiplicative, Wire
from ligeia.networks.spec import LinearOutput
from ligeia.networks.stacked import StackedNet

SPECS = {
    "fmlp": Fmlp(channels=2, width=9, depth=3, octaves=4),
    "fmlp of t": Fmlp(width=9, depth=1, octaves=0),
    "finer": Finer(channels=2, width=9, depth=3, first_omega=10.0, hidden_omega=3.0),
    "finer of one layer": Finer(width=9, depth=1, first_omega=10.0),
    "wire": Wire(channels=2, width=7, depth=3, first_omega=10.0, hidden_omega=3.0, scale=1.5),
    "wire of one layer": Wire(width=7, depth=1, first_omega=10.0, hidden_omega=3.0, scale=1.5),
    "kan": FourierKan(channels=2, width=5, depth=3, first_grid=8, hidden_grid=3, output_grid=2),
    "kan of one layer": FourierKan(width=5, depth=1, first_grid=8),
    "mfn": Multiplicative(channels=2, width=9, depth=3, reach=20.0),
    "mfn of one layer": Multiplicative(width=9, depth=1, reach=20.0),
    "gabor": Multiplicative(channels=2, width=9, depth=3, gabor=True, reach=20.0),
}
each = pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)

TIMES = torch.linspace(-0.97, 0.93, 13, dtype=torch.float64).unsqueeze(0)


@each
def test_the_module_holds_what_the_spec_says(spec):
    module = spec.build(blocks=3, seed=5)
    assert isinstance(module, StackedNet)
    assert isinstance(module, LinearOutput)
    found = {name: tuple(value.shape) for name, value in module.named_parameters()}
    assert found == {name: (3, *shape) for name, shape in spec.shapes().items()}
    assert list(found) == list(spec.shapes())
    assert sum(value.numel() for value in module.parameters()) == 3 * spec.parameters


@each
def test_the_same_seed_builds_the_same_numbers(spec):
    first, again, other = (spec.build(blocks=2, seed=seed).state_dict() for seed in (3, 3, 4))
    assert all(torch.equal(first[name], again[name]) for name in first)
    drawn = [name for name in first if first[name].any()]  # some biases start at 0
    assert len(drawn) >= len(first) / 2
    assert not any(torch.equal(first[name], other[name]) for name in drawn)
    assert not any(torch.equal(first[name][0], first[name][1]) for name in drawn)


@each
def test_shared_coordinates_are_those_of_every_block(spec):
    module = spec.build(blocks=4, seed=1).double()
    values = module(TIMES)
    assert values.shape == (4, 13, spec.channels)
    # 1e-12 and not 0: the two go through different kernels
    assert (values - module(TIMES.expand(4, -1).contiguous())).abs().max() < 1e-12


@each
def test_a_block_alone_gives_what_it_gives_in_the_stack(spec):
    module = spec.build(blocks=3, seed=1).double()
    times = torch.from_numpy(np.random.default_rng(0).uniform(-1, 1, (3, 20)))
    together = module(times)
    for block in range(3):
        chosen = {name: value[block : block + 1] for name, value in module.named_parameters()}
        alone = functional_call(module, chosen, (times[block : block + 1],))
        assert (alone[0] - together[block]).abs().max() < 1e-12  # other kernels for one block


@each
def test_blocks_do_not_see_each_other_and_every_parameter_learns(spec):
    module = spec.build(blocks=3, seed=1).double()
    module(TIMES)[1].square().sum().backward()
    for name, value in module.named_parameters():
        assert value.grad[1].abs().sum() > 0, name
        assert value.grad[[0, 2]].abs().sum() == 0, name


@each
def test_features_times_output_layer_is_the_output(spec):
    module = spec.build(blocks=2, seed=1).double()
    features = module.features(TIMES)
    assert features.shape == (2, 13, spec.shapes()["output_weight"][0])
    expected = features @ module.output_weight + module.output_bias.unsqueeze(1)
    assert (module(TIMES) - expected).abs().max() < 1e-13


@each
def test_gradients_reach_the_coordinates(spec):
    module = spec.build(seed=1).double()
    times = TIMES[:, :4].clone().requires_grad_(True)
    assert torch.autograd.gradcheck(module, (times,))


@each
def test_sounds_have_derivatives_of_any_order(spec, sound_of):
    inr = sound_of(spec)
    instants = np.array([0.0013, 0.0117, 0.0121, 0.0299])
    for order in (1, 2, 4):
        assert np.isfinite(inr.derivative(instants, order)).all()
    # over 2 microseconds, and no less: the function is computed in single precision
    step = 1e-6
    quotient = (inr(instants + step).astype(float) - inr(instants - step)) / (2 * step)
    slope = inr.derivative(instants)
    assert np.abs(quotient - slope).max() < 0.02 * np.abs(slope).max() + 1


@each
def test_bfloat16_is_close_and_leaves_in_single_precision(spec):
    module = spec.build(blocks=2, seed=1)
    times = TIMES.float()
    exact, rough = module(times), module(times, torch.bfloat16)
    assert rough.dtype == torch.float32
    assert module.features(times, torch.bfloat16).dtype == torch.bfloat16
    difference = (exact - rough).abs().max()
    # bfloat16 has 8 bits: each of three layers errs by some 2^-8 of its values
    assert 0 < difference < 0.1 * exact.abs().max() + 0.01


FAST = {
    "finer": Finer(width=16, depth=2, first_omega=1e5, hidden_omega=3.0),
    "wire": Wire(width=16, depth=2, first_omega=1e6, hidden_omega=3.0, scale=1.5),
    "kan": FourierKan(width=16, depth=2, turns=1e3),
    "mfn": Multiplicative(width=16, depth=2, reach=1e6),
}


@pytest.mark.parametrize("spec", FAST.values(), ids=FAST)
def test_first_phases_have_the_precision_of_the_coordinates(spec):
    module = spec.build(seed=1)
    times = TIMES / 3
    mixed = module(times, torch.float32)
    assert mixed.dtype == torch.float32
    exact = module.double()(times)
    # Phases of 3e5 rad are wrong by 0.03 in single precision; in double only what comes behind them is rounded.
    assert (mixed - exact).abs().max() < 1e-5
