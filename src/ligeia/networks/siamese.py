"""Siamese SIREN: a sine network that ends in twin heads (Lanzendörfer and Wattenhofer 2023)."""

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Self

from ligeia.networks.formula import Headed, dense_shapes, uniform
from ligeia.networks.siren import MAX_DEPTH, MAX_OCTAVES, MAX_WIDTH, encoded_size

if TYPE_CHECKING:
    import torch
    from torch import Generator, Tensor

    from ligeia.networks.formula import Numbers


MAX_HEADS = 16


@dataclass(frozen=True, kw_only=True)
class Twins(Headed):
    """Siamese SIREN and its variant: sine layers that all heads share, and the heads."""

    limits: ClassVar = {
        "first_omega": (1e-9, 1e9),
        "hidden_omega": (1e-9, 1e9),
        "shared_width": (1, MAX_WIDTH),
        "shared_depth": (0, MAX_DEPTH),
        "head_width": (1, MAX_WIDTH),
        "head_depth": (1, MAX_DEPTH),
        "heads": (1, MAX_HEADS),
        "octaves": (0, MAX_OCTAVES),
    }

    shared_width: int = 256
    """Units in each shared layer."""
    shared_depth: int = 2
    """Shared sine layers; 0: the heads have nothing in common but the encoding."""
    head_width: int = 128
    """Units in each layer of a head."""
    head_depth: int = 1
    """Layers of a head before its linear output."""
    heads: int = 2
    """Number of heads; 1 is a plain SIREN."""
    average: bool = False
    """True: the sound is the mean of the heads (ours); false: it is head 0 alone (the paper)."""
    first_omega: float = 100.0
    """Frequency factor omega of the first shared layer."""
    hidden_omega: float = 100.0
    """Frequency factor omega of all other sine layers."""
    octaves: int = 16
    """Octaves of the positional encoding, sines and cosines by turns; 0: the network sees the coordinate itself."""
    with_coordinate: bool = True
    """Include the coordinate itself in the encoding."""
    closed: bool = False
    """Closed coordinate grid (last sample at +1) instead of the half-open one."""

    @property
    def head_count(self) -> int:
        """Number of heads."""
        return self.heads

    @property
    def averaged(self) -> bool:
        """True if the sound is the mean of the heads."""
        return self.average

    @property
    @abstractmethod
    def trunk(self) -> list[int]:
        """Units in each of the shared layers."""

    @abstractmethod
    def head_layer(self, hidden: "Tensor", weight: "Tensor", bias: "Tensor") -> "Tensor":
        """One layer of the heads: `hidden [networks or 1, n, inputs]` to `[networks, n, units]`."""

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """`weight_k`, `bias_k` of the shared layers, then of the heads' layers, side by side, then of their outputs."""
        sizes = [encoded_size(self.octaves, with_coordinate=self.with_coordinate), *self.trunk]
        shapes = dense_shapes(sizes)
        for k in range(self.shared_depth, self.shared_depth + self.head_depth):
            inputs = sizes[-1] if k == self.shared_depth else self.head_width
            shapes[f"weight_{k}"] = (inputs, self.heads * self.head_width)
            shapes[f"bias_{k}"] = (self.heads * self.head_width,)
        shapes["output_weight"] = (self.head_width, self.heads * self.channels)
        return shapes | {"output_bias": (self.heads * self.channels,)}

    def divided(self, parameter: str) -> bool:
        """True if the columns of a parameter are divided among the heads."""
        return self.part(parameter) == "output" or int(parameter.rsplit("_", 1)[1]) >= self.shared_depth

    def alone(self) -> Self:
        """Return the same network with one head."""
        return replace(self, heads=1)

    def omega(self, layer: int) -> float:
        """The frequency factor of sine layer `layer`."""
        return self.first_omega if layer == 0 and self.shared_depth else self.hidden_omega

    def start(self, generator: "Generator", blocks: int) -> "dict[str, Tensor]":
        """Start as the authors' code does.

        Weights are U(±sqrt(6 / inputs) / omega), biases as PyTorch's, U(±1 / sqrt(inputs)). The first layer starts
        in the same way where it sees an encoding, else with U(±1 / inputs).
        """
        numbers, inputs = {}, 1
        for name, shape in self.shapes().items():
            inputs = shape[0] if len(shape) == 2 else inputs  # a bias follows its weight
            bound = self.weight_bound(name, inputs) if len(shape) == 2 else inputs**-0.5
            numbers[name] = uniform((blocks, *shape), bound, generator)
        return numbers

    def weight_bound(self, parameter: str, inputs: int) -> float:
        """The bound of the uniform distribution that weights are drawn from."""
        layer = -1 if self.part(parameter) == "output" else int(parameter.rsplit("_", 1)[1])
        if layer == 0 and not self.octaves:
            return 1 / inputs
        return float((6 / inputs) ** 0.5 / self.omega(layer))

    def features(self, numbers: "Numbers", coordinates: "Tensor", dtype: "torch.dtype") -> "Tensor":
        """The last layer of every head, side by side: `[blocks, n, heads * head_width]`."""
        from ligeia.networks.abreast import abreast, apart, layer_apart, sine_layer
        from ligeia.networks.coordinates import encode_octaves

        hidden = encode_octaves(coordinates, self.octaves, with_coordinate=self.with_coordinate, order="interleaved")
        for k in range(self.shared_depth):
            hidden = sine_layer(hidden, numbers[f"weight_{k}"], numbers[f"bias_{k}"], self.omega(k)).to(dtype)
        k = self.shared_depth  # what all heads see is one and the same: one product for all
        hidden = self.head_layer(hidden, numbers[f"weight_{k}"], numbers[f"bias_{k}"]).to(dtype)
        if self.head_depth == 1:
            return hidden
        hidden = apart(hidden, self.heads)
        for k in range(self.shared_depth + 1, self.shared_depth + self.head_depth):
            hidden = self.head_layer(hidden, *layer_apart(numbers, k, self.heads))
        return abreast(hidden, self.heads)


@dataclass(frozen=True, kw_only=True)
class Siamese(Twins):
    """Sine layers that twin heads share, and for each head sine layers and a linear output of its own.

    Both heads are fitted to the sound. They start from different numbers and so err differently: their difference is
    an estimate of the noise that they add (`denoising.siamese`, the paper's eq. 4). Every sine layer is sin(omega
    (W x + b)) (eq. 2), the first shared one with `first_omega`, all others with `hidden_omega`.

    The defaults are those of the paper's main row, 2x256 shared and 1x128 for each head: 140 546 parameters. As in its
    code, and not in its eq. 3, the encoding has 16 octaves, 33 numbers with the coordinate; the code's grid is closed.
    """

    name: ClassVar[str] = "siamese"
    wire_id: ClassVar[int] = 3

    @property
    def trunk(self) -> list[int]:
        """Units in each of the shared layers."""
        return [self.shared_width] * self.shared_depth

    def head_layer(self, hidden: "Tensor", weight: "Tensor", bias: "Tensor") -> "Tensor":
        """One layer of the heads."""
        from ligeia.networks.abreast import sine_layer

        return sine_layer(hidden, weight, bias, self.hidden_omega)


@dataclass(frozen=True, kw_only=True)
class NoiseLayer(Twins):
    """Shared sine layers, and for each head a layer of 128 ReLU units "for noise estimation" and a linear output.

    There is no published code. The report (§4.4.2) names architectures by three widths, such as 128-64-64, and says in
    one paragraph that a 128-unit layer follows the layers of Siamese SIREN, that it is common to both networks and
    serves the noise estimate, that it has ReLU instead of sines, and that it counts in the sizes but not in the names.
    Our reading: the three widths are the shared sine layers (`first_width`, `shared_width`, `last_width`), and each of
    the heads is one ReLU layer of 128 units and its linear output; the noise estimate remains the difference of the
    heads.

    The report's sizes (table 4.6) speak for this: all seven are, within a kilobyte and after a constant of 4 to 5,
    those of the dumps that Siamese SIREN's code writes for three shared layers and 128 units in each head
    (`paper_bytes`). They also show 33 inputs, where the text has 22. They cannot tell ReLU from sines, nor one such
    layer that both heads see from one for each; but two linear outputs of the same layer would have the same best
    numbers, and their difference would say nothing of the noise. Where the text is silent, on how these layers start,
    we take PyTorch's own.
    """

    name: ClassVar[str] = "siamese-relu"
    wire_id: ClassVar[int] = 4
    limits: ClassVar = {
        **Twins.limits,
        "shared_depth": (2, 64),
        "first_width": (0, MAX_WIDTH),
        "last_width": (0, MAX_WIDTH),
    }

    shared_width: int = 64
    """Units in each shared layer but those of `first_width` and `last_width`."""
    shared_depth: int = 3
    """Shared sine layers."""
    first_width: int = 128
    """Units in the first shared layer; 0: `shared_width`."""
    last_width: int = 0
    """Units in the last shared layer; 0: `shared_width`."""

    @property
    def trunk(self) -> list[int]:
        """Units in each of the shared layers."""
        between = [self.shared_width] * (self.shared_depth - 2)
        return [self.first_width or self.shared_width, *between, self.last_width or self.shared_width]

    def weight_bound(self, parameter: str, inputs: int) -> float:
        """The bound of the uniform distribution that weights are drawn from."""
        return float(inputs**-0.5) if self.divided(parameter) else super().weight_bound(parameter, inputs)

    def head_layer(self, hidden: "Tensor", weight: "Tensor", bias: "Tensor") -> "Tensor":
        """One layer of the heads."""
        from ligeia.networks.stacked import affine, limited_relu

        return limited_relu(affine(hidden, weight.to(hidden.dtype), bias.to(hidden.dtype)))
