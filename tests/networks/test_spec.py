from dataclasses import FrozenInstanceError, replace

import pytest

from ligeia.errors import InputError
from ligeia.networks import BY_NAME, BY_WIRE_ID, SPECS, NetworkSpec, Siren, SirenInit, spec_named
from ligeia.networks.spec import check_range


def test_every_architecture_is_found_under_its_own_name_and_number():
    assert [BY_NAME[spec.name] for spec in SPECS] == list(SPECS)
    assert [BY_WIRE_ID[spec.wire_id] for spec in SPECS] == list(SPECS)
    assert len(BY_NAME) == len(BY_WIRE_ID) == len(SPECS)
    assert spec_named("siren") is Siren
    assert Siren.wire_id == 1  # streams hold this number: it never changes


def test_an_unknown_name_lists_what_there_is():
    with pytest.raises(InputError, match=r"'sirene'.*siren"):
        spec_named("sirene")


def test_stored_fields_leave_out_the_start_and_the_channels():
    names = [field.name for field in Siren.stored_fields()]
    # The order in which streams hold them: it never changes.
    assert names == [
        "width",
        "depth",
        "first_width",
        "fixed_first",
        "first_omega",
        "hidden_omega",
        "omega_on_bias",
        "output_omega",
        "octaves",
        "with_coordinate",
        "grouped_encoding",
        "closed",
        "coordinate_scale",
    ]


def test_the_start_does_not_change_what_is_stored_but_the_spec():
    plain, scaled = Siren(), Siren(init=SirenInit(hidden_gain=2.0))
    assert plain != scaled
    assert plain.shapes() == scaled.shapes()


@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("octaves", [0, 5])
@pytest.mark.parametrize("first_width", [0, 5])
def test_parameters_counts_what_build_makes(channels, octaves, first_width):
    spec = Siren(channels=channels, width=7, depth=3, octaves=octaves, first_width=first_width)
    module = spec.build(blocks=3)
    assert sum(value.numel() for value in module.parameters()) == 3 * spec.parameters


def test_specs_are_frozen_and_checked_again_when_replaced():
    spec = Siren(width=8)
    with pytest.raises(FrozenInstanceError):
        spec.width = 9
    with pytest.raises(InputError, match="width"):
        replace(spec, width=0)


def test_a_spec_without_check_and_build_is_not_a_network():
    class Incomplete(NetworkSpec):
        pass

    with pytest.raises(TypeError, match="abstract"):
        Incomplete()


@pytest.mark.parametrize("value", [1, 2.5, 4])
def test_range_includes_its_ends(value):
    """Raising nothing is the claim."""
    check_range("width", value, 1, 4)


@pytest.mark.parametrize("value", [0, 4.001, float("nan"), float("inf")])
def test_out_of_range_names_field_and_value(value):
    with pytest.raises(InputError, match=rf"width must lie between 1 and 4, got {value}"):
        check_range("width", value, 1, 4)
