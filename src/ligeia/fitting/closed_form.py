"""The output layer in closed form, and the error of a group of blocks, both in bounded memory.

The output layer is linear, so its best weights for given features are one least-squares problem.
"""

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor
from torch.nn import Module

from ligeia.fitting.batches import Batch, Samples, squared_error
from ligeia.networks.spec import LinearOutput, NetworkSpec

RIDGE = 1e-6
"""Ridge penalty, relative to the mean energy of the features."""
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


def solve_output(parts: Iterable[tuple[Tensor, Batch]]) -> tuple[Tensor, Tensor]:
    """Best output weights `[blocks, width, channels]` and biases `[blocks, channels]` for given features.

    `parts` are stretches of the sound: the features there, float32 `[blocks, n, width]`, and the batch to match. The
    normal equations are formed in single and solved in double precision.
    """
    gram: Tensor | None = None
    moments: Tensor | None = None
    for features, batch in parts:
        design = torch.cat([features, torch.ones_like(features[..., :1])], dim=-1)
        weighted = design if batch.weights is None else design * batch.weights
        square = (weighted.transpose(1, 2) @ design).double()
        product = (weighted.transpose(1, 2) @ batch.targets).double()
        gram = square if gram is None else gram + square
        moments = product if moments is None else moments + product
    assert gram is not None, "a group has at least one sample"
    assert moments is not None
    solution = solve_positive(gram, moments, RIDGE).float()
    return solution[:, :-1], solution[:, -1]


def solve_positive(gram: Tensor, moments: Tensor, ridge: float) -> Tensor:
    """Solve `(gram + r I) x = moments` for symmetric `gram [blocks, n, n]`, `moments [blocks, n, m]`; `[blocks, n, m]`.

    r is `ridge` times the mean of a block's diagonal. The systems are solved by Cholesky factorisation. Rounding of
    nearly dependent features can leave a block indefinite by more than r; it is then solved by its eigenvectors, with
    every eigenvalue raised to r at least. A block that is not finite gives NaN.
    """
    shift = ridge * gram.diagonal(dim1=1, dim2=2).mean(1).clamp_min(1e-12)
    shifted = gram + torch.diag_embed(shift[:, None].expand(-1, gram.shape[1]))
    factors, info = torch.linalg.cholesky_ex(shifted)
    finite = torch.isfinite(shifted).all(2).all(1)
    solution = torch.cholesky_solve(moments, factors)
    solution[~finite] = torch.nan
    if (indefinite := (info != 0) & finite).any():
        values, vectors = torch.linalg.eigh(shifted[indefinite])
        inverse = 1 / torch.maximum(values, shift[indefinite, None])
        solution[indefinite] = vectors @ (inverse[:, :, None] * (vectors.mT @ moments[indefinite]))
    return solution


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
