import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ligeia.fitting.first_units import FirstUnits, first_units
from ligeia.fitting.unmasking import END, Unmasking
from ligeia.networks import Fmlp, Siren, SirenInit

SPEC = Siren(width=16, depth=3, init=SirenInit(first_bound=60.0, bias="half_turn"))


def eight_groups(units=16, blocks=1, seed=0):
    omegas = torch.rand(blocks, units, generator=torch.Generator().manual_seed(seed))
    return Unmasking(FirstUnits(omegas, "weight_1"), 8), omegas


def sorted_mask(unmasking, omegas, fraction):
    """The mask of block 0 in the order of the units' frequencies."""
    return unmasking.mask(fraction)[0, omegas[0].argsort()].tolist()


def test_the_schedule_by_hand():
    unmasking, omegas = eight_groups()
    period = 0.5 / 8
    assert sorted_mask(unmasking, omegas, 0.0) == [0] * 16
    assert sorted_mask(unmasking, omegas, period / 4) == pytest.approx([0.5] * 2 + [0] * 14)  # half of the way up
    assert sorted_mask(unmasking, omegas, period / 2) == [1] * 2 + [0] * 14
    assert sorted_mask(unmasking, omegas, period) == [1] * 2 + [0] * 14  # nothing changes in the second half
    assert sorted_mask(unmasking, omegas, 2.1 * period) == pytest.approx([1] * 4 + [0.2] * 2 + [0] * 10, abs=1e-6)
    assert sorted_mask(unmasking, omegas, 7.5 * period) == pytest.approx([1] * 16)


@given(st.floats(0, 1), st.floats(0, 1), st.integers(1, 20), st.integers(1, 40))
def test_low_frequencies_come_first_and_nothing_goes_again(a, b, groups, units):
    omegas = torch.rand(2, units, generator=torch.Generator().manual_seed(units))
    unmasking = Unmasking(FirstUnits(omegas, "weight_1"), groups)
    early, late = (unmasking.mask(fraction) for fraction in sorted((a, b)))
    assert (early <= late).all()
    for block in range(2):
        rising = early[block, omegas[block].argsort()]
        assert (rising.diff() <= 0).all()
    assert not unmasking.mask(0.0).any()
    assert (unmasking.mask(END) == 1).all()


@pytest.mark.parametrize("units", [8, 16, 256])
def test_groups_are_equally_large(units):
    unmasking, _ = eight_groups(units, blocks=3)
    for block in range(3):
        assert torch.bincount(unmasking.group[block]).tolist() == [units // 8] * 8


def test_sine_and_cosine_of_an_octave_come_together():
    spec = Fmlp(width=4, depth=1, octaves=8, with_coordinate=True)
    group = Unmasking(first_units(spec, spec.build()), 4).group[0]
    assert group[0] == 0  # the coordinate itself
    assert torch.equal(group[1:9], group[9:])
    assert group[1:9].diff().min() >= 0


# --- on a module ----------------------------------------------------------------------------------------------


def masked_by_hand(module, times, mask):
    """The formula with the first layer's sines multiplied by the mask."""
    w0, w1, w2, w3 = (getattr(module, f"weight_{k}") for k in range(4))
    b0, b1, b2, b3 = (getattr(module, f"bias_{k}") for k in range(4))
    hidden = torch.sin(times.unsqueeze(-1) @ w0 + b0.unsqueeze(1)) * mask.unsqueeze(1)
    hidden = torch.sin(hidden @ w1 + b1.unsqueeze(1))
    return torch.sin(hidden @ w2 + b2.unsqueeze(1)) @ w3 + b3.unsqueeze(1)


@pytest.mark.parametrize("fraction", [0.0, 0.05, 0.21, 0.49, 0.5, 1.0])
def test_values_and_gradients_are_those_of_masked_sines(fraction):
    module = SPEC.build(blocks=2).double()
    unmasking = Unmasking(first_units(SPEC, module), 8)
    times = torch.linspace(-1, 1, 50, dtype=torch.float64).unsqueeze(0)
    expected = masked_by_hand(module, times, unmasking.mask(fraction).double())
    expected.square().sum().backward()
    slopes = {name: value.grad.clone() for name, value in module.named_parameters()}
    before = {name: value.detach().clone() for name, value in module.named_parameters()}
    module.zero_grad()
    with unmasking.applied(module, fraction):
        found = module(times)
        found.square().sum().backward()
    assert torch.allclose(found, expected, rtol=1e-9)
    for name, value in module.named_parameters():
        assert torch.equal(value, before[name])
        assert torch.allclose(value.grad, slopes[name], rtol=1e-9, atol=1e-12)


def test_at_first_the_units_contribute_nothing():
    module = SPEC.build(blocks=1)
    unmasking = Unmasking(first_units(SPEC, module), 8)
    times = torch.linspace(-1, 1, 50).unsqueeze(0)
    with unmasking.applied(module, 0.0):
        said = module(times)
        said.square().sum().backward()
    assert (said == said[:, :1]).all()  # a constant
    assert not module.weight_0.grad.any()
    assert not module.weight_1.grad.any()
    assert module.bias_3.grad.any()


def test_at_the_end_nothing_is_masked():
    module = SPEC.build(blocks=2)
    unmasking = Unmasking(first_units(SPEC, module), 8)
    times = torch.linspace(-1, 1, 50).unsqueeze(0)
    with unmasking.applied(module, END):
        masked = module(times)
    assert torch.equal(masked, module(times))


def test_after_an_exception_the_weights_are_back():
    module = SPEC.build(blocks=1)
    before = module.weight_1.detach().clone()
    with (
        pytest.raises(RuntimeError, match="enough"),
        Unmasking(first_units(SPEC, module), 8).applied(module, 0.1),
    ):
        raise RuntimeError("enough")
    assert torch.equal(module.weight_1, before)


def test_what_the_module_has_become_since_changes_no_group():
    module = SPEC.build(blocks=1)
    unmasking = Unmasking(first_units(SPEC, module), 8)
    before = unmasking.mask(0.2).clone()
    with torch.no_grad():
        module.weight_0.neg_().mul_(torch.arange(16.0))
    assert torch.equal(unmasking.mask(0.2), before)
