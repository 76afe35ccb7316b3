"""Settings of networks that see the code beside their inputs: the thesis's concatenation ablations, and IM-NET."""

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar, Literal, get_args

from ligeia.codec.family.film import MAX_LAYERS, MAX_WIDTH, dense_shapes
from ligeia.codec.family.settings import DecoderSettings, require_range
from ligeia.errors import InputError

Where = Literal["middle", "all"]


@dataclass(frozen=True, kw_only=True)
class ConcatenationSettings(DecoderSettings):
    """Settings of a sine network some of whose layers see what the mapping network makes of the code, and the time.

    Layer k is sin(omega_k (W_k (h, m(z), t) + b_k)), where the parts m(z) and t are joined to h or not; the first layer
    sees (t, m(z)). The defaults have 855 809 numbers ("middle"), or 1 250 561 ("all"), and 2049 lengths besides.
    """

    kind: ClassVar[str] = "concatenation"

    widths: tuple[int, ...] = (256,) * 8
    """Units of each hidden layer."""
    where: Where = "middle"
    """The first and the fifth layer (or the middle one of fewer than eight), or every hidden layer (thesis §5.3.1)."""
    mapping_width: int = 256
    """Units in each hidden layer of the mapping network."""
    mapping_layers: int = 3
    """Hidden layers of the mapping network, before its linear last one, which has as many outputs as a code."""
    first_omega: float = 1760.0
    """Frequency factor of the first layer."""
    hidden_omega: float = 245.0
    """Frequency factor of the other layers."""
    weight_norm: bool = True
    """Weights are directions with lengths, as in the thesis's base network; its ablations were run without."""
    apart: bool = False
    """False: weights start by the number of all inputs of a layer, as executed, so that those of the time are U(±1/257)
    in the first one: a few radians in all, whatever omega is. True: those of h and of t start as if they were alone,
    and those of the code so that they turn phases by about a radian."""

    def check(self) -> None:
        """Raise `InputError` where a setting is out of range."""
        require_range("the number of widths", len(self.widths), 1, MAX_LAYERS)
        for width in (*self.widths, self.mapping_width):
            require_range("a width", width, 1, MAX_WIDTH)
        require_range("mapping_layers", self.mapping_layers, 0, MAX_LAYERS)
        require_range("first_omega", self.first_omega, 1e-9, 1e9)
        require_range("hidden_omega", self.hidden_omega, 1e-9, 1e9)
        if self.where not in get_args(Where):
            raise InputError(f"where must be one of {', '.join(get_args(Where))}, got {self.where!r}")

    def omega(self, layer: int) -> float:
        """The frequency factor of a layer."""
        return self.first_omega if layer == 0 else self.hidden_omega

    def joined(self, layer: int) -> bool:
        """True where the code is joined to the input of a hidden layer."""
        return layer == 0 or self.where == "all" or layer == len(self.widths) // 2

    def mapping_sizes(self) -> tuple[int, ...]:
        """Inputs of the mapping network's layers, and its outputs."""
        return (self.code, *(self.mapping_width,) * self.mapping_layers, self.code)

    def shapes(self, samples: int = 0) -> dict[str, tuple[int, ...]]:
        """`map_weight_k`, `map_bias_k`; `weight_k [inputs, outputs]`, `bias_k`, and with weight norm `length_k`.

        Rows of a weight: the layer's own inputs, which are the time in the first; then the mapped code; then the time.
        """
        shapes = dense_shapes(self.mapping_sizes(), "map_")
        for k, (inputs, outputs) in enumerate(pairwise((1, *self.widths, 1))):
            extra = self.code + (k > 0) if k < len(self.widths) and self.joined(k) else 0
            shapes[f"weight_{k}"] = (inputs + extra, outputs)
            shapes[f"bias_{k}"] = (outputs,)
            if self.weight_norm:
                shapes[f"length_{k}"] = (outputs,)
        return shapes


@dataclass(frozen=True, kw_only=True)
class ImNetSettings(DecoderSettings):
    """Settings of IM-NET (Chen and Zhang 2019) without its largest layer (thesis §5.2.1): 1 208 257 numbers.

    Every hidden layer sees its input, the code and the time, and has a ReLU with a slope of 0.02; the output is a tanh.
    """

    kind: ClassVar[str] = "im_net"

    widths: tuple[int, ...] = (1024, 512, 256, 128, 64)
    """Units of each hidden layer."""
    coordinate_scale: float = 1000.0
    """Factor on the time (the thesis searched 1 to 3000)."""
    deviation: float = 0.02
    """Standard deviation of the weights at the start; biases start at 0."""

    def check(self) -> None:
        """Raise `InputError` where a setting is out of range."""
        require_range("the number of widths", len(self.widths), 1, MAX_LAYERS)
        for width in self.widths:
            require_range("a width", width, 1, MAX_WIDTH)
        require_range("coordinate_scale", self.coordinate_scale, 1e-9, 1e9)
        require_range("deviation", self.deviation, 0, 1e9)

    def shapes(self, samples: int = 0) -> dict[str, tuple[int, ...]]:
        """`weight_k [inputs, outputs]` and `bias_k`; rows of a weight: own inputs, code, time (in the first: time)."""
        shapes: dict[str, tuple[int, ...]] = {}
        for k, (inputs, outputs) in enumerate(pairwise((1, *self.widths, 1))):
            extra = self.code + (k > 0) if k < len(self.widths) else 0
            shapes[f"weight_{k}"] = (inputs + extra, outputs)
            shapes[f"bias_{k}"] = (outputs,)
        return shapes
