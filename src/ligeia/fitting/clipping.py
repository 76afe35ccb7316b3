"""Bounds on gradients, block by block: blocks are networks of their own, and one that leaps must not hold others."""

from collections.abc import Iterable

import torch
from torch.nn import Parameter

TINY = 1e-6
"""Added to norms before they divide, as `torch.nn.utils.clip_grad_norm_` does."""


@torch.no_grad()
def clip_blocks(parameters: Iterable[Parameter], limit: float) -> None:
    """Scale down the gradient of each block, over all `parameters [blocks, ...]`, to a norm of at most `limit`."""
    gradients = [value.grad for value in parameters if value.grad is not None]
    norms = torch.stack([gradient.flatten(1).square().sum(1) for gradient in gradients]).sum(0).sqrt()
    factors = (limit / (norms + TINY)).clamp(max=1.0)
    for gradient in gradients:
        gradient.mul_(factors.view(-1, *[1] * (gradient.dim() - 1)))
