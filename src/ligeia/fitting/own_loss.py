"""A loss of the caller's own: a function of `estimate` and `target`, both tensors `[blocks, channels, time]`.

The samples of a row are neighbours, in order of time: all of the block, or a stretch of it where the settings say
sampling="contiguous". Values are relative to the level of the block, the gain that the INR keeps beside its parameters,
so that an RMS (or peak) of 1 is usual. The function returns one number, as a mean over everything, or one for each
block, `[blocks]`; torch differentiates it. With one number for all, all blocks of a group are kept together at the step
where that was lowest; with one for each, the best of each block is kept.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ligeia.errors import SettingsError
from ligeia.fitting.batches import Batch

OwnLoss = Callable[..., Any]
"""`loss(estimate, target)`."""


def own_loss(values: Tensor, batch: Batch, loss: OwnLoss) -> Tensor:
    """Return what `loss` says of `values [blocks, n, channels]`, for each block and times its numbers, `[blocks]`.

    What lies past the end of the sound is 0 in both.

    Raises:
        SettingsError: it returns something else than one real number, or one for each block.
    """
    heard = values if batch.weights is None else values * batch.weights
    target = batch.targets if batch.weights is None else batch.targets * batch.weights
    measured = loss(heard.transpose(1, 2).contiguous(), target.transpose(1, 2).contiguous())
    blocks = len(values)
    if not isinstance(measured, Tensor) or not measured.is_floating_point():
        kind = str(measured.dtype) if isinstance(measured, Tensor) else type(measured).__name__
        raise SettingsError(f"the loss must return a tensor of real numbers, got {kind}")
    if measured.numel() != 1 and measured.shape != (blocks,):
        raise SettingsError(
            f"the loss must return one number, or one for each of {blocks} blocks, got the shape "
            f"{list(measured.shape)}: take the mean"
        )
    if torch.is_grad_enabled() and values.requires_grad and not measured.requires_grad:
        raise SettingsError("the loss does not depend on the estimate: nothing can be learned from it")
    return (measured.reshape(-1) * batch.numbers).expand(blocks)


def name_of(loss: str | OwnLoss) -> str:
    """Return the name of a loss, for reports."""
    return loss if isinstance(loss, str) else str(getattr(loss, "__qualname__", type(loss).__qualname__))
