"""A member of a conditional family as a network of its own: sines or ReLU, a joined coordinate, gamma and beta."""

from dataclasses import dataclass
from math import pi, sqrt
from typing import TYPE_CHECKING, ClassVar

from ligeia.networks.formula import Formula, dense_shapes, output_shapes, uniform
from ligeia.networks.siren import MAX_DEPTH, MAX_WIDTH
from ligeia.networks.spec import Part

if TYPE_CHECKING:
    import torch
    from torch import Generator, Tensor

    from ligeia.networks.formula import Numbers

LARGEST = 2.0**20
"""Outputs of ReLU units beyond ± this count as this, so that phases stay finite whatever a stream holds."""
SLOPE = 0.02
"""Slope of the leaky ReLU below 0 (Zuiderveld 2021, as executed)."""
LINEAR, SINE, TANH = 0, 1, 2
"""Values of the last field, for the output."""
NOWHERE, MIDDLE, ALL = 0, 1, 2
"""Values of the field `joined`."""


@dataclass(frozen=True, kw_only=True)
class Film(Formula):
    """One function of a family of conditional networks (pi-GAN, Chan et al. 2020; Zuiderveld 2021; IM-NET 2019).

    Layer k is act(omega_k (h W_k + b_k)), or with `modulated` act((omega_k + gamma) (h W_k + b_k) + beta), where a
    layer of n units takes the first n numbers of gamma and beta. A layer to which the coordinate is joined has c_k t
    beside h W_k. Whatever conditions a network by a code (FiLM, concatenation, a hypernetwork) leaves, for one code,
    this.
    """

    name: ClassVar[str] = "film"
    wire_id: ClassVar[int] = 12
    limits: ClassVar = {
        "width": (1, MAX_WIDTH),
        "depth": (1, MAX_DEPTH),
        "last": (0, 2),
        "joined": (0, 2),
        "first_omega": (1e-9, 1e9),
        "hidden_omega": (1e-9, 1e9),
        "coordinate_scale": (1e-9, 1e9),
    }

    width: int = 64
    """Units in each hidden layer, or in the first one."""
    depth: int = 3
    """Hidden layers."""
    halving: bool = False
    """Each layer has half the units of the one before, rounded down (and one at least)."""
    first_relu: bool = False
    """The first layer has a leaky ReLU instead of a sine."""
    hidden_relu: bool = False
    """The other hidden layers have."""
    last: int = LINEAR
    """0: the output is linear in the last hidden layer; 1, 2: in one more layer, of as many units as channels, with a
    sine (1) or a tanh (2)."""
    joined: int = NOWHERE
    """The coordinate is joined to the inputs of no hidden layer (0), of the one in the middle (1), or of all but the
    first (2), which has it anyway."""
    modulated: bool = False
    """gamma and beta are parameters of their own; else they are in weights and biases."""
    first_omega: float = 1.0
    """Frequency factor of the first layer."""
    hidden_omega: float = 1.0
    """Frequency factor of the other hidden layers."""
    coordinate_scale: float = 1.0
    """Factor on the coordinate before anything else."""
    closed: bool = False
    """Closed coordinate grid (last sample at +1) instead of the half-open one."""

    def units(self) -> list[int]:
        """Units of each hidden layer."""
        return [max(1, self.width >> k) if self.halving else self.width for k in range(self.depth)]

    def is_joined(self, layer: int) -> bool:
        """True where the coordinate is joined to the input of a hidden layer."""
        return layer > 0 and (self.joined == ALL or (self.joined == MIDDLE and layer == self.depth // 2))

    def is_sine(self, layer: int) -> bool:
        """True for sines, of a hidden layer or, with the number `depth`, of the additional one."""
        if layer == self.depth:
            return self.last == SINE
        return not (self.first_relu if layer == 0 else self.hidden_relu)

    def omega(self, layer: int) -> float:
        """The frequency factor of a layer; that of the additional one is 1."""
        return 1.0 if layer == self.depth else self.first_omega if layer == 0 else self.hidden_omega

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """`gamma`, `beta` if modulated; `weight_k`, `bias_k` and, where joined, `coordinate_k`; the output layer."""
        shapes: dict[str, tuple[int, ...]] = {}
        if self.modulated:
            shapes |= {"gamma": (self.width,), "beta": (self.width,)}
        sizes = [1, *self.units(), *([self.channels] if self.last else [])]
        for k in range(len(sizes) - 1):
            shapes |= dense_shapes(sizes[k : k + 2], k)
            if k < self.depth and self.is_joined(k):
                shapes[f"coordinate_{k}"] = (sizes[k + 1],)
        return shapes | output_shapes(sizes[-1], self.channels)

    def part(self, parameter: str) -> Part:
        """ "first" also for gamma and beta, which turn phases, and for what multiplies the coordinate."""
        if parameter in ("gamma", "beta") or parameter.startswith("coordinate_"):
            return "first"
        return super().part(parameter)

    def start(self, generator: "Generator", blocks: int) -> "dict[str, Tensor]":
        """SIREN's weights, phases anywhere in the circle; ReLU layers Kaiming-uniform; gamma and beta U(±1/2)."""
        numbers: dict[str, Tensor] = {}
        for name, shape in self.shapes().items():
            numbers[name] = uniform((blocks, *shape), self._bound(name, shape), generator)
        return numbers

    def _bound(self, name: str, shape: tuple[int, ...]) -> float:
        """The bound of a parameter's uniform distribution at the start."""
        if name.startswith("output_"):
            return 0.05 if self.last == LINEAR else 1.0
        if name in ("gamma", "beta"):
            return 0.5
        kind, _, number = name.rpartition("_")
        layer = int(number)
        if kind == "coordinate":
            return 1 / self.omega(layer)
        if kind == "bias":
            return pi / self.omega(layer) if self.is_sine(layer) else shape[0] ** -0.5 / self.omega(layer)
        return 1.0 if layer == 0 else sqrt(6 / shape[0]) / self.omega(layer)

    def features(self, numbers: "Numbers", coordinates: "Tensor", dtype: "torch.dtype") -> "Tensor":
        """The last hidden layer, or the additional one behind it."""
        times = (coordinates * self.coordinate_scale).unsqueeze(-1)
        hidden = self._activated(self._phases(numbers, 0, times, times), 0).to(dtype)
        for k in range(1, self.depth + (1 if self.last else 0)):
            hidden = self._activated(self._phases(numbers, k, hidden, times), k)
        return hidden

    def _phases(self, numbers: "Numbers", k: int, hidden: "Tensor", times: "Tensor") -> "Tensor":
        """Return the input of the activation of layer k, in the precision of `hidden`.

        omega, or omega + gamma, is multiplied in where numbers are wide and few: into the weights.
        """
        import torch

        from ligeia.networks.stacked import affine

        wide = torch.promote_types(hidden.dtype, numbers[f"weight_{k}"].dtype)
        weight, bias = numbers[f"weight_{k}"].to(wide), numbers[f"bias_{k}"].to(wide)
        units = bias.shape[1]
        scale = bias.new_full((1, 1), self.omega(k))
        shift = bias.new_zeros((1, 1))
        if self.modulated and k < self.depth:
            scale = scale + numbers["gamma"][:, :units].to(wide)
            shift = numbers["beta"][:, :units].to(wide)
        bias = bias * scale + shift
        weight = weight * scale.unsqueeze(1)
        if k < self.depth and self.is_joined(k):
            joined = numbers[f"coordinate_{k}"].to(times.dtype) * scale.to(times.dtype)
            phases = affine(hidden, weight.to(hidden.dtype), bias.to(hidden.dtype))
            return torch.addcmul(phases.to(times.dtype), times, joined.unsqueeze(1)).to(hidden.dtype)
        if weight.shape[1] == 1 and k == 0:  # a product with one input is slow
            return torch.addcmul(bias.unsqueeze(1), hidden, weight)
        return affine(hidden, weight.to(hidden.dtype), bias.to(hidden.dtype))

    def _activated(self, phases: "Tensor", k: int) -> "Tensor":
        from torch.nn.functional import leaky_relu

        if self.is_sine(k):
            return phases.sin()
        if k == self.depth:
            return phases.tanh()
        return leaky_relu(phases, SLOPE).clamp(-LARGEST, LARGEST)
