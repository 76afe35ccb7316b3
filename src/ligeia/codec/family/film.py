"""Settings of the FiLM-conditioned sine network (pi-GAN, Chan et al. 2020), with every ablation of Zuiderveld 2021."""

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar, Literal, get_args

from ligeia.codec.family.settings import DecoderSettings, require_range
from ligeia.errors import InputError

MAX_WIDTH = 4096
MAX_LAYERS = 64

Activations = Literal["sine", "sine_first", "sine_last", "relu"]
Activation = Literal["sine", "relu", "tanh", "none"]


@dataclass(frozen=True, kw_only=True)
class FilmSettings(DecoderSettings):
    """Settings of h_1 = sin((omega_1 + gamma) (W_1 t + b_1) + beta), h_k likewise with omega_h, and a linear output.

    gamma and beta are two halves of one vector that the mapping network makes of a code; all layers share them, and
    a layer of n units takes the first n numbers of each (Zuiderveld 2021, §4.6.2, as executed). The defaults have
    790 273 numbers, besides the 2049 lengths of weight normalisation, which a rendered function does not have.
    """

    kind: ClassVar[str] = "film"

    widths: tuple[int, ...] = (256,) * 8
    """Units of each hidden layer."""
    activations: Activations = "sine"
    """Sines in all hidden layers, or in the first one alone, or none; the others have ReLU, with a slope of 0.02 below
    0. "sine_last" has ReLU in all, and a sine of the output itself, which is what the thesis's code does."""
    mapping_width: int = 256
    """Units in each hidden layer of the mapping network."""
    mapping_layers: int = 3
    """Hidden layers of the mapping network, before its linear last one. The thesis's "minimal" mapping is 0."""
    first_omega: float = 1760.0
    """Frequency factor of the first layer (Zuiderveld 2021: 1760 for NSynth, 615 for Speech Commands)."""
    hidden_omega: float = 245.0
    """Frequency factor of the other layers (245 and 200)."""
    omega_on_bias: bool = True
    """True: (omega + gamma) (W x + b), as executed; False: (omega + gamma) W x + b, as equation 4.6 says."""
    weight_norm: bool = True
    """Weights are directions with lengths (Salimans and Kingma 2016), in every layer of the function, as in the
    thesis's base network; its ablations were run without, which confounds them."""
    groups: int = 0
    """Above 0: the first layer's units have factors of their own, sorted U(0, first_omega), which are let in group by
    group as the training goes on (progressive activation scaling, §5.4.2; the thesis has 8)."""
    noise: tuple[float, float] = (0.0, 0.0)
    """Standard deviations of noise added to the first and second weights at the start (`siren2_noise`)."""

    def check(self) -> None:
        """Raise `InputError` where a setting is out of range."""
        require_range("the number of widths", len(self.widths), 1, MAX_LAYERS)
        for width in (*self.widths, self.mapping_width):
            require_range("a width", width, 1, MAX_WIDTH)
        require_range("mapping_layers", self.mapping_layers, 0, MAX_LAYERS)
        require_range("first_omega", self.first_omega, 1e-9, 1e9)
        require_range("hidden_omega", self.hidden_omega, 1e-9, 1e9)
        require_range("groups", self.groups, 0, self.widths[0])
        for deviation in self.noise:
            require_range("noise", deviation, 0, 1e9)
        if self.activations not in get_args(Activations):
            raise InputError(f"activations must be one of {', '.join(get_args(Activations))}, got {self.activations!r}")

    def activation_names(self) -> tuple[Activation, ...]:
        """The activation of each hidden layer, and of the output."""
        hidden: list[Activation] = ["sine" if self.activations == "sine" else "relu"] * len(self.widths)
        if self.activations == "sine_first":
            hidden[0] = "sine"
        return (*hidden, "sine" if self.activations == "sine_last" else "none")

    def mapping_sizes(self) -> tuple[int, ...]:
        """Inputs of the mapping network's layers, and its outputs: gamma, then beta."""
        return (self.code, *(self.mapping_width,) * self.mapping_layers, 2 * max(self.widths))

    def omega(self, layer: int) -> float:
        """The frequency factor of a layer."""
        return self.first_omega if layer == 0 else self.hidden_omega

    def shapes(self, samples: int = 0) -> dict[str, tuple[int, ...]]:
        """`map_weight_k`, `map_bias_k` of the mapping network; `weight_k [inputs, outputs]`, `bias_k` of the function.

        With weight normalisation `length_k [outputs]` beside each weight, and with groups `omegas [width]`.
        """
        shapes = dense_shapes(self.mapping_sizes(), "map_")
        for k, (inputs, outputs) in enumerate(pairwise((1, *self.widths, 1))):
            shapes[f"weight_{k}"] = (inputs, outputs)
            shapes[f"bias_{k}"] = (outputs,)
            if self.weight_norm:
                shapes[f"length_{k}"] = (outputs,)
        if self.groups:
            shapes["omegas"] = (self.widths[0],)
        return shapes


def dense_shapes(sizes: tuple[int, ...], prefix: str = "") -> dict[str, tuple[int, ...]]:
    """`{prefix}weight_k [inputs, outputs]` and `{prefix}bias_k [outputs]` of layers between `sizes`."""
    shapes: dict[str, tuple[int, ...]] = {}
    for k, (inputs, outputs) in enumerate(pairwise(sizes)):
        shapes[f"{prefix}weight_{k}"] = (inputs, outputs)
        shapes[f"{prefix}bias_{k}"] = (outputs,)
    return shapes
