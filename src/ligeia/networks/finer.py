"""FINER: sines that turn the faster the larger their input is (Liu et al., CVPR 2024)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ligeia.networks.formula import Formula, dense_shapes, output_shapes, uniform
from ligeia.networks.siren import MAX_DEPTH, MAX_WIDTH
from ligeia.networks.spec import not_stored

if TYPE_CHECKING:
    import torch
    from torch import Generator, Tensor

    from ligeia.networks.formula import Numbers

MAX_HIDDEN_OMEGA = 1e6
"""Phases grow with the square of what a layer is given: within this they stay finite in single precision."""


@dataclass(frozen=True, kw_only=True)
class Finer(Formula):
    """Variable-periodic sines: `depth` layers sin(omega (|z| + 1) z) of z = W x + b, and a linear output layer.

    A unit turns by omega (2 |z| + 1) times the change of its z: omega radians where z is near 0, and the more the
    farther its bias is from it. The authors' code keeps |z| + 1 out of the gradient; here it is in, so that derivatives
    in time are the function's own.
    """

    name: ClassVar[str] = "finer"
    wire_id: ClassVar[int] = 5
    limits: ClassVar = {
        "width": (1, MAX_WIDTH),
        "depth": (1, MAX_DEPTH),
        "first_omega": (1e-9, 1e9),
        "hidden_omega": (1e-9, MAX_HIDDEN_OMEGA),
        "first_bias_scale": (0, 1e6),
    }

    width: int = 64
    """Units in each hidden layer."""
    depth: int = 3
    """Hidden layers, the first one included."""
    first_omega: float = 30.0
    """Frequency factor omega of the first layer; `hz_to_omega` gives it in Hz."""
    hidden_omega: float = 30.0
    """Frequency factor omega of the other hidden layers."""
    closed: bool = False
    """Closed coordinate grid (last sample at +1) instead of the half-open one."""
    first_bias_scale: float = not_stored(1.0)
    """First biases ~ U(±this): the first layer then reaches omega (2 this + 3) radians per unit of the coordinate."""

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """`weight_k`, `bias_k` for k = 0 to `depth` - 1, then the output layer."""
        return dense_shapes([1, *[self.width] * self.depth]) | output_shapes(self.width, self.channels)

    def start(self, generator: "Generator", blocks: int) -> "dict[str, Tensor]":
        """SIREN's weights: U(±1), then U(±sqrt(6 / width) / hidden_omega); later biases U(±1 / sqrt(width))."""
        weight, bias = (6 / self.width) ** 0.5 / self.hidden_omega, self.width**-0.5
        bounds = {"weight_0": 1.0, "bias_0": self.first_bias_scale}
        numbers = {}
        for name, shape in self.shapes().items():
            bound = bounds.get(name, weight if len(shape) == 2 else bias)
            numbers[name] = uniform((blocks, *shape), bound, generator)
        return numbers

    def features(self, numbers: "Numbers", coordinates: "Tensor", dtype: "torch.dtype") -> "Tensor":
        """The last sine layer."""
        hidden = self._layer(numbers, 0, coordinates.unsqueeze(-1), self.first_omega).to(dtype)
        for k in range(1, self.depth):
            hidden = self._layer(numbers, k, hidden, self.hidden_omega)
        return hidden

    @staticmethod
    def _layer(numbers: "Numbers", k: int, hidden: "Tensor", omega: float) -> "Tensor":
        from ligeia.networks.stacked import affine

        z = affine(hidden, numbers[f"weight_{k}"].to(hidden.dtype), numbers[f"bias_{k}"].to(hidden.dtype))
        return (omega * ((z.abs() + 1) * z)).sin()
