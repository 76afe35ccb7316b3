"""Functions of time. `SPECS` is the one table of architectures; everything else is derived from it."""

from ligeia.errors import InputError
from ligeia.networks.siren import Siren, SirenInit
from ligeia.networks.spec import NetworkSpec

SPECS: tuple[type[NetworkSpec], ...] = (Siren,)

BY_NAME = {spec.name: spec for spec in SPECS}
BY_WIRE_ID = {spec.wire_id: spec for spec in SPECS}


def spec_named(name: str) -> type[NetworkSpec]:
    """The architecture called `name`, or `InputError` that lists what there is."""
    if name not in BY_NAME:
        raise InputError(f"unknown network {name!r}; there are: {', '.join(BY_NAME)}")
    return BY_NAME[name]


__all__ = ["BY_NAME", "BY_WIRE_ID", "SPECS", "NetworkSpec", "Siren", "SirenInit", "spec_named"]
