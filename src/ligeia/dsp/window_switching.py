"""How the superframes of a lapped network are split: the cheapest of all ways, by dynamic programming.

Window switching (Edler 1989) chooses long hops for steady sounds and short ones for attacks. What a superframe costs
depends on its own split and, through the windows, on those of its two neighbours. All of that is computed: 33
transforms of each superframe, since a hop is a sum of two halves and only the outer hops see a neighbour. The best
row of splits of a block is then found exactly, over pairs of neighbouring splits (Viterbi 1967). Blocks are
independent, as what they share is fixed.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ligeia.dsp.mdct import EDGE_SPLIT, MAX_SPLIT, Framing, Rows, Whole, cosines, lap_within, rotated

SPLITS = MAX_SPLIT + 1
_ROWS_AT_ONCE = 2**18
"""Samples of a batch of superframes: what fits the cache is quicker, and it bounds the memory."""

LEAST = 1e-30
"""Smaller thresholds count as this: its inverse is still a float32."""

Cost = Callable[[Rows], NDArray[np.floating]]
"""What weights `[..., n]` cost together, `[...]`: nothing where they are 0."""


def sparse_cost(threshold: float) -> Cost:
    """For a network of few units: 1 for each weight above `threshold`, which is kept, its energy for each one below.

    With the threshold at which the wanted number of units is kept, that is the squared error at that number of
    units, up to terms that no choice changes (its Lagrangian).
    """
    scale = np.float32(1 / max(threshold, LEAST))
    return lambda weights: np.square(np.minimum(np.abs(weights) * scale, 1)).sum(axis=-1)


def bits_cost(step: float) -> Cost:
    """For a network that is quantised in steps: about the bits of it, log2(1 + (w / step)^2) / 2 for each weight."""
    return lambda weights: np.log2(1 + np.square(weights * np.float32(1 / step))).sum(axis=-1) / 2


def choose_splits(rows: Rows, spec: Framing, cost: Cost, penalties: Sequence[float] = (0,) * SPLITS) -> Whole:
    """The splits `[rows]` that cost least, for samples `[channels, rows, frame]` of whole blocks.

    `penalties` are added to what a superframe of each split costs. Nothing is shared at both ends of the array.
    """
    rows = rows.astype(np.float32, copy=False)
    size = max(_ROWS_AT_ONCE // (rows.shape[0] * spec.frame), 1)
    tables = [_costs(rows, range(k, min(k + size, rows.shape[1])), spec, cost) for k in range(0, rows.shape[1], size)]
    table = np.concatenate(tables) + np.asarray(penalties, np.float32)[:, None, None]
    return cheapest(table.reshape(-1, spec.frames, SPLITS, SPLITS, SPLITS)).ravel()


def cheapest(costs: NDArray[np.floating]) -> Whole:
    """The cheapest splits `[blocks, frames]`.

    `costs [blocks, frames, split, before, after]` are those of each superframe, where what is shared at its borders
    is as long as a hop of the splits `before` and `after` (infinite where that cannot be).
    """
    split = np.arange(SPLITS)
    shorter = np.maximum(split[:, None], split)  # the shorter hop of two neighbours decides
    costs = costs.copy()
    costs[:, [0, -1], EDGE_SPLIT + 1 :] = np.inf
    frames = costs.shape[1]
    if frames == 1:
        alone: Whole = np.argmin(costs[:, :, :, EDGE_SPLIT, EDGE_SPLIT], axis=2)
        return alone
    # best[b, j, n]: the least cost of all superframes so far, the last one split by j and the next one by n.
    best = costs[:, 0, split[:, None], EDGE_SPLIT, shorter]
    came = []
    for frame in range(1, frames):
        after = shorter if frame < frames - 1 else np.full_like(shorter, EDGE_SPLIT)
        own = costs[:, frame, split[None, :, None], shorter[:, :, None], after[None]]
        total = best[:, :, :, None] + own
        came.append(np.argmin(total, axis=1))
        best = np.min(total, axis=1)
    return _traced(came, np.argmin(best[:, :, 0], axis=1))


def _traced(came: list[NDArray[np.intp]], last: NDArray[np.intp]) -> Whole:
    """The splits `[blocks, frames]` that led to the `last` ones, by where each pair came from."""
    found, following = [last], np.zeros_like(last)
    for step in reversed(came):
        found.append(step[np.arange(len(last)), found[-1], following])
        following = found[-2]
    return np.stack(found[::-1], axis=1).astype(np.int64)


def _costs(rows: Rows, some: range, spec: Framing, cost: Cost) -> NDArray[np.float32]:
    """What each of `some` superframes costs, `[rows, split, before, after]`."""
    lefts, rights = _halves(rows, some, spec)
    table = np.full((len(some), SPLITS, SPLITS, SPLITS), np.inf, np.float32)
    table[:, 0] = _whole_costs(lefts, rights, cost)
    inner = rows[:, some.start : some.stop]
    for split in range(1, SPLITS):
        hops = lap_within(inner.reshape(*inner.shape[:2], 1 << split, -1), sine=spec.sine, back=False)
        table[:, split, split:, split:] = _cut_costs(hops, lefts[split:], rights[split:], cost)
    return table


def _whole_costs(lefts: list[Rows], rights: list[Rows], cost: Cost) -> NDArray[np.float32]:
    """Superframes of one hop, `[rows, before, after]`."""
    nothing = np.zeros_like(lefts[0])
    starts = [cosines(np.concatenate([left, nothing], axis=-1)) for left in lefts]
    ends = [cosines(np.concatenate([nothing, right], axis=-1)) for right in rights]
    values = [[cost(start + end).sum(axis=0) for end in ends] for start in starts]
    return np.moveaxis(np.array(values, np.float32), -1, 0)


def _cut_costs(hops: Rows, lefts: list[Rows], rights: list[Rows], cost: Cost) -> NDArray[np.float32]:
    """Superframes of several hops, `[rows, before, after]`; only the outer ones depend on the neighbours."""
    half = hops.shape[-1] // 2
    firsts = [np.concatenate([left[..., :half], hops[:, :, 0, half:]], axis=-1) for left in lefts]
    lasts = [np.concatenate([hops[:, :, -1, :half], right[..., -half:]], axis=-1) for right in rights]
    first, last = (np.stack([cost(cosines(one)).sum(axis=0) for one in ends], axis=1) for ends in (firsts, lasts))
    middle = cost(cosines(hops[:, :, 1:-1])).sum(axis=(0, 2))
    values: NDArray[np.float32] = first[:, :, None] + last[:, None, :] + middle[:, None, None]
    return values


def _halves(rows: Rows, some: range, spec: Framing) -> tuple[list[Rows], list[Rows]]:
    """Left and right halves of superframes, `[channels, rows, frame / 2]`, lapped by each possible length."""
    half = spec.frame // 2
    around = np.zeros((rows.shape[0], len(some) + 2, spec.frame), rows.dtype)
    low, high = max(some.start - 1, 0), min(some.stop + 1, rows.shape[1])
    around[:, low - some.start + 1 : high - some.start + 1] = rows[:, low:high]
    # Nothing is shared at the ends of the array.
    first, last = int(some.start == 0), len(some) - int(some.stop == rows.shape[1])
    lefts, rights = [], []
    for shared in (half >> split for split in range(SPLITS)):
        ended, begun = rotated(around[:, :-1, -shared:], around[:, 1:, :shared], sine=spec.sine, back=False)
        left, right = around[:, 1:-1, :half].copy(), around[:, 1:-1, half:].copy()
        left[:, first:, :shared] = begun[:, first:-1]
        right[:, :last, -shared:] = ended[:, 1 : last + 1]
        lefts.append(left)
        rights.append(right)
    return lefts, rights
