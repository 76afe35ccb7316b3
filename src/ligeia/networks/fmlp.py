"""FMLP: octaves of the coordinate, then a ReLU network (Fourier-mapped MLP; Tancik et al. 2020, HyperSound 2023)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ligeia.networks.formula import Formula, dense_shapes, output_shapes, uniform
from ligeia.networks.siren import MAX_DEPTH, MAX_OCTAVES, MAX_WIDTH, encoded_size

if TYPE_CHECKING:
    import torch
    from torch import Generator, Tensor

    from ligeia.networks.formula import Numbers


@dataclass(frozen=True, kw_only=True)
class Fmlp(Formula):
    """Fourier-mapped MLP: sines and cosines of 2^i pi t, `depth` ReLU layers of `width` units, a linear output.

    HyperSound's has 10 octaves, all sines before all cosines, no coordinate, 5 layers of 90 units, the closed grid.
    """

    name: ClassVar[str] = "fmlp"
    wire_id: ClassVar[int] = 2
    limits: ClassVar = {
        "width": (1, MAX_WIDTH),
        "depth": (1, MAX_DEPTH),
        "octaves": (0, MAX_OCTAVES),
    }

    width: int = 90
    """Units in each hidden layer."""
    depth: int = 5
    """Hidden (ReLU) layers."""
    octaves: int = 10
    """Octaves of the encoding: 2^i / T Hz in a block of T seconds."""
    with_coordinate: bool = False
    """Include the coordinate itself in the encoding."""
    grouped_encoding: bool = True
    """Encoding order: all sines, then all cosines (True), or interleaved (False)."""
    closed: bool = False
    """Closed coordinate grid (last sample at +1) instead of the half-open one."""

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """`weight_k`, `bias_k` for k = 0 to `depth` - 1, then the output layer."""
        inputs = encoded_size(self.octaves, with_coordinate=self.with_coordinate)
        return dense_shapes([inputs, *[self.width] * self.depth]) | output_shapes(self.width, self.channels)

    def start(self, generator: "Generator", blocks: int) -> "dict[str, Tensor]":
        """Kaiming-uniform weights, U(±sqrt(6 / inputs)), as suits a ReLU network; zero biases."""
        import torch

        numbers = {}
        for name, shape in self.shapes().items():
            if len(shape) == 2:
                numbers[name] = uniform((blocks, *shape), (6 / shape[0]) ** 0.5, generator)
            else:
                numbers[name] = torch.zeros((blocks, *shape))
        return numbers

    def features(self, numbers: "Numbers", coordinates: "Tensor", dtype: "torch.dtype") -> "Tensor":
        """The last ReLU layer."""
        from ligeia.networks.coordinates import Order, encode_octaves
        from ligeia.networks.stacked import affine, limited_relu

        order: Order = "grouped" if self.grouped_encoding else "interleaved"
        hidden = encode_octaves(coordinates, self.octaves, with_coordinate=self.with_coordinate, order=order).to(dtype)
        for k in range(self.depth):
            hidden = limited_relu(affine(hidden, numbers[f"weight_{k}"].to(dtype), numbers[f"bias_{k}"].to(dtype)))
        return hidden
