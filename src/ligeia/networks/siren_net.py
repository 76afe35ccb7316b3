"""The stacked SIREN module: many sine networks of one shape, evaluated as batched products, and how they start."""

from math import pi, sqrt

import torch
from torch import Generator, Tensor
from torch.nn import Module, Parameter

from ligeia.networks.coordinates import encode_octaves
from ligeia.networks.siren import Siren
from ligeia.networks.stacked import affine, linear_output


def start_parameters(spec: Siren, *, blocks: int, seed: int) -> dict[str, Tensor]:
    """Freshly drawn parameters `[blocks, ...]`, named and ordered as `spec.shapes()`."""
    generator = Generator().manual_seed(seed)
    parameters: dict[str, Tensor] = {}
    for layer in range(1 if spec.fixed_first else 0, spec.depth + 1):
        shape = spec.shapes()[f"weight_{layer}"]
        bound = _weight_bound(spec, layer, shape[0])
        weight = _uniform((blocks, *shape), bound, generator)
        if layer < 2 and layer < spec.depth and spec.init.noise[layer]:
            weight += torch.randn(weight.shape, generator=generator) * spec.init.noise[layer]
        parameters[f"weight_{layer}"] = weight
        parameters[f"bias_{layer}"] = _start_bias(spec, layer, blocks, bound, generator)
    return parameters


def _weight_bound(spec: Siren, layer: int, inputs: int) -> float:
    init = spec.init
    if layer == 0 and init.first_like_hidden:
        return sqrt(6 / inputs) / spec.first_omega
    if layer == 0:
        return init.first_bound if init.first_bound is not None else 1 / inputs
    divisor = init.output_divisor if layer == spec.depth else init.hidden_divisor
    gain = 1.0 if layer == spec.depth else init.hidden_gain
    return gain * sqrt(6 / inputs) / (divisor or spec.hidden_omega)


def _start_bias(spec: Siren, layer: int, blocks: int, bound: float, generator: Generator) -> Tensor:
    inputs, outputs = spec.shapes()[f"weight_{layer}"]
    shape = (blocks, outputs)
    rule, is_output = spec.init.bias, layer == spec.depth
    if rule == "weight_bound":
        return _uniform(shape, bound, generator)
    if rule == "two_pi" and not is_output:
        return torch.rand(shape, generator=generator) * 2 * pi
    if rule == "half_turn":
        return torch.zeros(shape) if is_output else _uniform(shape, pi / spec.omega(layer), generator)
    return _uniform(shape, 1 / sqrt(inputs), generator)


def _uniform(shape: tuple[int, ...], bound: float, generator: Generator) -> Tensor:
    return (torch.rand(shape, generator=generator) * 2 - 1) * bound


def fixed_layer(units: int, bound: float) -> tuple[Tensor, Tensor]:
    """Weights `[1, 1, units]` and biases `[1, units]` of a fixed first layer, float64 (FORMAT.md §7).

    The weights are `bound` (i + r_i) / units, one in each of `units` equal steps, and the biases are phases anywhere
    in the circle; the fractions come from a 64-bit linear congruential generator, so that every machine finds the
    same. Evenly spaced weights would not do: all units together would repeat within the block.
    """
    fractions = _fractions(2 * units)
    weights = [bound * (i + r) / units for i, r in enumerate(fractions[:units])]
    biases = [2 * pi * r for r in fractions[units:]]
    return torch.tensor([[weights]], dtype=torch.float64), torch.tensor([biases], dtype=torch.float64)


def _fractions(count: int) -> list[float]:
    """`count` numbers in [0, 1): the upper 32 bits of x <- a x + c modulo 2^64 (Knuth's MMIX constants), from x = 1."""
    state, fractions = 1, []
    for _ in range(count):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        fractions.append((state >> 32) / 2**32)
    return fractions


class SirenNet(Module):
    """`blocks` SIRENs: coordinates `[blocks, n]` or `[1, n]` in [-1, 1] to amplitudes `[blocks, n, channels]`.

    The number of blocks is read from the parameters at each call, so that `torch.func.functional_call`
    with a subset of the blocks works on the same module.
    """

    def __init__(self, spec: Siren, *, blocks: int, seed: int) -> None:
        super().__init__()
        self.spec = spec
        for name, value in start_parameters(spec, blocks=blocks, seed=seed).items():
            self.register_parameter(name, Parameter(value))
        if spec.fixed_first:
            weight, bias = fixed_layer(spec.first_units, spec.fixed_first)
            self.register_buffer("weight_0", weight, persistent=False)
            self.register_buffer("bias_0", bias, persistent=False)

    def forward(self, coordinates: Tensor, dtype: torch.dtype | None = None) -> Tensor:
        """Amplitudes; `dtype` (default: that of the coordinates) is that of the hidden layers' products.

        The phases of the first layer reach thousands of radians, so they are computed in the precision of
        the coordinates, and the output layer in single precision at least.
        """
        return linear_output(self.features(coordinates, dtype), *self._numbers(self.spec.depth))

    def features(self, coordinates: Tensor, dtype: torch.dtype | None = None) -> Tensor:
        """Inputs of the output layer: `[blocks, n, width]` in `dtype`."""
        hidden = torch.sin(self._first_phases(coordinates)).to(dtype or coordinates.dtype)
        for layer in range(1, self.spec.depth):
            hidden = torch.sin(self._phases(layer, hidden))
        hidden = hidden.expand(self._numbers(self.spec.depth)[0].shape[0], -1, -1)  # one fixed layer alone is shared
        return hidden * self.spec.hidden_omega if self.spec.output_omega else hidden

    def _first_phases(self, coordinates: Tensor) -> Tensor:
        spec = self.spec
        if spec.octaves:
            encoded = encode_octaves(
                coordinates * spec.coordinate_scale,
                spec.octaves,
                with_coordinate=spec.with_coordinate,
                order="grouped" if spec.grouped_encoding else "interleaved",
            )
            return self._phases(0, encoded)
        weight, bias = self._scaled(0, coordinates.dtype)
        return torch.addcmul(bias.unsqueeze(1), (coordinates * spec.coordinate_scale).unsqueeze(-1), weight)

    def _phases(self, layer: int, hidden: Tensor) -> Tensor:
        return affine(hidden, *self._scaled(layer, hidden.dtype))

    def _scaled(self, layer: int, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """Weight and bias of a sine layer with its omega multiplied in: omega (W x + b) = (omega W) x + omega b."""
        omega = self.spec.omega(layer)
        weight, bias = self._numbers(layer)
        if omega != 1.0:
            wide = torch.promote_types(dtype, weight.dtype)
            weight, bias = weight.to(wide), bias.to(wide)
            weight = weight * omega
            bias = bias * omega if self.spec.omega_on_bias else bias
        return weight.to(dtype), bias.to(dtype)

    def _numbers(self, layer: int) -> tuple[Tensor, Tensor]:
        # Not get_parameter: under functional_call these are plain tensors.
        return getattr(self, f"weight_{layer}"), getattr(self, f"bias_{layer}")
