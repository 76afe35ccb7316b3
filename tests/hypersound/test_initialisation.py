from math import sqrt

import pytest
import torch
from torch import Generator
from torch.nn import Linear

from ligeia.hypersound.config import executed
from ligeia.hypersound.hypernetwork import HyperSound
from ligeia.hypersound.initialisation import own_start, row_bound, shared_start, start_head
from ligeia.networks import Fmlp, Siren

UNITS = 400
CODES = torch.randn(64, UNITS, generator=Generator().manual_seed(5))
"""Codes of variance 1, as the theory of hyperfan-in assumes."""


def written_at_start(config):
    """What a head of the paper's size writes of `CODES`, `name -> [64, *shape]`."""
    head = Linear(UNITS, config.numbers)
    start_head(head, config, Generator().manual_seed(1))
    numbers, first, parameters = head(CODES).detach(), 0, {}
    for name, shape in config.written().items():
        size = torch.Size(shape).numel()
        parameters[name] = numbers[:, first : first + size].reshape(-1, *shape)
        first += size
    return head, parameters


def test_hyperfan_in_gives_relu_networks_their_variance() -> None:
    """Weights of n inputs have variance 1 / n (half of Kaiming's 2 / n, biases have the other half), biases 1."""
    head, parameters = written_at_start(executed())
    assert head.bias.abs().max() == 0
    for name, values in parameters.items():
        expected = 1 / values.shape[1] if values.ndim == 3 else 1.0
        # An output bias is one row: its variance is that of 64 numbers.
        assert values.var().item() == pytest.approx(expected, rel=0.05 if values[0].numel() > 20 else 0.5), name


def test_bounds_of_the_rows() -> None:
    """√3 · √(2 / (2 F)) for biases, √3 · √(2 / (2 n F)) for weights, with F = 400."""
    assert row_bound((90,), 400) == pytest.approx(sqrt(3) * sqrt(2 / (2 * 400)))
    assert row_bound((90, 90), 400) == pytest.approx(sqrt(3) * sqrt(2 / (2 * 90 * 400)))


def test_siren_starts_where_siren_starts() -> None:
    """Offsets U(±1) of the first layer and U(±√(6 / 90) / 30) of all others; rows a thousandth of hyperfan-in."""
    head, parameters = written_at_start(executed(network="siren"))
    for name, values in parameters.items():
        bound = 1.0 if name.endswith("_0") else sqrt(6 / 90) / 30
        assert values.abs().max() < bound * 1.1 + 5e-3
        if values[0].numel() > 20:
            assert values.var().item() == pytest.approx(bound**2 / 3, rel=0.35), name
        assert values.std(0).max() < 2e-3, "sounds differ little at first"
    assert head.weight.abs().max() <= 1e-3 * row_bound((1,), UNITS)


def test_gentle_start_is_both() -> None:
    head, parameters = written_at_start(executed(initialisation="gentle"))
    assert head.bias.abs().max() > 0.1
    assert parameters["weight_1"].std(0).mean().item() == pytest.approx(sqrt(1 / 90), rel=0.1)


def test_shared_numbers_start_as_executed() -> None:
    """U(±1 / √inputs) for weights and biases of ReLU networks; SIREN's own start."""
    start = shared_start(Fmlp(), 0)
    for name in ("weight_1", "bias_1", "output_weight"):
        assert start[name].std().item() == pytest.approx(1 / sqrt(3 * 90), rel=0.2)
        assert start[name].abs().max() <= 1 / sqrt(90)
    spec = Siren(width=50, first_omega=9.0)
    assert all(torch.equal(start, own_start(spec, 3)[name]) for name, start in shared_start(spec, 3).items())


def test_the_seed_makes_the_model(tiny) -> None:
    first, again, other = (HyperSound(tiny(), seed=seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(value, again[name]) for name, value in first.items())
    assert not torch.equal(first["head.weight"], other["head.weight"])
    assert not torch.equal(first["encoder.layers.0.weight"], other["encoder.layers.0.weight"])


def test_making_a_model_leaves_the_random_numbers_of_others_alone(tiny) -> None:
    torch.manual_seed(4)
    expected = torch.rand(3)
    torch.manual_seed(4)
    HyperSound(tiny())
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("network", ["fmlp", "siren"])
def test_what_is_written_first_is_neither_silent_nor_loud(network) -> None:
    model = HyperSound(executed(network=network, samples=2048, target={"width": 30}))
    with torch.no_grad():
        level = model(torch.rand(4, 2048) * 2 - 1).square().mean().sqrt()
    assert 1e-3 < level < 30
