"""Networks with several heads: each says the whole sound in its own way, and where they differ they err."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from ligeia.networks.formula import Formula

if TYPE_CHECKING:
    from typing import Self

    from torch.nn import Module


Values = TypeVar("Values", bound=Any)


@dataclass(frozen=True, kw_only=True)
class Headed(Formula):
    """A formula with `head_count` heads side by side in the columns of some of its tensors.

    `features` gives what all their output layers see, side by side; the output layer's tensors are
    `output_weight [features of one head, heads * channels]` and `output_bias [heads * channels]`.
    """

    @property
    @abstractmethod
    def head_count(self) -> int:
        """How many heads there are."""

    @property
    @abstractmethod
    def averaged(self) -> bool:
        """Whether the sound is the mean of the heads, or the first of them."""

    @abstractmethod
    def alone(self) -> "Self":
        """The same network with one head."""

    @abstractmethod
    def divided(self, parameter: str) -> bool:
        """Whether the columns of a parameter are divided among the heads; else all heads share it."""

    def numbers_of(self, head: int, numbers: Mapping[str, Values]) -> dict[str, Values]:
        """The arrays or tensors `[blocks, ...]` that make `alone()` the head number `head`."""

        def columns(value: Values) -> Values:
            width = value.shape[-1] // self.head_count
            part: Values = value[..., head * width : (head + 1) * width]
            return part

        return {name: columns(value) if self.divided(name) else value for name, value in numbers.items()}

    def build(self, *, blocks: int = 1, seed: int = 0) -> "Module":  # type: ignore[override]
        """A freshly initialised stack of `blocks` networks; its module is `ManyHeads`, and so not `LinearOutput`."""
        from torch import Generator

        from ligeia.networks.headed_net import HeadedNet

        return HeadedNet(self, self.start(Generator().manual_seed(seed), blocks))
