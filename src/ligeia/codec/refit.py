"""From fitted parameters to those that a decoder will see, with what quantisation broke mended where it is free."""

import numpy as np
import torch
from numpy.typing import NDArray

from ligeia.codec.container import Header
from ligeia.codec.quantise import Arrays, layout, round_trip
from ligeia.fitting.batches import Samples
from ligeia.fitting.group import FittedGroup
from ligeia.fitting.measure import best_output
from ligeia.networks.spec import LinearOutput


def quantise_group(group: FittedGroup, header: Header, data: NDArray[np.float32], valid: NDArray[np.bool_]) -> Arrays:
    """Parameters `[blocks, ...]` of the audible blocks of a group, as a decoder will see them.

    `data [blocks, length, channels]` and `valid [blocks, length]` are the sound itself. The output layer is solved
    once more for the quantised hidden layers, in closed form: it then undoes the part of their rounding error that
    it can.
    """
    audible = torch.nonzero(group.gains).flatten().numpy()
    parameters = {name: value.numpy()[audible] for name, value in group.parameters.items()}
    if header.bits.exact:
        return parameters
    tensors = layout(header.spec, header.bits)
    for tensor in tensors:
        parameters[tensor.name] = np.stack([round_trip(value, tensor) for value in parameters[tensor.name]])
    gains = group.gains.numpy()[audible]
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
