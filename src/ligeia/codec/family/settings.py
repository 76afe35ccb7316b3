"""Settings of the decoders of families: what a model file says about its decoder, and the shapes that follow from it.

They lie below the decoders themselves, and import no torch, so that a model file can be checked and a member's
parameters be computed without it.
"""

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from importlib import import_module
from math import prod
from typing import Any, ClassVar

from ligeia.errors import InputError

MAX_CODE = 2**14
"""Numbers of a code at most."""

SETTINGS: dict[str, str] = {
    "film": "film:FilmSettings",
    "lapped": "lapped:LappedSettings",
    "concatenation": "concatenation:ConcatenationSettings",
    "im_net": "concatenation:ImNetSettings",
    "hypernetwork": "hypernetwork:HypernetworkSettings",
    "wavegan": "wavegan:WaveGanSettings",
    "partials": "partials:PartialsSettings",
    "multiplicative": "multiplicative:MultiplicativeSettings",
    "parallel": "parallel:ParallelSettings",
}
"""Settings class of each kind, as "module:Class" in this package."""


@dataclass(frozen=True, kw_only=True)
class DecoderSettings(ABC):
    """The structure of a decoder: all but its numbers.

    Raises:
        InputError: a setting is out of range.
    """

    kind: ClassVar[str]
    """The name of the kind in model files and configurations."""

    code: int = 256
    """Numbers of a code."""

    def __post_init__(self) -> None:
        require_range("code", self.code, 1, MAX_CODE)
        self.check()

    def check(self) -> None:  # noqa: B027 - a kind need not have limits
        """Raise `InputError` where a setting is out of range."""

    @abstractmethod
    def shapes(self, samples: int) -> dict[str, tuple[int, ...]]:
        """Shape of every tensor of the decoder by name, for items of `samples` samples."""

    def limits(self, samples: int) -> tuple[int, ...]:
        """For each number of a code: 0, or the limit below which it is a whole number; empty: none of them is.

        Whole numbers choose what the amount, the next number that is none, is of.
        """
        return ()

    def numbers(self, samples: int) -> int:
        """Numbers in all those tensors."""
        return sum(prod(shape) for shape in self.shapes(samples).values())

    def table(self) -> dict[str, Any]:
        """The settings as plain values."""
        return asdict(self)


def require_range(name: str, value: float, low: float, high: float) -> None:
    """Raise `InputError` unless `low <= value <= high`."""
    if not low <= value <= high:
        raise InputError(f"{name} must lie between {low} and {high}, got {value}")


def settings_kind(kind: str) -> type[DecoderSettings]:
    """Return the class of the settings of decoders of a kind.

    Raises:
        InputError: there is no such kind.
    """
    if kind not in SETTINGS:
        raise InputError(f"unknown decoder {kind!r}; there are: {', '.join(SETTINGS)}")
    module, _, name = SETTINGS[kind].partition(":")
    found: type[DecoderSettings] = getattr(import_module(f"ligeia.codec.family.{module}"), name)
    return found
