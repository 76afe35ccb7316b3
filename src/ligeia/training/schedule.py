"""Schedules: factors on the peak learning rates and on the weight penalty, as functions of the fraction of the run."""

from collections.abc import Iterable
from math import cos, pi

import torch
from torch.nn import Parameter

from ligeia.fitting.config import FitConfig

FLOOR = 0.04
"""Where the one-cycle schedule starts, as a part of its peak (the usual 1/25)."""


def one_cycle(fraction: float, warmup: float) -> float:
    """Cosine rise from 1/25 to 1 over `warmup`, then cosine fall to 0 (Smith 2018, without the momentum)."""
    if fraction < warmup:
        return FLOOR + (1 - FLOOR) * (1 - cos(pi * fraction / warmup)) / 2
    rest = (fraction - warmup) / max(1 - warmup, 1e-9)
    return (1 + cos(pi * min(rest, 1.0))) / 2


def staircase(step: int) -> float:
    """0.99 once more after every 20 steps (PyTorch's StepLR as SIREN² sets it)."""
    return float(0.99 ** (step // 20))


def rate_factor(config: FitConfig, fraction: float, step: int) -> float:
    """Factor of the configured schedule at `fraction` (0 to 1) of the run, which is step number `step`."""
    if config.schedule == "one_cycle":
        return one_cycle(fraction, config.warmup)
    return staircase(step) if config.schedule == "staircase" else 1.0


def decay_factor(config: FitConfig, fraction: float) -> float:
    """Factor on the weight penalty at `fraction` (0 to 1) of the run: 1, or from 1 linearly to 0 at `decay_until`."""
    return 1.0 if config.decay_schedule == "constant" else max(1 - fraction / config.decay_until, 0.0)


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
