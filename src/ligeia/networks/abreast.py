"""Several small networks abreast: each tensor holds its share of every one of them, side by side in its columns.

With two indices for each tensor they are stored as any network is: a scale for each unit, whichever network it is in.
"""

from collections.abc import Mapping
from math import pi, sqrt
from typing import TYPE_CHECKING

from ligeia.networks.formula import uniform

if TYPE_CHECKING:
    import torch
    from torch import Generator, Tensor

OUTPUT_DIVISOR = 30.0
"""Output weights start this much smaller than hidden ones: the sound at first is near silence."""


def apart(together: "Tensor", count: int) -> "Tensor":
    """`[blocks, rows, count * units]`, networks side by side, to `[blocks * count, rows, units]`, one after another."""
    blocks, rows, columns = together.shape
    split = together.reshape(blocks, rows, count, columns // count)
    return split.transpose(1, 2).reshape(blocks * count, rows, columns // count)


def abreast(each: "Tensor", count: int) -> "Tensor":
    """Inverse of `apart`."""
    networks, rows, units = each.shape
    split = each.reshape(networks // count, count, rows, units)
    return split.transpose(1, 2).reshape(networks // count, rows, count * units)


def sine_layer(hidden: "Tensor", weight: "Tensor", bias: "Tensor", omega: float = 1.0) -> "Tensor":
    """sin(omega (x W + b)) of every network: `hidden [networks or 1, n, inputs]` to `[networks, n, units]`."""
    import torch

    from ligeia.networks.stacked import affine

    if omega != 1.0:  # in the wider of the two precisions: first omegas are large
        wide = torch.promote_types(hidden.dtype, weight.dtype)
        weight, bias = weight.to(wide) * omega, bias.to(wide) * omega
    weight, bias = weight.to(hidden.dtype), bias.to(hidden.dtype)
    if weight.shape[1] == 1:  # a product with one input is slow
        return torch.addcmul(bias.unsqueeze(1), hidden, weight).sin()
    return affine(hidden, weight, bias).sin()


def layer_apart(numbers: "Mapping[str, Tensor]", layer: int, count: int) -> "tuple[Tensor, Tensor]":
    """Weight `[blocks * count, inputs, units]` and bias `[blocks * count, units]` of a layer of every network."""
    bias = apart(numbers[f"bias_{layer}"].unsqueeze(1), count).squeeze(1)
    return apart(numbers[f"weight_{layer}"], count), bias


def sine_chains(numbers: "Mapping[str, Tensor]", inputs: "Tensor", count: int, dtype: "torch.dtype") -> "Tensor":
    """The last sine layer of `count` networks for each block, one after another: `[blocks * count, n, units]`.

    `inputs [blocks * count or 1, n]` are their coordinates; the layers are `weight_k`, `bias_k` of `numbers`.
    """
    hidden = inputs.unsqueeze(-1)
    for k in range(sum(name.startswith("weight_") for name in numbers)):
        hidden = sine_layer(hidden, *layer_apart(numbers, k, count)).to(dtype)
    return hidden


def chain_shapes(width: int, depth: int, count: int) -> dict[str, tuple[int, ...]]:
    """The sine layers of `count` networks abreast: `weight_k`, `bias_k` for k = 0 to `depth` - 1."""
    shapes: dict[str, tuple[int, ...]] = {}
    for k in range(depth):
        shapes[f"weight_{k}"] = (width if k else 1, count * width)
        shapes[f"bias_{k}"] = (count * width,)
    return shapes


def start_chains(
    shapes: Mapping[str, tuple[int, ...]], bands: list[tuple[float, float]], blocks: int, generator: "Generator"
) -> "dict[str, Tensor]":
    """Freshly drawn `shapes`: sine networks abreast whose first weights lie in `bands`, one of them for each network.

    First weights: one in each of equal steps of the band, at a random place in it. Hidden weights: U(±sqrt(6 /
    inputs)); output weights: a thirtieth of that; phases: anywhere in the circle; output biases: 0.
    """
    import torch

    numbers = {}
    for name, shape in shapes.items():
        bound = sqrt(6 / shape[0])
        if name == "weight_0":
            numbers[name] = _first_weights(shape[1] // len(bands), bands, blocks, generator)
        elif name == "output_bias":
            numbers[name] = torch.zeros((blocks, *shape))
        elif name == "output_weight":
            numbers[name] = uniform((blocks, *shape), bound / OUTPUT_DIVISOR, generator)
        else:
            numbers[name] = uniform((blocks, *shape), pi if name.startswith("bias") else bound, generator)
    return numbers


def _first_weights(units: int, bands: list[tuple[float, float]], blocks: int, generator: "Generator") -> "Tensor":
    """`[blocks, 1, bands * units]`."""
    import torch

    steps = torch.arange(units) + torch.rand((blocks, 1, len(bands), units), generator=generator)
    low, high = torch.tensor(bands, dtype=torch.float32).unsqueeze(-1).unbind(1)
    return (low + (high - low) * steps / units).flatten(2)
