"""Functions of time. `SPECS` is the one table of architectures; everything else is derived from it."""

from ligeia.errors import SettingsError
from ligeia.networks.film import Film
from ligeia.networks.finer import Finer
from ligeia.networks.fmlp import Fmlp
from ligeia.networks.kan import FourierKan
from ligeia.networks.lapped import Lapped
from ligeia.networks.local import Local
from ligeia.networks.multiplicative import Multiplicative
from ligeia.networks.parallel import Parallel
from ligeia.networks.phased import Phased
from ligeia.networks.siamese import NoiseLayer, Siamese
from ligeia.networks.siren import Siren, SirenInit
from ligeia.networks.spec import NetworkSpec
from ligeia.networks.wire import Wire

SPECS: tuple[type[NetworkSpec], ...] = (
    Siren,
    Fmlp,
    Siamese,
    NoiseLayer,
    Finer,
    Wire,
    FourierKan,
    Multiplicative,
    Parallel,
    Local,
    Lapped,
    Film,
    Phased,
)

BY_NAME = {spec.name: spec for spec in SPECS}
BY_WIRE_ID = {spec.wire_id: spec for spec in SPECS}


def spec_named(name: str) -> type[NetworkSpec]:
    """Return the architecture called `name`; an unknown name is a `SettingsError` that lists all names."""
    if name not in BY_NAME:
        raise SettingsError(f"unknown network {name!r}; there are: {', '.join(BY_NAME)}")
    return BY_NAME[name]


__all__ = [
    "BY_NAME",
    "BY_WIRE_ID",
    "SPECS",
    "Film",
    "Finer",
    "Fmlp",
    "FourierKan",
    "Lapped",
    "Local",
    "Multiplicative",
    "NetworkSpec",
    "NoiseLayer",
    "Parallel",
    "Phased",
    "Siamese",
    "Siren",
    "SirenInit",
    "Wire",
    "spec_named",
]
