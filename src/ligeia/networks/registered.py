"""`register`: a network of the caller's own becomes one that fits, renders, and lies in streams.

Streams hold the number of their network. That of an own one follows from its name, so that every program in which a
network of this name is registered finds it: 2^16 plus the CRC-32 of the name (FORMAT.md §10 keeps numbers from 2^16 on
for private use).
"""

import re
from dataclasses import is_dataclass
from typing import Any, TypeVar
from zlib import crc32

from ligeia.arguments import described
from ligeia.errors import SettingsError
from ligeia.networks import BY_NAME, BY_WIRE_ID
from ligeia.networks.spec import FIRST_PRIVATE, NetworkSpec

Spec = TypeVar("Spec", bound=NetworkSpec)
NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")


def private_number(name: str) -> int:
    """Return the number that stands for an own network of this name in streams.

    Example:
        >>> private_number("gauss")
        4052708398
    """
    return FIRST_PRIVATE + crc32(name.encode("ascii"))


def register(spec: type[Spec]) -> type[Spec]:
    """Make a network of your own known by its name; usable as a decorator.

    `spec` is a frozen dataclass that derives from `networks.formula.Formula` (a network with a linear output layer) or
    `networks.spec.NetworkSpec`; docs/own-networks.md shows one. From then on `ligeia.fit(sound, network=name)`,
    `ligeia.encode_inr` and `ligeia.decode` know it, in this process: where a stream of it is decoded, the same class
    must be registered first. A class of the same name, from the same module, takes the place of an earlier one.

    Raises:
        TypeError: it is not a class that derives from `NetworkSpec`.
        SettingsError: its name is taken or not valid, it is not a frozen dataclass, or a field cannot be stored.
    """
    if not (isinstance(spec, type) and issubclass(spec, NetworkSpec)):
        raise TypeError(f"a network of your own is a class that derives from NetworkSpec, got {described(spec)}")
    _check_name(spec)
    _check_class(spec)
    for field in spec.stored_fields():
        _check_field(spec, field)
    _check_instance(spec)
    spec.wire_id = private_number(spec.name)
    other = BY_WIRE_ID.get(spec.wire_id)
    if other is not None and other.name != spec.name:
        raise SettingsError(f"the names {spec.name} and {other.name} have the same number: choose another")
    BY_NAME[spec.name] = BY_WIRE_ID[spec.wire_id] = spec
    return spec


def _check_name(spec: type[NetworkSpec]) -> None:
    name: Any = getattr(spec, "name", None)
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise SettingsError(
            f"{name!r} is not a valid name of a network: small letters, digits, - and _, a letter first"
        )
    if 0 < getattr(spec, "wire_id", 0) < FIRST_PRIVATE:
        raise SettingsError(f"{name} has its number already, {spec.wire_id}, or is derived from a network that has one")
    known = BY_NAME.get(name)
    if known is not None and (known.__module__, known.__qualname__) != (spec.__module__, spec.__qualname__):
        raise SettingsError(f"there is a network {name} already ({known.__module__}.{known.__qualname__})")


def _check_class(spec: type[NetworkSpec]) -> None:
    """Refuse what is not a frozen dataclass of its own, or lacks a method."""
    if not is_dataclass(spec) or "__dataclass_fields__" not in vars(spec) or not _is_frozen(spec):
        raise SettingsError(f"{spec.__name__} must be a frozen dataclass: @dataclass(frozen=True, kw_only=True)")
    missing = sorted(getattr(spec, "__abstractmethods__", ()))
    if missing:
        raise SettingsError(f"{spec.__name__} lacks {', '.join(missing)}")


def _check_instance(spec: type[NetworkSpec]) -> None:
    """Refuse blocks of a fixed length, which the header does not hold, and parts that have no learning rate."""
    plain = spec(channels=2)
    if plain.block_samples is not None or plain.reach_samples:
        raise SettingsError(f"{spec.__name__} has blocks of its own length or reach, which own networks cannot store")
    for name in plain.shapes():
        if plain.part(name) not in ("first", "hidden", "output"):
            raise SettingsError(f"{plain.part(name)!r} is not a valid part of a network: first, hidden or output")


def _is_frozen(spec: type) -> bool:
    parameters: Any = getattr(spec, "__dataclass_params__", None)
    return bool(parameters.frozen)


def _check_field(spec: type[NetworkSpec], field: Any) -> None:
    """Refuse a field that no header can hold."""
    place = f"the field {field.name} of {spec.__name__}"
    if type(field.default) not in (int, float, bool):
        raise SettingsError(
            f"{place} must have a number, True or False as its default, so that streams can hold it; what matters "
            "before fitting alone is not_stored(...)"
        )
    if type(field.default) is bool:
        return
    if field.name not in spec.limits or not 0 <= spec.limits[field.name][0] <= spec.limits[field.name][1]:
        raise SettingsError(f"{place} needs its least and greatest value, 0 or more, in `limits`")


def registered_names() -> list[str]:
    """Return the names of the networks that were registered in this process."""
    return [name for name, spec in BY_NAME.items() if spec.wire_id >= FIRST_PRIVATE]
