"""The mapping network: what conditions a function, made of a code."""

from itertools import pairwise
from math import sqrt

import torch
from torch import Generator, Tensor
from torch.nn import Module
from torch.nn.functional import leaky_relu

SLOPE = 0.2
"""Slope of the leaky ReLU of the mapping network."""
LAST_FACTOR = 0.25
"""Factor on the weights of its last layer at the start (Chan et al. 2020, as executed)."""


def start_mapping(sizes: tuple[int, ...], generator: Generator, *, last: float = LAST_FACTOR) -> dict[str, Tensor]:
    """`map_weight_k [inputs, outputs]` and `map_bias_k` between `sizes`, freshly drawn.

    Kaiming-normal, fan-in, for a leaky ReLU of slope 0.2, the last layer's `last` of that; biases as PyTorch's.
    """
    numbers = {}
    for k, (inputs, outputs) in enumerate(pairwise(sizes)):
        deviation = sqrt(2 / (1 + SLOPE**2) / inputs)
        factor = last if k == len(sizes) - 2 else 1.0
        numbers[f"map_weight_{k}"] = torch.randn(inputs, outputs, generator=generator) * (deviation * factor)
        numbers[f"map_bias_{k}"] = (torch.rand(outputs, generator=generator) * 2 - 1) * inputs**-0.5
    return numbers


def mapped(module: Module, codes: Tensor, layers: int) -> Tensor:
    """Return the output of the `layers` of a module's mapping network for `codes [items, numbers]`."""
    hidden = codes
    for k in range(layers):
        hidden = torch.addmm(getattr(module, f"map_bias_{k}"), hidden, getattr(module, f"map_weight_{k}"))
        hidden = leaky_relu(hidden, SLOPE) if k < layers - 1 else hidden
    return hidden
