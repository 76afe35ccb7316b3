"""."""

from math import pi, sqrt

import numpy as np
import pytest
import torch

from ligeia.networks.siren import Siren, SirenInit, siren2_noise
from ligeia.networks.siren_net import fixed_layer, start_parameters

BLOCKS = 400
"""At least 6400 numbers in each parameter that is judged, so that the largest is within 0.2 % of the bound."""


def start(**fields):
    return start_parameters(Siren(width=16, channels=16, depth=3, **fields), blocks=BLOCKS, seed=0)


def assert_uniform(values, bound):
    """Values look like U(±bound)."""
    assert values.abs().max() <= bound * (1 + 1e-6)
    assert values.abs().max() > 0.99 * bound  # the chance of a false alarm is below 0.99^6400 = 1e-28
    # Five standard errors: those of mean and variance are 1/sqrt(3 n) and 2/(3 sqrt(5 n)) of the bound('s square).
    assert abs(float(values.mean())) < 5 * bound / sqrt(3 * values.numel())
    assert abs(float(values.double().square().mean()) / bound**2 - 1 / 3) < 5 * 0.3 / sqrt(values.numel())


def test_the_authors_convention():
    values = start(first_omega=30.0, hidden_omega=30.0)
    assert_uniform(values["weight_0"], 1)
    for layer in (1, 2, 3):
        assert_uniform(values[f"weight_{layer}"], sqrt(6 / 16) / 30)
        assert_uniform(values[f"bias_{layer}"], 1 / sqrt(16))
    assert_uniform(values["bias_0"], 1)


def test_first_bound_counts_the_encodings_features():
    assert_uniform(start(octaves=16)["weight_0"], 1 / 33)


def test_first_layer_like_a_hidden_one():
    values = start(octaves=16, first_omega=100.0, init=SirenInit(first_like_hidden=True))
    assert_uniform(values["weight_0"], sqrt(6 / 33) / 100)
    assert_uniform(values["bias_0"], 1 / sqrt(33))


def test_first_bound_given():
    assert_uniform(start(init=SirenInit(first_bound=123.0))["weight_0"], 123)


def test_hidden_divisor_and_gain_leave_the_output_alone():
    values = start(hidden_omega=30.0, init=SirenInit(hidden_divisor=2000.0, hidden_gain=3.0))
    assert_uniform(values["weight_1"], 3 * sqrt(6 / 16) / 2000)
    assert_uniform(values["weight_2"], 3 * sqrt(6 / 16) / 2000)
    assert_uniform(values["weight_3"], sqrt(6 / 16) / 30)
    assert_uniform(values["weight_0"], 1)


def test_output_divisor_leaves_the_hidden_layers_alone():
    values = start(hidden_omega=245.0, init=SirenInit(output_divisor=30.0))
    assert_uniform(values["weight_2"], sqrt(6 / 16) / 245)
    assert_uniform(values["weight_3"], sqrt(6 / 16) / 30)


def test_biases_within_the_weights_bound():
    values = start(first_omega=30.0, init=SirenInit(bias="weight_bound"))
    assert_uniform(values["bias_0"], 1)
    assert_uniform(values["bias_1"], sqrt(6 / 16))
    assert_uniform(values["bias_3"], sqrt(6 / 16))


def test_biases_between_zero_and_two_pi():
    values = start(init=SirenInit(bias="two_pi"))
    for layer in (0, 1, 2):
        assert_uniform(values[f"bias_{layer}"] - pi, pi)
    assert_uniform(values["bias_3"], 1 / sqrt(16))  # PyTorch's own


def test_biases_of_half_a_turn_are_phases():
    values = start(first_omega=30.0, hidden_omega=5.0, init=SirenInit(bias="half_turn"))
    assert_uniform(values["bias_0"], pi / 30)
    assert_uniform(values["bias_1"], pi / 5)
    assert (values["bias_3"] == 0).all()


def test_noise_has_the_asked_deviation_and_only_in_the_first_two_layers():
    quiet = start(hidden_omega=30.0)
    noisy = start(hidden_omega=30.0, init=SirenInit(noise=(58.7, 0.01)))
    for layer, deviation in ((0, 58.7), (1, 0.01)):
        weight = noisy[f"weight_{layer}"]
        bound = 1 if layer == 0 else sqrt(6 / 16) / 30
        expected = sqrt(deviation**2 + bound**2 / 3)
        # 5 %: over five standard errors (0.7 % / sqrt(2) ...) of 6400 numbers or more
        assert float(weight.std()) == pytest.approx(expected, rel=0.05)
    assert_uniform(noisy["weight_2"], sqrt(6 / 16) / 30)
    assert quiet["weight_0"].abs().max() <= 1


def test_noise_never_reaches_the_output_layer():
    spec = Siren(width=16, depth=1, hidden_omega=30.0, init=SirenInit(noise=(5.0, 5.0)))
    values = start_parameters(spec, blocks=BLOCKS, seed=0)
    assert values["weight_1"].abs().max() <= sqrt(6 / 16) / 30
    assert values["weight_0"].std() > 4


def test_siren2_noise_by_hand():
    first, second = siren2_noise(0.1)
    assert first == pytest.approx(3500 * (1 - 0.4965853037914095) / 30)  # exp(-0.7)
    assert second == pytest.approx(0.01)
    assert siren2_noise(0.0) == (0, 0)
    assert siren2_noise(1.0, omega=1.0)[1] == 3


def knuth(count):
    """The fractions that a fixed layer is made of, said with plain integers."""
    state = 1
    for _ in range(count):
        state = (6364136223846793005 * state + 1442695040888963407) & (2**64 - 1)
        yield (state // 2**32) / 2**32


def test_a_fixed_layer_is_what_the_format_says():
    weight, bias = fixed_layer(7, 84.0)
    r = list(knuth(14))
    assert weight.shape == (1, 1, 7)
    assert bias.shape == (1, 7)
    assert weight.dtype == bias.dtype == torch.float64
    assert weight[0, 0].tolist() == pytest.approx([84 * (i + r[i]) / 7 for i in range(7)], rel=1e-15)
    assert bias[0].tolist() == pytest.approx([2 * pi * r[7 + i] for i in range(7)], rel=1e-15)


def test_the_first_fraction_by_hand():
    # 6364136223846793005 + 1442695040888963407 = 7806831264735756412, over 2^64
    _, bias = fixed_layer(1, 1.0)
    weight, _ = fixed_layer(1, 1.0)
    assert float(weight) == pytest.approx(7806831264735756412 / 2**64, abs=2**-32)  # 32 bits are kept
    assert 0 <= float(bias) < 2 * pi


def test_a_fixed_layer_covers_its_range_evenly():
    weight, bias = fixed_layer(200, 1000.0)
    steps = torch.arange(200, dtype=torch.float64)
    assert (weight[0, 0] >= 5 * steps).all()
    assert (weight[0, 0] < 5 * (steps + 1)).all()
    assert (weight[0, 0].diff() - 5).abs().max() > 1  # but not regularly
    assert abs(float(torch.exp(1j * bias).mean().abs())) < 0.2  # 1 / sqrt(200) = 0.07 for phases anywhere


def test_the_rest_of_a_network_with_a_fixed_layer_starts_as_always():
    values = start(hidden_omega=30.0, fixed_first=40.0)
    assert set(values) == {f"{kind}_{layer}" for kind in ("weight", "bias") for layer in (1, 2, 3)}
    assert_uniform(values["weight_1"], sqrt(6 / 32) / 30)  # the fixed layer is twice as wide
    assert_uniform(values["weight_2"], sqrt(6 / 16) / 30)


@pytest.mark.parametrize("fields", [{"octaves": 2}, {"fixed_first": 9.0}, {"first_width": 5}])
def test_names_and_shapes_are_the_specs(fields):
    spec = Siren(width=3, depth=2, channels=2, **fields)
    values = start_parameters(spec, blocks=4, seed=0)
    assert {name: tuple(value.shape) for name, value in values.items()} == {
        name: (4, *shape) for name, shape in spec.shapes().items()
    }
    assert list(values) == list(spec.shapes())
    assert all(value.dtype == torch.float32 for value in values.values())


def test_the_global_generator_is_neither_used_nor_moved():
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = start()
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    assert all(torch.equal(value, first[name]) for name, value in start().items())


@pytest.mark.parametrize("seed", [0, 2**63 - 1])
def test_large_seeds_are_usable(seed):
    spec = Siren(width=3)
    a, b = (start_parameters(spec, blocks=1, seed=seed)["weight_1"] for _ in range(2))
    assert torch.equal(a, b)


ENCODINGS = [(0, True, False), (3, True, False), (3, False, False), (3, True, True), (3, False, True)]
# Every pair of values of two of them.
SWITCHES = [
    {"omega_on_bias": on_bias, "output_omega": on_bias is (number % 2 == 0), "octaves": octaves}
    | {"with_coordinate": t, "grouped_encoding": grouped}
    for number, (octaves, t, grouped) in enumerate(ENCODINGS)
    for on_bias in (True, False)
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


def test_features_without_output_omega_are_sines():
    features = Siren(width=6, hidden_omega=30.0).build(blocks=2, seed=1).features(torch.linspace(-1, 1, 99)[None])
    assert 0.9 < features.abs().max() <= 1
