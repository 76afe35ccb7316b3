from math import pi

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ligeia.errors import InputError
from ligeia.fitting.unmasking import END, FirstUnits, Unmasking, first_units, octave_omegas
from ligeia.networks import Finer, Fmlp, Multiplicative, Siren, SirenInit, Wire
from ligeia.networks.coordinates import encode_octaves

NOISY = SirenInit(first_bound=30.0, bias="half_turn")


def measured_speeds(spec, module, width):
    """How fast each first-layer unit turns at the middle of a block: by a small step of the coordinate."""
    zero = torch.zeros(1, 1, dtype=torch.float64)
    phases = module.double()._first_phases
    return ((phases(zero + 1e-4) - phases(zero)) / 1e-4).abs().reshape(-1, width).detach()


@pytest.mark.parametrize(
    "spec",
    [
        Siren(width=7, depth=2, first_omega=3.0, coordinate_scale=2.0, init=NOISY),
        Siren(width=7, depth=2, first_omega=3.0, omega_on_bias=False, init=NOISY),
        Siren(width=7, depth=1, init=NOISY),
        Siren(first_width=7, width=4, depth=2, fixed_first=50.0),
    ],
    ids=str,
)
def test_sine_units_turn_as_fast_as_measured(spec):
    module = spec.build(blocks=2)
    units = first_units(spec, module)
    assert torch.allclose(units.omegas.double(), measured_speeds(spec, module, 7), rtol=1e-5)


def test_finer_units_turn_as_fast_as_measured():
    spec = Finer(width=9, depth=2, first_omega=4.0, first_bias_scale=2.0)
    module = spec.build(blocks=2).double()
    w, b = module.weight_0.detach()[:, 0], module.bias_0.detach()

    def phase(t):
        z = w * t + b
        return 4.0 * (z.abs() + 1) * z

    speeds = (phase(1e-6) - phase(-1e-6)).abs() / 2e-6
    assert torch.allclose(first_units(spec, module).omegas, speeds, rtol=1e-4)


@pytest.mark.parametrize(
    ("spec", "reader"),
    [
        (Siren(width=5, depth=3), "weight_1"),
        (Siren(width=5, depth=1), "weight_1"),
        (Siren(width=5, depth=2, octaves=3), "weight_0"),
        (Finer(width=5, depth=2), "weight_1"),
        (Finer(width=5, depth=1), "output_weight"),
        (Fmlp(width=5, depth=2, octaves=3), "weight_0"),
    ],
    ids=str,
)
def test_the_reader_has_a_row_for_each_unit(spec, reader):
    units = first_units(spec, spec.build(blocks=2))
    assert units.reader == reader
    assert spec.shapes()[reader][0] == units.omegas.shape[1]


@pytest.mark.parametrize("grouped", [True, False])
@pytest.mark.parametrize("coordinate", [True, False])
def test_octaves_turn_as_they_are_encoded(grouped, coordinate):
    spec = Siren(width=4, depth=1, octaves=5, with_coordinate=coordinate, grouped_encoding=grouped, coordinate_scale=3)
    t = torch.linspace(-1, 1, 4001, dtype=torch.float64)
    order = "grouped" if grouped else "interleaved"
    features = encode_octaves(t * 3, 5, with_coordinate=coordinate, order=order)
    # A sine's second derivative is -omega^2 times itself, by energy; of the coordinate it is 0.
    bent = features.diff(n=2, dim=0) / (t[1] - t[0]) ** 2
    found = (bent.square().sum(0) / features[1:-1].square().sum(0)) ** 0.25
    assert torch.allclose(octave_omegas(spec).double(), found, rtol=0.02, atol=1e-3)
    assert float(octave_omegas(spec).max()) == pytest.approx(3 * pi * 16)


@pytest.mark.parametrize("spec", [Multiplicative(width=4), Wire(width=4), Fmlp(octaves=0, width=4)], ids=str)
def test_other_networks_are_refused_by_name(spec):
    with pytest.raises(InputError, match=f"progressive_groups works with .*, not with {spec.name}"):
        first_units(spec, spec.build())


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
