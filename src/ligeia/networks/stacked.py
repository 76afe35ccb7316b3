"""The stacked modules of networks that are written as a formula: every parameter has a leading block axis."""

from typing import Generic, TypeVar

import torch
from torch import Generator, Tensor
from torch.nn import Module, Parameter
from torch.nn.functional import hardtanh

from ligeia.networks.formula import Formula, Headed

MAX_ACTIVITY = 2.0**40
"""Largest output of a ReLU unit, so that the sound stays finite in single precision whatever a stream holds."""


def affine(hidden: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """x W + b of every block.

    `hidden [blocks or 1, n, inputs]`, `weight [blocks, inputs, outputs]`, `bias [blocks, outputs]`.

    Where all blocks share their inputs, one product for all is faster than one for each.
    """
    if hidden.shape[0] == weight.shape[0]:
        return torch.baddbmm(bias.unsqueeze(1), hidden, weight)
    blocks, inputs, outputs = weight.shape
    together = torch.addmm(bias.flatten(), hidden[0], weight.permute(1, 0, 2).reshape(inputs, blocks * outputs))
    return together.view(-1, blocks, outputs).transpose(0, 1)


def limited_relu(values: Tensor) -> Tensor:
    """ReLU up to `MAX_ACTIVITY`, or what the type can hold."""
    return hardtanh(
        values, 0.0, min(MAX_ACTIVITY, torch.finfo(values.dtype).max)
    )  # a fourth of what clamp takes there and back


def linear_output(hidden: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The output layer, in single precision at least: `[blocks, n, channels]`."""
    hidden = hidden.float() if hidden.dtype == torch.bfloat16 else hidden
    weight, bias = weight.to(hidden.dtype), bias.to(hidden.dtype).unsqueeze(1)
    if weight.shape[2] == 1 and hidden.requires_grad:  # a product with one column is slow in both directions
        return (hidden * weight.transpose(1, 2)).sum(2, keepdim=True) + bias
    return torch.baddbmm(bias, hidden, weight)


AnyFormula = TypeVar("AnyFormula", bound=Formula)


class _Stack(Module, Generic[AnyFormula]):
    """The parameters of `blocks` networks of one shape.

    The number of blocks is read from the parameters at each call, so that `torch.func.functional_call`
    with a subset of the blocks works on the same module.
    """

    def __init__(self, spec: AnyFormula, *, blocks: int, seed: int) -> None:
        super().__init__()
        self.spec = spec
        for name, value in spec.start(Generator().manual_seed(seed), blocks).items():
            self.register_parameter(name, Parameter(value))

    def numbers(self) -> dict[str, Tensor]:
        """The parameters by name."""
        # Not get_parameter: under functional_call these are plain tensors.
        return {name: getattr(self, name) for name in self.spec.shapes()}


class StackedNet(_Stack[Formula]):
    """`blocks` networks of one shape: coordinates `[blocks, n]` or `[1, n]` to amplitudes `[blocks, n, channels]`."""

    def forward(self, coordinates: Tensor, dtype: torch.dtype | None = None) -> Tensor:
        """Amplitudes; `dtype` (default: that of the coordinates) is that of the hidden layers' products."""
        numbers = self.numbers()
        return linear_output(self.features(coordinates, dtype), numbers["output_weight"], numbers["output_bias"])

    def features(self, coordinates: Tensor, dtype: torch.dtype | None = None) -> Tensor:
        """Inputs of the output layer: `[blocks, n, features]` in `dtype`."""
        numbers = self.numbers()
        features = self.spec.features(numbers, coordinates, dtype or coordinates.dtype)
        return features.expand(numbers["output_weight"].shape[0], -1, -1)  # what all blocks share is computed once


class HeadedNet(_Stack[Headed]):
    """`blocks` networks of several heads: coordinates, as in `StackedNet`, to amplitudes `[blocks, n, channels]`."""

    def forward(self, coordinates: Tensor, dtype: torch.dtype | None = None) -> Tensor:
        """The sound: the mean of the heads, or the first one alone, whichever the spec says."""
        if self.spec.averaged:
            return self.sound(self.heads(coordinates, dtype))
        numbers = self.spec.numbers_of(0, self.numbers())
        features = self.spec.alone().features(numbers, coordinates, dtype or coordinates.dtype)
        return linear_output(features, numbers["output_weight"], numbers["output_bias"])

    def heads(self, coordinates: Tensor, dtype: torch.dtype | None = None) -> Tensor:
        """Amplitudes of every head, `[heads, blocks, n, channels]`; `dtype` as in `forward`."""
        numbers, count = self.numbers(), self.spec.head_count
        features = self.spec.features(numbers, coordinates, dtype or coordinates.dtype).chunk(count, -1)
        weights, biases = numbers["output_weight"].chunk(count, -1), numbers["output_bias"].chunk(count, -1)
        return torch.stack([linear_output(*each) for each in zip(features, weights, biases, strict=True)])

    def sound(self, heads: Tensor) -> Tensor:
        """The sound `[blocks, n, channels]` of what the heads say: their mean, or what the first one says."""
        return heads.mean(0) if self.spec.averaged else heads[0]
