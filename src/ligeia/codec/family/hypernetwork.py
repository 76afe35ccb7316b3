"""Settings of a network that writes all numbers of a sine network, which the thesis had to leave out (§4.3, §A.2)."""

from dataclasses import dataclass
from math import prod
from typing import ClassVar

from ligeia.codec.family.film import MAX_LAYERS, MAX_WIDTH, dense_shapes
from ligeia.codec.family.settings import DecoderSettings, require_range


@dataclass(frozen=True, kw_only=True)
class HypernetworkSettings(DecoderSettings):
    """Settings of theta = theta_0 + psi(z), theta all numbers of sin(omega_k (W_k h + b_k)) layers and a linear output.

    The defaults have 786 815 numbers.
    """

    kind: ClassVar[str] = "hypernetwork"

    widths: tuple[int, ...] = (64, 64, 64)
    """Units of each hidden layer of the written network."""
    mapping_width: int = 87
    """Units in each hidden layer of the network that writes."""
    mapping_layers: int = 3
    """Its hidden layers."""
    first_omega: float = 1760.0
    """Frequency factor of the first layer."""
    hidden_omega: float = 30.0
    """Frequency factor of the other layers."""
    spread: float = 0.25
    """Radians by which codes of unit variance turn the phases of each layer at the start."""

    def check(self) -> None:
        """Raise `InputError` where a setting is out of range."""
        require_range("the number of widths", len(self.widths), 1, MAX_LAYERS)
        for width in (*self.widths, self.mapping_width):
            require_range("a width", width, 1, MAX_WIDTH)
        require_range("mapping_layers", self.mapping_layers, 0, MAX_LAYERS)
        require_range("first_omega", self.first_omega, 1e-9, 1e9)
        require_range("hidden_omega", self.hidden_omega, 1e-9, 1e9)
        require_range("spread", self.spread, 0, 1e3)

    def omega(self, layer: int) -> float:
        """The frequency factor of a layer; that of the output is 1."""
        return 1.0 if layer == len(self.widths) else self.first_omega if layer == 0 else self.hidden_omega

    def written(self) -> dict[str, tuple[int, ...]]:
        """`weight_k [inputs, outputs]` and `bias_k [outputs]` of the written network."""
        return dense_shapes((1, *self.widths, 1))

    def mapping_sizes(self) -> tuple[int, ...]:
        """Inputs of the writing network's layers, and its outputs: the written numbers in order."""
        numbers = sum(prod(shape) for shape in self.written().values())
        return (self.code, *(self.mapping_width,) * self.mapping_layers, numbers)

    def shapes(self, samples: int = 0) -> dict[str, tuple[int, ...]]:
        """`map_weight_k [inputs, outputs]`, `map_bias_k`; the last bias is theta_0."""
        return dense_shapes(self.mapping_sizes(), "map_")
