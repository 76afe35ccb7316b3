"""Chains of dense layers on a CPU, one for each sound of a batch: fast, and without keeping what lies between.

What a model writes is evaluated at all samples of a segment: for the paper's target 32768 x 90 values in each of five
layers, for each sound. Kept for the derivative, a batch of them is gigabytes of memory that must be fetched twice. Here
a sound goes through the network in pieces that stay in the processor's cache, and the derivative computes them again.

Products in single precision go to oneDNN, which adds the bias and takes the ReLU as it writes: PyTorch's own `addmm`
gives them to MKL, which uses half of what processors of another maker than its own can do.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import FunctionCtx

from ligeia.networks.products import onednn

PIECE = 2**18
"""Values of a hidden layer that each thread computes at once: 1 MiB in single precision."""

Activation = Literal["relu", "sine"]


def chains(inputs: Tensor, activation: Activation, layers: Sequence[tuple[Tensor, Tensor]]) -> Tensor:
    """Outputs `[batch, n]` of networks that see `inputs [n, features]`, in the precision of the inputs.

    `layers` are weights `[batch, inputs, outputs]` and biases `[batch, outputs]`; the last one has one output and no
    activation. There are derivatives with respect to the layers, once, and none with respect to the inputs.
    """
    flat = [values for layer in layers for values in layer]
    output: Tensor = _Chains.apply(inputs, activation, *flat)  # type: ignore[no-untyped-call]
    return output


class _Chains(Function):
    """The function behind `chains`: its derivative goes through each piece again."""

    @staticmethod
    def forward(ctx: FunctionCtx, inputs: Tensor, activation: Activation, *flat: Tensor) -> Tensor:
        """Evaluate all networks, one after another, piece by piece."""
        ctx.save_for_backward(inputs, *flat)
        ctx.activation = activation  # type: ignore[attr-defined]
        output = torch.empty(flat[0].shape[0], inputs.shape[0], dtype=torch.float32)
        for number, layers in enumerate(_networks(flat, inputs.dtype)):
            for piece in _pieces(inputs, layers):
                hidden = inputs[piece]
                for weight, bias in layers[:-1]:
                    hidden = _layer(hidden, weight.t().contiguous(), bias, activation)
                torch.addmv(
                    layers[-1][1].float(), hidden.float(), layers[-1][0][:, 0].float(), out=output[number, piece]
                )
        return output

    @staticmethod
    def backward(ctx: Any, *above: Tensor) -> tuple[Tensor | None, ...]:
        """Sum the derivatives of the pieces."""
        _refuse_a_graph()
        inputs, *flat = ctx.saved_tensors
        sums = [torch.zeros_like(values, dtype=torch.float32) for values in flat]
        for number, layers in enumerate(_networks(flat, inputs.dtype)):
            of_network = [values[number] for values in sums]
            for piece in _pieces(inputs, layers):
                _add_derivatives(inputs[piece], layers, ctx.activation, above[0][number, piece], of_network)
        return None, None, *(total.to(values.dtype) for total, values in zip(sums, flat, strict=True))


Layers = list[tuple[Tensor, Tensor]]


def _networks(flat: Sequence[Tensor], kind: torch.dtype) -> Iterator[Layers]:
    """The layers of each network of the batch."""
    for number in range(flat[0].shape[0]):
        one = [values[number].detach().to(kind) for values in flat]
        yield list(zip(one[0::2], one[1::2], strict=True))


def _pieces(inputs: Tensor, layers: Layers) -> Iterator[slice]:
    """Ranges of the rows of `inputs` with as many values in the widest layer as a piece has."""
    size = max(256, torch.get_num_threads() * PIECE // max(weight.shape[1] for weight, _ in layers))
    return (slice(first, first + size) for first in range(0, inputs.shape[0], size))


def _add_derivatives(inputs: Tensor, layers: Layers, activation: Activation, above: Tensor, sums: list[Tensor]) -> None:
    """Add the derivatives of one piece to `sums`, which has a weight and a bias for each layer."""
    outputs, slopes = [inputs], []
    for weight, bias in layers[:-1]:
        phases = _product(outputs[-1], weight.t().contiguous(), bias, relu=activation == "relu")
        slopes.append(phases.cos() if activation == "sine" else phases)
        outputs.append(phases.sin_() if activation == "sine" else phases)
    sums[-2][:, 0] += outputs[-1].float().t() @ above
    sums[-1] += above.sum()
    change = torch.outer(above, layers[-1][0][:, 0].float()).to(inputs.dtype)
    for k in range(len(layers) - 2, -1, -1):
        if activation == "sine":
            change = change.mul_(slopes[k])
        else:
            change = torch.ops.aten.threshold_backward(change, slopes[k], 0)
        sums[2 * k] += _transposed_product(outputs[k], change)
        sums[2 * k + 1] += change.sum(0, dtype=torch.float32)
        if k:
            change = _product(change, layers[k][0].contiguous(), None)


def _layer(hidden: Tensor, weight: Tensor, bias: Tensor, activation: Activation) -> Tensor:
    phases = _product(hidden, weight, bias, relu=activation == "relu")
    return phases.sin_() if activation == "sine" else phases


def _refuse_a_graph() -> None:
    """Raise `RuntimeError` where derivatives are to be differentiated again: they would silently lack a part."""
    if torch.is_grad_enabled():
        raise RuntimeError("this has first derivatives only; `evaluate(..., plainly=True)` has all")


class _Product(Function):
    """The function behind `product`."""

    @staticmethod
    def forward(ctx: FunctionCtx, hidden: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """Multiply, and keep the factors."""
        ctx.save_for_backward(hidden, weight)
        return _product(hidden, weight, bias)

    @staticmethod
    def backward(ctx: Any, *above: Tensor) -> tuple[Tensor, ...]:
        """Return the derivatives of the factors and of the bias."""
        _refuse_a_graph()
        hidden, weight = ctx.saved_tensors
        (change,) = above
        change = change.contiguous()
        return _product(change, weight.t().contiguous(), None), change.t() @ hidden, change.sum(0)


def product(hidden: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """`torch.nn.functional.linear` of `hidden [n, inputs]` in single precision on a CPU; it has first derivatives."""
    output: Tensor = _Product.apply(hidden, weight, bias)  # type: ignore[no-untyped-call]
    return output


# --- products -----------------------------------------------------------------------------------------


def _product(hidden: Tensor, weight: Tensor, bias: Tensor | None, *, relu: bool = False) -> Tensor:
    """Hidden `[n, inputs]` times the transpose of `weight [outputs, inputs]`, plus a bias, and its positive part."""
    if onednn():
        output: Tensor = torch.ops.mkldnn._linear_pointwise(hidden, weight, bias, "relu" if relu else "none", [], "")
        return output
    output = torch.nn.functional.linear(hidden, weight, bias)
    return output.relu_() if relu else output


def _transposed_product(hidden: Tensor, change: Tensor) -> Tensor:
    """The transpose of `hidden [n, inputs]` times `change [n, outputs]`, in single precision."""
    return (hidden.t() @ change).float()
