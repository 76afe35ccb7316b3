"""FMLP: octaves of the coordinate, then a ReLU network (Fourier-mapped MLP; Tancik et al. 2020, HyperSound 2023)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ligeia.networks.formula import Formula, dense_shapes, output_shapes, uniform
from ligeia.networks.siren import MAX_DEPTH, MAX_OCTAVES, MAX_WIDTH, encoded_size
from ligeia.networks.spec import check_range

if TYPE_CHECKING:
    import torch
    from torch import Generator, Tensor

    from ligeia.networks.formula import Numbers

MAX_ACTIVITY = 2.0**40
"""What a unit says at most, so that the sound stays finite in single precision whatever a stream holds."""


@dataclass(frozen=True, kw_only=True)
class Fmlp(Formula):
    """Fourier-mapped MLP: sines and cosines of 2^i pi t, `depth` ReLU layers of `width` units, a linear output.

    HyperSound's has 10 octaves, all sines before all cosines, no coordinate, 5 layers of 90 units, the closed grid.
    """

    name: ClassVar[str] = "fmlp"
    wire_id: ClassVar[int] = 2

    width: int = 90
    """Units in each hidden layer."""
    depth: int = 5
    """Hidden (ReLU) layers."""
    octaves: int = 10
    """Octaves of the encoding: 2^i / T Hz in a block of T seconds."""
    with_coordinate: bool = False
    """Whether the encoding includes the coordinate itself."""
    grouped_encoding: bool = True
    """Encoding order: all sines, then all cosines (True), or interleaved (False)."""
    closed: bool = False
    """Closed coordinate grid (last sample at +1) instead of the half-open one."""

    def check(self) -> None:
        """Raise `InputError` where a field is out of range."""
        check_range("channels", self.channels, 1, 256)
        check_range("width", self.width, 1, MAX_WIDTH)
        check_range("depth", self.depth, 1, MAX_DEPTH)
        check_range("octaves", self.octaves, 0, MAX_OCTAVES)

    @property
    def closed_grid(self) -> bool:
        """Whether the last sample sits at coordinate +1."""
        return self.closed

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """`weight_k`, `bias_k` for k = 0 to `depth` - 1, then the output layer."""
        inputs = encoded_size(self.octaves, with_coordinate=self.with_coordinate)
        return dense_shapes([inputs, *[self.width] * self.depth]) | output_shapes(self.width, self.channels)

    def start(self, generator: "Generator", blocks: int) -> "dict[str, Tensor]":
        """Kaiming-uniform weights, U(±sqrt(6 / inputs)), as a ReLU network wants them; zero biases."""
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
        from torch.nn.functional import hardtanh

        from ligeia.networks.encodings import Order, encode_octaves
        from ligeia.networks.products import affine

        order: Order = "grouped" if self.grouped_encoding else "interleaved"
        hidden = encode_octaves(coordinates, self.octaves, with_coordinate=self.with_coordinate, order=order).to(dtype)
        for k in range(self.depth):
            phase = affine(hidden, numbers[f"weight_{k}"].to(dtype), numbers[f"bias_{k}"].to(dtype))
            hidden = hardtanh(phase, 0.0, MAX_ACTIVITY)  # a fourth of what clamp takes there and back
        return hidden
