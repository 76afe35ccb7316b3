"""How well a stacked module fits the samples of a group, and its best output layer; in bounded memory."""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import Module

from ligeia.fitting.batches import Batch, Samples, squared_error
from ligeia.fitting.closed_form import solve_output
from ligeia.networks.spec import LinearOutput, NetworkSpec

UNITS_AT_ONCE = 2**22
"""Hidden units evaluated at a time, all blocks together."""
FEWEST_POINTS = 256
GRAM_AT_ONCE = 2**23
"""Numbers in the normal equations that are solved at a time, all blocks together (64 MiB)."""


def parts(samples: Samples, spec: NetworkSpec) -> Iterator[Batch]:
    """Every sample of every block, in stretches short enough that evaluating them takes bounded memory."""
    points = points_at_once(spec, samples.targets.shape[0])
    for first in range(0, samples.length, points):
        yield samples.take(slice(first, first + points))


def points_at_once(spec: NetworkSpec, blocks: int) -> int:
    """Samples of each of `blocks` blocks that are evaluated at a time."""
    units = max(max(shape) for shape in spec.shapes().values()) * blocks
    return max(UNITS_AT_ONCE // units, FEWEST_POINTS)


@torch.no_grad()
def block_errors(module: Module, samples: Samples, spec: NetworkSpec) -> Tensor:
    """Squared error of each block over all its samples, evaluated in single precision, float64 `[blocks]`."""
    total = torch.zeros(samples.targets.shape[0], dtype=torch.float64, device=samples.targets.device)
    for batch in parts(samples, spec):
        total += squared_error(module(batch.coordinates), batch).double()
    return total


@torch.no_grad()
def best_output(module: LinearOutput, samples: Samples, spec: NetworkSpec) -> dict[str, Tensor]:
    """The least-squares output layer for the module's features, by parameter name."""
    names = [name for name in spec.shapes() if spec.part(name) == "output"]
    width = spec.shapes()[names[0]][0]
    blocks, at_once = samples.targets.shape[0], max(GRAM_AT_ONCE // (width + 1) ** 2, 1)
    solved = [
        solve_output(
            (module.features(batch.coordinates)[rows], batch.of_blocks(rows)) for batch in parts(samples, spec)
        )
        for rows in (slice(first, first + at_once) for first in range(0, blocks, at_once))
    ]
    return {name: torch.cat(values) for name, values in zip(names, zip(*solved, strict=True), strict=True)}
