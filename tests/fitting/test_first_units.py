from math import pi

import pytest
import torch

from ligeia.errors import InputError
from ligeia.fitting.first_units import first_units, octave_omegas
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
