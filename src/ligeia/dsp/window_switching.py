"""The choice of short blocks: the cheapest window switching of all, found by dynamic programming.

Window switching (Edler 1989) takes long blocks for steady sounds and short ones for attacks. The cost of a frame
depends on its own switching and, through the windows, on that of its two neighbours. All of that is computed: 33
transforms of each frame, since a block is a sum of two halves and only the outer blocks see a neighbour. The best path
through the frames of a stream's block is then found exactly, over pairs of neighbours (Viterbi 1967). The stream's
blocks are independent, as their overlap is fixed.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ligeia.dsp.mdct import (
    MAX_EDGE_SWITCHING,
    MAX_SWITCHING,
    Framing,
    Integers,
    Reals,
    dct4,
    fold,
    fold_short_blocks,
)

CHOICES = MAX_SWITCHING + 1
_SAMPLES_AT_ONCE = 2**18
"""Samples of a batch of frames: a batch that fits the cache is faster, and it bounds the memory."""
LEAST_THRESHOLD = 1e-30
"""Smaller thresholds count as this: its inverse is still a float32."""

Cost = Callable[[Reals], NDArray[np.floating]]
"""The cost of coefficients `[..., n]` together, `[...]`: 0 where they are 0."""


def sparse_cost(threshold: float) -> Cost:
    """Return the cost where few coefficients are kept: 1 for each above `threshold`, its energy for each below.

    With the threshold at which the right number of coefficients is kept, that is the Lagrangian of the squared error
    at that number, up to terms that no choice changes.
    """
    scale = np.float32(1 / max(threshold, LEAST_THRESHOLD))
    return lambda coefficients: np.square(np.minimum(np.abs(coefficients) * scale, 1)).sum(axis=-1)


def bits_cost(step: float) -> Cost:
    """Return the cost where coefficients are quantised: about its bits, log2(1 + (c / step)^2) / 2, for each."""
    inverse = np.float32(1 / step)
    return lambda coefficients: np.log2(1 + np.square(coefficients * inverse)).sum(axis=-1) / 2


def choose_switching(
    frames: Reals,
    spec: Framing,
    cost: Cost,
    penalties: Sequence[float] = (0,) * CHOICES,
    on_share: Callable[[float], None] | None = None,
) -> Integers:
    """Return the window switching `[frames]` of least cost, for samples `[channels, frames, frame_size]`.

    The frames are those of whole blocks of the stream; nothing is shared at both ends of the array. `penalties` are
    added to the cost of a frame by its switching. `on_share` is called with the share of the work that is done.
    """
    frames = frames.astype(np.float32, copy=False)
    size = max(_SAMPLES_AT_ONCE // (frames.shape[0] * spec.frame_size), 1)
    costs = []
    for first in range(0, frames.shape[1], size):
        costs.append(_costs(frames, range(first, min(first + size, frames.shape[1])), spec, cost))
        if on_share is not None:
            on_share(min((first + size) / frames.shape[1], 1.0))
    table = np.concatenate(costs) + np.asarray(penalties, np.float32)[:, None, None]
    return cheapest_paths(table.reshape(-1, spec.frames, CHOICES, CHOICES, CHOICES)).ravel()


def cheapest_paths(costs: NDArray[np.floating]) -> Integers:
    """Return the window switching `[blocks, frames]` of least total cost.

    `costs [blocks, frames, switching, before, after]` are those of each frame where the overlaps at its borders are as
    long as a short block of the switching `before` and `after` (infinite where that cannot be).
    """
    choice = np.arange(CHOICES)
    shorter = np.maximum(choice[:, None], choice)  # the shorter block of two neighbours decides about their overlap
    costs = costs.copy()
    costs[:, [0, -1], MAX_EDGE_SWITCHING + 1 :] = np.inf
    frames = costs.shape[1]
    if frames == 1:
        alone: Integers = np.argmin(costs[:, :, :, MAX_EDGE_SWITCHING, MAX_EDGE_SWITCHING], axis=2)
        return alone
    # best[b, j, n]: the least cost of all frames so far, the last one of switching j and the next one of n.
    best = costs[:, 0, choice[:, None], MAX_EDGE_SWITCHING, shorter]
    predecessors = []
    for frame in range(1, frames):
        after = shorter if frame < frames - 1 else np.full_like(shorter, MAX_EDGE_SWITCHING)
        total = best[:, :, :, None] + costs[:, frame, choice[None, :, None], shorter[:, :, None], after[None]]
        predecessors.append(np.argmin(total, axis=1))
        best = np.min(total, axis=1)
    return _backtracked(predecessors, np.argmin(best[:, :, 0], axis=1))


def _backtracked(predecessors: list[NDArray[np.intp]], last: NDArray[np.intp]) -> Integers:
    """The paths `[blocks, frames]` that lead to the `last` choices, by the predecessor of each pair."""
    path, following = [last], np.zeros_like(last)
    for predecessor in reversed(predecessors):
        path.append(predecessor[np.arange(len(last)), path[-1], following])
        following = path[-2]
    return np.stack(path[::-1], axis=1).astype(np.int64)


def _costs(frames: Reals, batch: range, spec: Framing, cost: Cost) -> NDArray[np.float32]:
    """The costs of the frames of a batch, `[frames, switching, before, after]`."""
    lefts, rights = _halves(frames, batch, spec)
    table = np.full((len(batch), CHOICES, CHOICES, CHOICES), np.inf, np.float32)
    table[:, 0] = _long_costs(lefts, rights, cost)
    inner = frames[:, batch.start : batch.stop]
    for exponent in range(1, CHOICES):
        blocks = fold_short_blocks(inner.reshape(*inner.shape[:2], 1 << exponent, -1), sine=spec.sine)
        table[:, exponent, exponent:, exponent:] = _short_costs(blocks, lefts[exponent:], rights[exponent:], cost)
    return table


def _long_costs(lefts: list[Reals], rights: list[Reals], cost: Cost) -> NDArray[np.float32]:
    """The costs of frames of one long block, `[frames, before, after]`."""
    zeros = np.zeros_like(lefts[0])
    starts = [dct4(np.concatenate([left, zeros], axis=-1)) for left in lefts]
    ends = [dct4(np.concatenate([zeros, right], axis=-1)) for right in rights]
    values = [[cost(start + end).sum(axis=0) for end in ends] for start in starts]
    return np.moveaxis(np.array(values, np.float32), -1, 0)


def _short_costs(blocks: Reals, lefts: list[Reals], rights: list[Reals], cost: Cost) -> NDArray[np.float32]:
    """The costs of frames of short blocks, `[frames, before, after]`; only the outer ones depend on the neighbours."""
    half = blocks.shape[-1] // 2
    firsts = [np.concatenate([left[..., :half], blocks[:, :, 0, half:]], axis=-1) for left in lefts]
    lasts = [np.concatenate([blocks[:, :, -1, :half], right[..., -half:]], axis=-1) for right in rights]
    first, last = (np.stack([cost(dct4(end)).sum(axis=0) for end in ends], axis=1) for ends in (firsts, lasts))
    middle = cost(dct4(blocks[:, :, 1:-1])).sum(axis=(0, 2))
    values: NDArray[np.float32] = first[:, :, None] + last[:, None, :] + middle[:, None, None]
    return values


def _halves(frames: Reals, batch: range, spec: Framing) -> tuple[list[Reals], list[Reals]]:
    """Left and right halves of frames, `[channels, frames, frame_size / 2]`, folded by each possible overlap."""
    half = spec.frame_size // 2
    around = np.zeros((frames.shape[0], len(batch) + 2, spec.frame_size), frames.dtype)
    low, high = max(batch.start - 1, 0), min(batch.stop + 1, frames.shape[1])
    around[:, low - batch.start + 1 : high - batch.start + 1] = frames[:, low:high]
    # Nothing is shared at the ends of the array.
    first, last = int(batch.start == 0), len(batch) - int(batch.stop == frames.shape[1])
    lefts, rights = [], []
    for reach in (half >> exponent for exponent in range(CHOICES)):
        ended, begun = fold(around[:, :-1, -reach:], around[:, 1:, :reach], sine=spec.sine)
        left, right = around[:, 1:-1, :half].copy(), around[:, 1:-1, half:].copy()
        left[:, first:, :reach] = begun[:, first:-1]
        right[:, :last, -reach:] = ended[:, 1 : last + 1]
        lefts.append(left)
        rights.append(right)
    return lefts, rights
