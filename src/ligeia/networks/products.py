"""Batched products of stacked networks: every weight has a leading block axis."""

import torch
from torch import Tensor


def affine(hidden: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """x W + b of every block.

    `hidden [blocks or 1, n, inputs]`, `weight [blocks, inputs, outputs]`, `bias [blocks, outputs]`.

    Where all blocks share their inputs, one product for all is quicker than one for each.
    """
    if hidden.shape[0] == weight.shape[0]:
        return torch.baddbmm(bias.unsqueeze(1), hidden, weight)
    blocks, inputs, outputs = weight.shape
    together = torch.addmm(bias.flatten(), hidden[0], weight.permute(1, 0, 2).reshape(inputs, blocks * outputs))
    return together.view(-1, blocks, outputs).transpose(0, 1)


def linear_output(hidden: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The output layer, in single precision at least: `[blocks, n, channels]`."""
    hidden = hidden.float() if hidden.dtype == torch.bfloat16 else hidden
    weight, bias = weight.to(hidden.dtype), bias.to(hidden.dtype).unsqueeze(1)
    if weight.shape[2] == 1 and hidden.requires_grad:  # a product with one column is slow in both directions
        return (hidden * weight.transpose(1, 2)).sum(2, keepdim=True) + bias
    return torch.baddbmm(bias, hidden, weight)
