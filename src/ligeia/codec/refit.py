"""From fitted parameters to those that a decoder will see, with what quantisation broke mended where it is free."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import Module

from ligeia.codec.container import Header
from ligeia.codec.quantise import Arrays, layout, round_trip
from ligeia.fitting.batches import Samples, squared_error
from ligeia.fitting.closed_form import solve_output
from ligeia.fitting.group import FittedGroup
from ligeia.networks.spec import LinearOutput

_POINTS = 4096


@dataclass(frozen=True)
class DecodedGroup:
    """Parameters `[blocks, ...]` of the audible blocks as a decoder will see them, and the error that is left."""

    parameters: Arrays
    error: float


def quantise_group(
    group: FittedGroup, header: Header, data: NDArray[np.float32], valid: NDArray[np.bool_]
) -> DecodedGroup:
    """Quantise the audible blocks of a group; `data [blocks, length, channels]` and `valid` are the sound itself.

    The output layer is solved once more for the quantised hidden layers, in closed form: it then undoes the part
    of their rounding error that it can.
    """
    audible = torch.nonzero(group.gains).flatten().numpy()
    gains = group.gains.numpy()[audible]
    samples = Samples(
        torch.from_numpy(data[audible] / gains[:, None, None]),
        torch.from_numpy(valid[audible]),
        closed=header.spec.closed_grid,
    )
    module = header.spec.build(blocks=len(audible))
    parameters = {name: value.numpy()[audible] for name, value in group.parameters.items()}
    if not header.bits.exact:
        _round_all(parameters, header)
        _load(module, parameters)
        if isinstance(module, LinearOutput):
            _resolve_output(module, samples, parameters, header)
    _load(module, parameters)
    levels = torch.from_numpy(gains).double()
    return DecodedGroup(parameters, float((_errors(module, samples) * levels**2).sum()))


def _round_all(parameters: Arrays, header: Header) -> None:
    for tensor in layout(header.spec, header.bits):
        values = parameters[tensor.name]
        parameters[tensor.name] = np.stack([round_trip(value, tensor) for value in values])


@torch.no_grad()
def _resolve_output(module: LinearOutput, samples: Samples, parameters: Arrays, header: Header) -> None:
    """Replace the output layer by the best one for the rounded features, rounded itself."""
    batches = [samples.take(part) for part in _parts(samples)]
    solved = solve_output((module.features(batch.coordinates), batch) for batch in batches)
    tensors = [tensor for tensor in layout(header.spec, header.bits) if header.spec.part(tensor.name) == "output"]
    for tensor, value in zip(tensors, solved, strict=True):
        parameters[tensor.name] = np.stack([round_trip(row, tensor) for row in value.numpy()])


@torch.no_grad()
def _load(module: Module, parameters: Arrays) -> None:
    for name, value in module.named_parameters():
        value.copy_(torch.from_numpy(parameters[name]))


@torch.no_grad()
def _errors(module: Module, samples: Samples) -> Tensor:
    """Squared error of each block, float64 `[blocks]`."""
    total = torch.zeros(samples.targets.shape[0], dtype=torch.float64)
    for part in _parts(samples):
        batch = samples.take(part)
        total += squared_error(module(batch.coordinates), batch).double()
    return total


def _parts(samples: Samples) -> list[slice]:
    return [slice(k, k + _POINTS) for k in range(0, samples.length, _POINTS)]
