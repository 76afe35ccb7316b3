"""Descriptions of networks: frozen, storable, and without parameters until they are built.

The specs import no torch, so that the header of a stream can be read without loading it; `build` does. The modules
that `build` makes know their specs, and not the other way round: a spec only names its module.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from importlib import import_module
from math import prod
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, runtime_checkable

from ligeia.arguments import check_fields
from ligeia.errors import SettingsError, needs_extra

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor
    from torch.nn import Module

MAX_CHANNELS = 256
FIRST_PRIVATE = 2**16
"""Least number of networks of users' own in streams (`registered`)."""

Part = Literal["first", "hidden", "output"]


def not_stored(default: Any) -> Any:
    """A spec field that only matters before fitting (initialisation), so that streams leave it out."""
    return field(default=default, metadata={"stored": False})


@dataclass(frozen=True, kw_only=True)
class NetworkSpec(ABC):
    """A network architecture: its fields describe the function, `build` makes the module.

    A module built from a spec is *stacked*: it holds `blocks` networks of the same shape, every
    parameter has a leading block axis, and it maps coordinates `[blocks, n]` in [-1, 1) (or `[1, n]`,
    shared by all blocks) to amplitudes `[blocks, n, channels]`.
    """

    name: ClassVar[str]
    """The name on the command line."""
    wire_id: ClassVar[int]
    """The number that stands for this architecture in streams; never reused."""
    sparse: ClassVar[bool] = False
    """True if parameters that are 0 do not count: `counted` has to see them then."""

    limits: ClassVar[Mapping[str, tuple[float, float]]] = {}
    """The least and the greatest value of fields, by name."""

    channels: int = 1
    """Output channels."""

    def __post_init__(self) -> None:
        self.check()

    def check(self) -> None:
        """Raise `SettingsError` where a field is out of range, `TypeError` where it is of another type."""
        check_fields(self)
        for name, (low, high) in {"channels": (1, MAX_CHANNELS), **self.limits}.items():
            check_range(name, getattr(self, name), low, high)

    @property
    @abstractmethod
    def module(self) -> str:
        """Place of the torch module of this network: "file:Class" in this room, or "package.file:Class" anywhere."""

    @abstractmethod
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of every parameter of one block, in the order in which streams hold them."""

    @abstractmethod
    def part(self, parameter: str) -> Part:
        """Return the part of the network that a parameter belongs to: it sets learning rates and precision."""

    def build(self, *, blocks: int = 1, seed: int = 0) -> "Module":
        """A freshly initialised stacked module of `blocks` networks; the same seed gives the same numbers.

        Raises:
            MissingExtra: torch is not installed.
        """
        file, _, name = self.module.partition(":")
        with needs_extra("torch", "torch"):
            home = import_module(file if "." in file else f"ligeia.networks.{file}")
        module: Module = getattr(home, name)(self, blocks=blocks, seed=seed)
        return module

    @property
    def closed_grid(self) -> bool:
        """True if the last sample sits at coordinate +1 (closed), false one step before it (half-open)."""
        return bool(getattr(self, "closed", False))

    @property
    def block_samples(self) -> int | None:
        """Samples that every block has, which then share none with the next; None: any number."""
        return None

    @property
    def reach_samples(self) -> int:
        """Samples by which the function of a block extends beyond it, on both sides; there, blocks are summed."""
        return 0

    @property
    def parameters(self) -> int:
        """Number of unique parameters of one block."""
        return sum(prod(shape) for shape in self.shapes().values())

    def counted(self, numbers: Mapping[str, Any], gains: Any) -> dict[str, int]:
        """Count the "parameters", and whatever else counts, of blocks with these numbers and gains, `[blocks, ...]`.

        Silent blocks (gain 0) have none.
        """
        return {"parameters": self.parameters * int((gains != 0).sum())}

    def evaluator(self, parameters: Mapping[str, Any], gains: Any, rate: int, sample_count: int) -> "Evaluator | None":
        """The function of a whole sound in numpy; None where the network is evaluated by the module of `build`.

        `parameters [blocks, ...]` and `gains [blocks]` are arrays; the sound has `sample_count` samples at `rate` Hz.
        """
        return None

    @classmethod
    def stored_fields(cls) -> "tuple[Field[Any], ...]":
        """The fields that a stream holds, in order; `channels` is stored by the container itself."""
        return tuple(f for f in fields(cls) if f.metadata.get("stored", True) and f.name != "channels")


def check_range(name: str, value: float, low: float, high: float) -> None:
    """Raise `SettingsError` unless `low <= value <= high`."""
    if not low <= value <= high:
        raise SettingsError(f"{name} must lie between {low} and {high}, got {value}")


class Evaluator(Protocol):
    """A sound as a function of seconds from its start; 0 outside of it."""

    def at(self, seconds: "NDArray[np.float64]") -> "NDArray[np.float32]":
        """Amplitudes `[channels, n]` at `seconds [n]`, in any order."""
        ...

    def evenly(self, first: float, step: float, count: int) -> "NDArray[np.float32]":
        """Amplitudes `[channels, count]` at `first` + n `step` seconds."""
        ...

    def derivative(self, seconds: "NDArray[np.float64]", order: int) -> "NDArray[np.float64]":
        """The derivative of this order at `seconds [n]`, `[channels, n]`, per second^order."""
        ...


@runtime_checkable
class LinearOutput(Protocol):
    """A stacked module whose output is linear in `features`, so that its last layer has a closed form."""

    def features(self, coordinates: "Tensor", dtype: Any = None) -> "Tensor":
        """Coordinates to what the output layer sees, `[blocks, n, width]`."""
        ...


@runtime_checkable
class ManyHeads(Protocol):
    """A stacked module that says the sound several times; each head is fitted to all of it (Siamese SIREN)."""

    def heads(self, coordinates: "Tensor", dtype: Any = None) -> "Tensor":
        """Amplitudes of every head, `[heads, blocks, n, channels]`."""
        ...

    def sound(self, heads: "Tensor") -> "Tensor":
        """The sound, `[blocks, n, channels]`, of what `heads` says: what the module itself gives."""
        ...
