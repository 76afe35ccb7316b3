"""Products of matrices in single precision on a CPU: which library computes them.

PyTorch gives them to MKL, which uses half of what processors of another maker than its own can do, or less; oneDNN does
not, but needs matrices of some size.
"""

import torch
from torch import Tensor

SIDE = 96
"""Rows and columns of a weight from which oneDNN is faster in batches: 2 times at 256 units, the same at 64."""
ROWS = 256
"""Rows of what it is multiplied with."""


def onednn() -> bool:
    """True if this build of PyTorch has oneDNN, and its product with a bias and a ReLU."""
    built: bool = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    return built and hasattr(torch.ops.mkldnn, "_linear_pointwise")


def products(hidden: Tensor, weight: Tensor) -> Tensor:
    """`hidden [batch or 1, n, inputs]` times `weight [batch, inputs, outputs]`, without a graph of derivatives."""
    batch, inputs, outputs = weight.shape
    hidden = hidden.expand(batch, -1, -1)
    small = min(inputs, outputs) < SIDE or hidden.shape[1] < ROWS
    if small or hidden.dtype != torch.float32 or hidden.device.type != "cpu" or not onednn():
        return torch.bmm(hidden, weight)
    output = torch.empty(batch, hidden.shape[1], outputs)
    for number, columns in enumerate(weight.transpose(1, 2).contiguous()):
        row = hidden[number].contiguous()
        output[number] = torch.ops.mkldnn._linear_pointwise(row, columns, None, "none", [], "")
    return output
