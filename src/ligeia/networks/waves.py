"""Sines and cosines of many phases on a CPU: which library computes them."""

from platform import machine

import numpy as np
import torch
from torch import Tensor

VECTORISED = machine().lower() in ("x86_64", "amd64")
"""True where numpy has sines in vector instructions: they take 0.4 of the time of PyTorch's, but run in one thread."""


def sine(phases: Tensor) -> Tensor:
    """The sine of a tensor, without a graph of derivatives."""
    if not _by_numpy(phases):
        return phases.sin()
    output = torch.empty_like(phases)
    np.sin(phases.numpy(), out=output.numpy())
    return output


def cosine_(phases: Tensor) -> Tensor:
    """The cosine of a tensor, in its place."""
    if not _by_numpy(phases):
        return phases.cos_()
    values = phases.numpy()
    np.cos(values, out=values)
    return phases


def _by_numpy(phases: Tensor) -> bool:
    plain = phases.device.type == "cpu" and phases.dtype == torch.float32 and phases.ndim > 0
    return VECTORISED and plain and not phases.requires_grad and torch.get_num_threads() == 1
