"""Networks that are written as a formula: one file says the fields, the shapes, the start, and what the layers do.

A subclass of `Formula` needs torch only inside its methods, so that a stream's header can be read without it.
"""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from ligeia.networks.spec import NetworkSpec, Part

if TYPE_CHECKING:
    import torch
    from torch import Generator, Tensor

    from ligeia.networks.stacked import StackedNet

    Numbers = Mapping[str, Tensor]


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
        """What the output layer sees, `[blocks or 1, n, features]`, at `coordinates [blocks or 1, n]`.

        First-layer phases belong in the precision of the coordinates; products of hidden layers in `dtype`.
        """

    def part(self, parameter: str) -> Part:
        """ "first" for layer 0, "output" for the output layer, "hidden" for all else."""
        if parameter.startswith("output_"):
            return "output"
        return "first" if parameter.endswith("_0") else "hidden"

    def build(self, *, blocks: int = 1, seed: int = 0) -> "StackedNet":
        """A freshly initialised stack of `blocks` networks."""
        from torch import Generator

        from ligeia.networks.stacked import StackedNet

        return StackedNet(self, self.start(Generator().manual_seed(seed), blocks))


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
