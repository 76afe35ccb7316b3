"""Settings of a conditioned multiplicative filter network: one sum of sines for each code (Fathony et al. 2021)."""

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from ligeia.codec.family.film import MAX_LAYERS, MAX_WIDTH, dense_shapes
from ligeia.codec.family.settings import DecoderSettings, require_range
from ligeia.errors import InputError

Conditioned = Literal["linear", "filters", "both"]


@dataclass(frozen=True, kw_only=True)
class MultiplicativeSettings(DecoderSettings):
    """Settings of z_0 = g_0(t), z_k = (W_k z_(k-1) + b_k) g_k(t), and a linear output; g_k(t) = sin(omega_k t + phi_k).

    What the code changes is scale and shift of each layer's linear part, or frequency and phase of each filter. Unlike
    a sine of sines the function has no frequency above the sum of its filters' ones, whatever the code. The defaults
    have 790 433 numbers.
    """

    kind: ClassVar[str] = "multiplicative"

    width: int = 172
    """Units of each layer."""
    depth: int = 6
    """Filters; between them lie `depth` - 1 linear layers."""
    conditioned: Conditioned = "linear"
    """The linear parts: (1 + gamma_k) (W_k z + b_k) + beta_k; the filters: sin((omega_k + gamma_k) t + phi_k + beta_k);
    or both. Every layer has gamma and beta of its own."""
    mapping_width: int = 256
    """Units in each hidden layer of the mapping network."""
    mapping_layers: int = 3
    """Hidden layers of the mapping network."""
    reach: float = 12000.0
    """The highest frequency at the start, in radians per unit of the coordinate: the filters have U(±reach / depth), so
    that they reach it together. `networks.coordinates.hz_to_omega` gives it in Hz."""
    slant: float = 1.0
    """Exponent on the frequencies' distribution; above 1 there are more low ones than high ones."""

    def check(self) -> None:
        """Raise `InputError` where a setting is out of range."""
        require_range("width", self.width, 1, MAX_WIDTH)
        require_range("depth", self.depth, 1, MAX_LAYERS)
        require_range("mapping_width", self.mapping_width, 1, MAX_WIDTH)
        require_range("mapping_layers", self.mapping_layers, 0, MAX_LAYERS)
        require_range("reach", self.reach, 1e-9, 1e9)
        require_range("slant", self.slant, 0.1, 10)
        if self.conditioned not in get_args(Conditioned):
            raise InputError(f"conditioned must be one of {', '.join(get_args(Conditioned))}, got {self.conditioned!r}")
        if self.depth == 1 and self.conditioned == "linear":
            raise InputError("a single filter has no linear part to condition; choose conditioned = 'filters'")

    @property
    def conditions(self) -> int:
        """Pairs of gamma and beta that the mapping network makes: the linear parts' first, then the filters'."""
        linear = self.depth - 1 if self.conditioned != "filters" else 0
        return linear + (self.depth if self.conditioned != "linear" else 0)

    def mapping_sizes(self) -> tuple[int, ...]:
        """Inputs of the mapping network's layers, and its outputs: gamma and beta of one layer after another."""
        return (self.code, *(self.mapping_width,) * self.mapping_layers, self.conditions * 2 * self.width)

    def shapes(self, samples: int = 0) -> dict[str, tuple[int, ...]]:
        """`map_..._k`; `frequency_k`, `phase_k [width]`; `weight_k [width, width]`, `bias_k` from k = 1; the output."""
        shapes = dense_shapes(self.mapping_sizes(), "map_")
        for k in range(self.depth):
            if k:
                shapes |= {f"weight_{k}": (self.width, self.width), f"bias_{k}": (self.width,)}
            shapes |= {f"frequency_{k}": (self.width,), f"phase_{k}": (self.width,)}
        return shapes | {"output_weight": (self.width, 1), "output_bias": (1,)}
