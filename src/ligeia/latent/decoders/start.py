"""Initialisation of the layers of a conditional function, as in the code behind Zuiderveld 2021.

Sine layers are SIREN's (Sitzmann et al. 2020): first weights U(±1 / inputs), hidden ones U(±sqrt(6 / inputs) / omega),
with biases U(0, 2 pi). ReLU layers are Kaiming-normal divided by omega, with biases of 0. A linear output is
U(±sqrt(6 / inputs) / 30), with PyTorch's bias.
"""

from math import pi, sqrt

import torch
from torch import Generator, Tensor

from ligeia.latent.decoders.layers import RELU_SLOPE, Activation

OUTPUT_DIVISOR = 30.0


def uniform(shape: tuple[int, ...], bound: float, generator: Generator) -> Tensor:
    """Numbers drawn from U(-bound, bound)."""
    return (torch.rand(shape, generator=generator) * 2 - 1) * bound


def start_layer(
    shape: tuple[int, int], activation: Activation, omega: float, generator: Generator, *, first: bool = False
) -> tuple[Tensor, Tensor]:
    """Freshly drawn weight `[inputs, outputs]` and bias `[outputs]`."""
    inputs, outputs = shape
    if activation == "sine":
        weight = uniform(shape, 1 / inputs if first else sqrt(6 / inputs) / omega, generator)
        return weight, torch.rand(outputs, generator=generator) * (2 * pi)
    if activation == "relu":
        deviation = sqrt(2 / (1 + RELU_SLOPE**2) / inputs) / omega
        return torch.randn(shape, generator=generator) * deviation, torch.zeros(outputs)
    weight = uniform(shape, sqrt(6 / inputs) / OUTPUT_DIVISOR, generator)
    return weight, uniform((outputs,), inputs**-0.5, generator)


def normalised(weight: Tensor, length: Tensor | None) -> Tensor:
    """A weight `[inputs, outputs]` whose columns have these lengths (Salimans and Kingma 2016); None: as it is."""
    return weight if length is None else weight * (length / weight.norm(dim=0))
