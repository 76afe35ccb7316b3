"""Networks that are written as a formula: one file has the fields, the shapes, the initialisation, and the layers.

Some have several heads: each represents the whole sound, and their difference shows their error. A subclass of
`Formula` needs torch only inside its methods, so that a stream's header can be read without it.
"""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Self, TypeVar

from ligeia.networks.spec import NetworkSpec, Part

if TYPE_CHECKING:
    import torch
    from torch import Generator, Tensor

    Numbers = Mapping[str, Tensor]

Values = TypeVar("Values", bound=Any)


@dataclass(frozen=True, kw_only=True)
class Formula(NetworkSpec):
    """A network whose output layer is linear in `features`, with parameters `weight_k`, `bias_k` and any others.

    The output layer's are called `output_weight [features, channels]` and `output_bias [channels]`.
    """

    @abstractmethod
    def start(self, generator: "Generator", blocks: int) -> "dict[str, Tensor]":
        """Freshly drawn parameters `[blocks, ...]`, named and ordered as `shapes()`."""

    @abstractmethod
    def features(self, numbers: "Numbers", coordinates: "Tensor", dtype: "torch.dtype") -> "Tensor":
        """Inputs of the output layer, `[blocks or 1, n, features]`, at `coordinates [blocks or 1, n]`.

        First-layer phases belong in the precision of the coordinates; products of hidden layers in `dtype`.
        """

    def part(self, parameter: str) -> Part:
        """ "first" for layer 0, "output" for the output layer, "hidden" for all else."""
        if parameter.startswith("output_"):
            return "output"
        return "first" if parameter.endswith("_0") else "hidden"

    @property
    def module(self) -> str:
        """A stack that is `LinearOutput`."""
        return "stacked:StackedNet"


@dataclass(frozen=True, kw_only=True)
class Headed(Formula):
    """A formula with `head_count` heads side by side in the columns of some of its tensors.

    `features` gives the inputs of all their output layers, side by side; the output layer's tensors are
    `output_weight [features of one head, heads * channels]` and `output_bias [heads * channels]`.
    """

    @property
    @abstractmethod
    def head_count(self) -> int:
        """Number of heads."""

    @property
    @abstractmethod
    def averaged(self) -> bool:
        """True if the sound is the mean of the heads, false if it is the first of them."""

    @abstractmethod
    def alone(self) -> Self:
        """Return the same network with one head."""

    @abstractmethod
    def divided(self, parameter: str) -> bool:
        """True if the columns of a parameter are divided among the heads, false if all heads share it."""

    def numbers_of(self, head: int, numbers: Mapping[str, Values]) -> dict[str, Values]:
        """The arrays or tensors `[blocks, ...]` that make `alone()` the head number `head`."""

        def columns(value: Values) -> Values:
            width = value.shape[-1] // self.head_count
            part: Values = value[..., head * width : (head + 1) * width]
            return part

        return {name: columns(value) if self.divided(name) else value for name, value in numbers.items()}

    @property
    def module(self) -> str:
        """A stack that is `ManyHeads`, and so not `LinearOutput`."""
        return "stacked:HeadedNet"


def output_shapes(features: int, channels: int) -> dict[str, tuple[int, ...]]:
    """The output layer's parameters."""
    return {"output_weight": (features, channels), "output_bias": (channels,)}


def dense_shapes(sizes: list[int], first: int = 0) -> dict[str, tuple[int, ...]]:
    """`weight_k [inputs, outputs]` and `bias_k [outputs]` of layers between `sizes`, k counting from `first`."""
    shapes: dict[str, tuple[int, ...]] = {}
    for k, (inputs, outputs) in enumerate(pairwise(sizes), first):
        shapes[f"weight_{k}"] = (inputs, outputs)
        shapes[f"bias_{k}"] = (outputs,)
    return shapes


def uniform(shape: tuple[int, ...], bound: float, generator: "Generator") -> "Tensor":
    """Numbers drawn from U(-bound, bound)."""
    import torch

    return (torch.rand(shape, generator=generator) * 2 - 1) * bound


def torch_dense(shapes: Mapping[str, tuple[int, ...]], generator: "Generator", blocks: int) -> "dict[str, Tensor]":
    """Every `..weight..` and `..bias..` pair as PyTorch's linear layer starts: U(±1 / sqrt(inputs))."""
    bound = 1.0
    numbers = {}
    for name, shape in shapes.items():
        bound = shape[0] ** -0.5 if len(shape) == 2 else bound  # a bias follows its weight
        numbers[name] = uniform((blocks, *shape), bound, generator)
    return numbers
