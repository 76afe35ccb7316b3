from itertools import product

import pytest

from ligeia.errors import InputError
from ligeia.networks.siren import Siren, SirenInit, encoded_size


def test_an_unknown_bias_rule_is_named():
    with pytest.raises(InputError, match="'zeros'"):
        Siren(init=SirenInit(bias="zeros"))


def test_shapes_follow_the_layers():
    assert Siren(channels=2, width=5, depth=2).shapes() == {
        "weight_0": (1, 5),
        "bias_0": (5,),
        "weight_1": (5, 5),
        "bias_1": (5,),
        "weight_2": (5, 2),
        "bias_2": (2,),
    }
    assert list(Siren(depth=1, width=3).shapes()) == ["weight_0", "bias_0", "weight_1", "bias_1"]


def test_the_first_layer_may_have_its_own_width():
    spec = Siren(width=5, depth=2, first_width=3)
    assert spec.first_units == 3
    assert [spec.shapes()[name] for name in ("weight_0", "bias_0", "weight_1", "bias_1", "weight_2")] == [
        (1, 3),
        (3,),
        (3, 5),
        (5,),
        (5, 1),
    ]


@pytest.mark.parametrize(("first_width", "units"), [(0, 10), (3, 3)])
def test_a_fixed_first_layer_has_no_parameters(first_width, units):
    spec = Siren(width=5, depth=2, first_width=first_width, fixed_first=40.0)
    assert spec.first_units == units
    assert spec.shapes() == {"weight_1": (units, 5), "bias_1": (5,), "weight_2": (5, 1), "bias_2": (1,)}
    assert [spec.part(name) for name in spec.shapes()] == ["hidden"] * 2 + ["output"] * 2
    assert set(dict(spec.build(blocks=2).named_parameters())) == set(spec.shapes())


def test_a_fixed_first_layer_takes_no_octaves():
    with pytest.raises(InputError, match="octaves"):
        Siren(fixed_first=40.0, octaves=3)


def test_parts_follow_the_layers():
    spec = Siren(depth=3)
    parts = [spec.part(f"{kind}_{layer}") for layer in range(4) for kind in ("weight", "bias")]
    assert parts == ["first"] * 2 + ["hidden"] * 4 + ["output"] * 2
    shallow = Siren(depth=1)
    assert [shallow.part(name) for name in shallow.shapes()] == ["first"] * 2 + ["output"] * 2


def test_layer_numbers_of_two_digits_are_read_whole():
    spec = Siren(depth=11)
    assert spec.part("weight_11") == "output"
    assert spec.part("weight_10") == "hidden"
    assert spec.part("bias_1") == "hidden"


@pytest.mark.parametrize(("octaves", "with_coordinate"), list(product([0, 1, 16], [True, False])))
def test_inputs_are_the_encodings_size(octaves, with_coordinate):
    spec = Siren(octaves=octaves, with_coordinate=with_coordinate)
    assert spec.inputs == encoded_size(octaves, with_coordinate=with_coordinate)


def test_omega_of_a_layer():
    spec = Siren(first_omega=100.0, hidden_omega=7.0)
    assert [spec.omega(layer) for layer in range(3)] == [100.0, 7.0, 7.0]
