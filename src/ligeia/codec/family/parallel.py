"""Settings of several narrow FiLM-conditioned sine networks whose outputs are summed (Zuiderveld 2021, §7.2)."""

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from ligeia.codec.family.film import MAX_LAYERS, MAX_WIDTH, dense_shapes
from ligeia.codec.family.settings import DecoderSettings, require_range


@dataclass(frozen=True, kw_only=True)
class ParallelSettings(DecoderSettings):
    """Settings of f = f_1 + f_2 + ..., each h_k = sin((omega_k + gamma) W_k h_(k-1) + b_k + beta) and a linear output.

    Each network has gamma and beta of its own, which its layers share, and at the start a band of frequencies of its
    own: equal parts of 0 to `first_omega`. The defaults have 783 233 numbers.
    """

    kind: ClassVar[str] = "parallel"

    networks: int = 8
    """Networks in parallel."""
    width: int = 92
    """Units of each layer of each network."""
    depth: int = 4
    """Sine layers."""
    mapping_width: int = 256
    """Units in each hidden layer of the mapping network."""
    mapping_layers: int = 3
    """Hidden layers of the mapping network."""
    first_omega: float = 6000.0
    """The highest first frequency at the start, in radians per unit of the coordinate."""
    hidden_omega: float = 245.0
    """Frequency factor of the other layers."""

    def check(self) -> None:
        """Raise `InputError` where a setting is out of range."""
        require_range("networks", self.networks, 1, 256)
        require_range("width", self.width, 1, MAX_WIDTH)
        require_range("depth", self.depth, 1, MAX_LAYERS)
        require_range("mapping_width", self.mapping_width, 1, MAX_WIDTH)
        require_range("mapping_layers", self.mapping_layers, 0, MAX_LAYERS)
        require_range("first_omega", self.first_omega, 1e-9, 1e9)
        require_range("hidden_omega", self.hidden_omega, 1e-9, 1e9)

    def omegas(self, layer: int) -> tuple[float, ...]:
        """The frequency factor of a layer of each network: in the first one the upper end of its band."""
        step = self.first_omega / self.networks
        return tuple(step * (m + 1) if layer == 0 else self.hidden_omega for m in range(self.networks))

    def mapping_sizes(self) -> tuple[int, ...]:
        """Inputs of the mapping network's layers, and its outputs: gamma of all networks, then beta."""
        return (self.code, *(self.mapping_width,) * self.mapping_layers, 2 * self.networks * self.width)

    def shapes(self, samples: int = 0) -> dict[str, tuple[int, ...]]:
        """`map_..._k`; `weight_k [networks, inputs, outputs]`, `bias_k [networks, outputs]`, and one `output_bias`."""
        shapes = dense_shapes(self.mapping_sizes(), "map_")
        for k, (inputs, outputs) in enumerate(pairwise((1, *(self.width,) * self.depth))):
            shapes |= {f"weight_{k}": (self.networks, inputs, outputs), f"bias_{k}": (self.networks, outputs)}
        return shapes | {"output_weight": (self.networks, self.width, 1), "output_bias": (1,)}
