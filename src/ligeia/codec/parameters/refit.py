"""From fitted parameters to those that a decoder will see, with what quantisation broke mended where it is free."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ligeia.codec.container import Bits, Header
from ligeia.codec.parameters.quantise import Arrays, largest, layout, round_trip, scale_of
from ligeia.codec.parameters.quantise import Tensor as Stored
from ligeia.fitting.batches import Samples
from ligeia.fitting.group import FittedGroup
from ligeia.fitting.measure import best_output
from ligeia.networks.spec import LinearOutput, NetworkSpec


@dataclass(frozen=True)
class StoredValues:
    """Parameters by name, `[blocks, ...]`, to what a decoder will have of them: a quantiser for `fitting.quantised`.

    The same rounding as `round_trip`, to the last bit, of all blocks at once and on the device where they are; but what
    has been rounded already may move to a neighbouring scale, where `round_trip` would leave it alone.
    """

    spec: NetworkSpec
    bits: Bits

    @property
    def name(self) -> str:
        """How it rounds: what a checkpoint knows it by."""
        return repr(self.bits)

    @torch.no_grad()
    def __call__(self, parameters: dict[str, Tensor]) -> dict[str, Tensor]:
        """Those of `parameters` that are given, rounded: same names, shapes, types and devices."""
        return {name: _rounded(value, self._stored[name]) for name, value in parameters.items()}

    @cached_property
    def _stored(self) -> dict[str, Stored]:
        return {stored.name: stored for stored in layout(self.spec, self.bits)}


def _rounded(value: Tensor, stored: Stored) -> Tensor:
    """`value [blocks, ...]` as stored, by the formulas of `quantise_rows` and `dequantise_rows` in double precision."""
    along = (1,) if stored.rows > 1 else tuple(range(1, value.dim()))
    scales, limit = _scales(stored.bits, value.device), largest(stored.bits)
    peak = value.abs().amax(along, keepdim=True).double()
    scale = scales[torch.searchsorted(scales, peak / limit).clamp_(max=len(scales) - 1)]
    return ((value / scale).round_().clamp_(-limit, limit) * scale).to(value.dtype)


@lru_cache(maxsize=64)
def _scales(bits: int, device: torch.device) -> Tensor:
    """Every scale but 0, rising, float64 `[255]`."""
    return torch.tensor([scale_of(code, bits) for code in range(1, 256)], dtype=torch.float64, device=device)


def audible_parameters(group: FittedGroup) -> Arrays:
    """Parameters `[blocks, ...]` of the audible blocks of a group, as they were fitted."""
    audible = np.flatnonzero(group.gains)
    return {name: value[audible] for name, value in group.parameters.items()}


def quantise_group(group: FittedGroup, header: Header, data: NDArray[np.float32], valid: NDArray[np.bool_]) -> Arrays:
    """Parameters `[blocks, ...]` of the audible blocks of a group, as a decoder will see them.

    `data [blocks, length, channels]` and `valid [blocks, length]` are the sound itself. The output layer is solved
    once more for the quantised hidden layers, in closed form: it then undoes the part of their rounding error that
    it can.
    """
    audible = np.flatnonzero(group.gains)
    parameters = audible_parameters(group)
    assert isinstance(header.bits, Bits)
    if header.bits.exact:
        return parameters
    tensors = layout(header.spec, header.bits)
    for tensor in tensors:
        parameters[tensor.name] = np.stack([round_trip(value, tensor) for value in parameters[tensor.name]])
    gains = group.gains[audible]
    samples = Samples(
        torch.from_numpy(data[audible] / gains[:, None, None]),
        torch.from_numpy(valid[audible]),
        closed=header.spec.closed_grid,
    )
    solved = _solve_output(parameters, samples, header)
    for tensor in tensors:
        if tensor.name in solved:
            parameters[tensor.name] = np.stack([round_trip(value, tensor) for value in solved[tensor.name]])
    return parameters


@torch.no_grad()
def _solve_output(parameters: Arrays, samples: Samples, header: Header) -> Arrays:
    """The best output layer for these hidden layers; nothing where the output is not linear."""
    module = header.spec.build(blocks=samples.targets.shape[0])
    if not isinstance(module, LinearOutput):
        return {}
    for name, value in module.named_parameters():
        value.copy_(torch.from_numpy(parameters[name]))
    return {name: value.numpy() for name, value in best_output(module, samples, header.spec).items()}
