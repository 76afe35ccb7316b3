"""Quantisation-aware fitting: towards its end a fit sees the rounding that its numbers will get in a stream.

Each step rounds the parameters, computes loss and gradients with the rounded values, and moves the unrounded ones by
these gradients, as if rounding were the identity: the straight-through estimator (Hinton 2012; Bengio et al. 2013,
arXiv 1308.3432; for weights that are stored in few bits Jacob et al. 2018, arXiv 1712.05877). How storing rounds is not
known here: whoever stores gives a function for it, the quantiser.

Networks need not know either. The values are swapped while a step is computed; the gradients gathered at the rounded
values then lie at the parameters, which are themselves again when the optimiser takes the step.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.nn import Module

Quantiser = Callable[[dict[str, Tensor]], dict[str, Tensor]]
"""Parameters by name, `[blocks, ...]`, to the values that a decoder would have: same names, shapes, types and devices.

What it makes of a block of one parameter depends on nothing else, so that it can be asked for some of them. If it has a
`name`, that says how it rounds, and belongs to the identity of a checkpoint.
"""


@contextmanager
def quantised(module: Module, quantiser: Quantiser | None) -> Iterator[None]:
    """Within this, the parameters of `module` are what `quantiser` makes of them; None changes nothing.

    Gradients of what happens within stay where they are: straight-through.
    """
    if quantiser is None:
        yield
        return
    unrounded = {name: value.detach().clone() for name, value in module.named_parameters()}
    load(module, quantiser(unrounded))
    try:
        yield
    finally:
        load(module, unrounded)


@torch.no_grad()
def load(module: Module, values: dict[str, Tensor]) -> None:
    """Set the parameters of `module` that `values` names."""
    for name, value in values.items():
        module.get_parameter(name).copy_(value)
