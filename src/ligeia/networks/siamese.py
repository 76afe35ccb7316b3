"""Siamese SIREN: a sine network that ends in twin heads (Lanzendörfer and Wattenhofer 2023)."""

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from ligeia.networks.formula import dense_shapes, uniform
from ligeia.networks.headed import Headed
from ligeia.networks.siren import MAX_DEPTH, MAX_OCTAVES, MAX_WIDTH, encoded_size
from ligeia.networks.spec import check_range

if TYPE_CHECKING:
    from typing import Self

    import torch
    from torch import Generator, Tensor

    from ligeia.networks.formula import Numbers

MAX_HEADS = 16


@dataclass(frozen=True, kw_only=True)
class Twins(Headed):
    """What Siamese SIREN and its variant have in common: sine layers that all heads share, and the heads."""

    shared_width: int = 256
    """Units in each shared layer."""
    shared_depth: int = 2
    """Shared sine layers; 0: the heads have nothing in common but the encoding."""
    head_width: int = 128
    """Units in each layer of a head."""
    head_depth: int = 1
    """Layers of a head before its linear output."""
    heads: int = 2
    """How many heads there are; 1 is a plain SIREN."""
    average: bool = False
    """Whether the sound is the mean of the heads (ours), or head 0 alone (the paper)."""
    first_omega: float = 100.0
    """Frequency factor omega of the first shared layer."""
    hidden_omega: float = 100.0
    """Frequency factor omega of all other sine layers."""
    octaves: int = 16
    """Octaves of the positional encoding, sines and cosines by turns; 0: the network sees the coordinate itself."""
    with_coordinate: bool = True
    """Whether the encoding includes the coordinate itself."""
    closed: bool = False
    """Closed coordinate grid (last sample at +1) instead of the half-open one."""

    def check(self) -> None:
        """Raise `InputError` where a field is out of range."""
        check_range("channels", self.channels, 1, 256)
        check_range("shared_width", self.shared_width, 1, MAX_WIDTH)
        check_range("shared_depth", self.shared_depth, 0, MAX_DEPTH)
        check_range("head_width", self.head_width, 1, MAX_WIDTH)
        check_range("head_depth", self.head_depth, 1, MAX_DEPTH)
        check_range("heads", self.heads, 1, MAX_HEADS)
        check_range("octaves", self.octaves, 0, MAX_OCTAVES)
        for name in ("first_omega", "hidden_omega"):
            check_range(name, getattr(self, name), 1e-9, 1e9)

    @property
    def closed_grid(self) -> bool:
        """Whether the last sample sits at coordinate +1."""
        return self.closed

    @property
    def head_count(self) -> int:
        """How many heads there are."""
        return self.heads

    @property
    def averaged(self) -> bool:
        """Whether the sound is the mean of the heads."""
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
        """Whether the columns of a parameter are divided among the heads."""
        return self.part(parameter) == "output" or int(parameter.rsplit("_", 1)[1]) >= self.shared_depth

    def alone(self) -> "Self":
        """The same network with one head."""
        return replace(self, heads=1)

    def omega(self, layer: int) -> float:
        """The frequency factor of sine layer `layer`."""
        return self.first_omega if layer == 0 and self.shared_depth else self.hidden_omega

    def start(self, generator: "Generator", blocks: int) -> "dict[str, Tensor]":
        """As the authors' code: weights U(±sqrt(6 / inputs) / omega), biases as PyTorch's, U(±1 / sqrt(inputs)).

        The first layer starts in the same way where it sees an encoding, else with U(±1 / inputs).
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
        from ligeia.networks.encodings import encode_octaves

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
    an estimate of the noise that they add (`enhance.noise_estimate`, the paper's eq. 4). Every sine layer is sin(omega
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
