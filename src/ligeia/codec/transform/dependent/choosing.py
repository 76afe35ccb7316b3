"""The encoder's choice of levels: the least squared error plus bits, along the frames of each coefficient.

The best path through the states is found by dynamic programming (Viterbi 1967) for all coefficients at once. What a
level costs depends on levels around it, which are being chosen too: the choice begins with plain rounding, and is
repeated with the contexts that it has made. Three rounds are enough for all but 0.1 % of the gain.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.transform.context_model import BIT, ROWS, SYMBOLS
from ligeia.codec.transform.dependent.blocks import all_frames
from ligeia.codec.transform.dependent.model import DependentModel
from ligeia.codec.transform.dependent.surroundings import PASSES, size_contexts
from ligeia.codec.transform.dependent.trellis import NEXT, STATES, half_steps
from ligeia.codec.transform.entropy import LENGTH_BITS
from ligeia.codec.transform.scale_factors import BlockFormat, Reals

Integers = NDArray[np.integer]

ROUNDS = 3
FIRST_DEAD_ZONE = 0.1
LARGEST = 1 << 20
CANDIDATES = (-1, 0, 1)
"""Levels that are tried, from the one below a size on; and 0."""
SOURCES = np.array([[(s, p) for s in range(STATES) for p in (0, 1) if NEXT[s, p] == t] for t in range(STATES)])
"""The two states, and parities, that lead to each state."""


@dataclass(frozen=True)
class Rule:
    """What the choice is made by."""

    lagrangian: float
    """Squared steps that a bit is worth."""
    bias: Reals
    """What reconstruction takes off a size, in half steps: `[quantiser, level 0, 1, or more]`."""


def choose_levels(
    exact: Reals, switching: Integers, layout: BlockFormat, model: DependentModel, rule: Rule
) -> NDArray[np.int64]:
    """Return levels for `exact [blocks, frames, frame_size]`, in steps."""
    halves = 2 * np.moveaxis(np.abs(exact), 0, 1).astype(np.float32)
    negative = np.moveaxis(exact, 0, 1) < 0
    levels: Integers = np.floor(halves / 2 + 0.5 - FIRST_DEAD_ZONE).astype(np.int64)
    for _ in range(ROUNDS):
        signed = np.where(negative, -levels, levels)
        levels = _best_paths(halves, _costs(layout, switching, model, signed), rule)
    return np.asarray(np.moveaxis(np.where(negative, -levels, levels), 1, 0), np.int64)


@dataclass(frozen=True)
class Costs:
    """Bits of what could be coded, `[frames, blocks, frame_size]`."""

    rows: tuple[Integers, ...]
    """Rows of the tables of sizes, by quantiser."""
    passes: Integers
    """The pass of each coefficient, `[frame_size]`."""
    tables: NDArray[np.float32]
    """Bits of sizes `[pass, row, symbol]`."""
    signs: NDArray[np.float32]
    """Bits of the sign."""

    def of(self, quantiser: int, levels: Integers) -> NDArray[np.float32]:
        """Return the bits of levels."""
        symbols = np.minimum(levels, SYMBOLS - 1)
        bits = self.tables[self.passes, self.rows[quantiser], symbols]
        bits += np.where(levels > 0, self.signs, np.float32(0))
        large = levels >= SYMBOLS - 1
        if large.any():
            excess = np.log2(np.maximum(levels - (SYMBOLS - 2), 1))
            bits += large * (LENGTH_BITS / BIT + np.floor(excess)).astype(np.float32)
        return bits


def _costs(layout: BlockFormat, switching: Integers, model: DependentModel, levels: Integers) -> Costs:
    """The costs where everything around is as `levels [frames, blocks, frame_size]` say."""
    around, values = all_frames(layout, switching, levels)
    size, columns = around.quantisers.shape
    rows, signs = np.empty((2, size, columns), np.int64), np.ones((size, columns), np.float32)
    passes = np.empty(size, np.int64)
    by_unit = np.moveaxis(levels, -1, 0).reshape(size, columns)
    for number, chosen in enumerate(PASSES):
        passes[chosen] = number
        contexts = size_contexts(around, number)
        for quantiser in (0, 1):
            contexts[0] = 64 * quantiser
            rows[quantiser, chosen] = model.size_networks[number].rows(contexts) + ROWS * quantiser
        current = by_unit[chosen]
        sign_rows, turned = model.sign_rows(values, number, half_steps(np.abs(current), around.quantisers[chosen]))
        found = model.sign_tables[number].bits[sign_rows, (current * turned < 0).astype(np.int64)]
        signs[chosen] = np.where(current != 0, found, 1.0)
    tables = np.stack([table.bits for table in model.size_tables]).astype(np.float32)
    shape = levels.shape
    return Costs(
        tuple(np.moveaxis(each.reshape(size, *shape[:2]), 0, -1) for each in rows),
        passes, tables, np.moveaxis(signs.reshape(size, *shape[:2]), 0, -1),
    )  # fmt: skip


def _best_paths(halves: Reals, costs: Costs, rule: Rule) -> Integers:
    """The sizes of least cost, `[frames, blocks, frame_size]`."""
    options = [_best_options(halves, costs, quantiser, rule) for quantiser in (0, 1)]
    cost = np.stack([each[0] for each in options])  # [quantiser, parity, frames, blocks, frame_size]
    total = np.full((STATES, *halves.shape[1:]), np.inf, np.float32)
    total[0] = 0
    (one, one_parity), (other, other_parity) = np.moveaxis(SOURCES, 0, -1)
    decisions = np.empty((len(halves), *total.shape), bool)
    for frame in range(len(halves)):
        first = total[one] + cost[one & 1, one_parity, frame]
        second = total[other] + cost[other & 1, other_parity, frame]
        np.less(second, first, out=decisions[frame])
        total = np.minimum(first, second)
    levels = np.stack([each[1] for each in options])
    return _traced_back(decisions, levels, total.argmin(axis=0))


def _best_options(halves: Reals, costs: Costs, quantiser: int, rule: Rule) -> tuple[Reals, Integers]:
    """The least cost of a level of each parity, `[parity, ...]`, and that level."""
    base = np.minimum((halves + quantiser) // 2, LARGEST).astype(np.int64)
    best = np.full((2, *halves.shape), np.inf, np.float32)
    chosen = np.zeros((2, *halves.shape), np.int64)
    for candidate in (None, *CANDIDATES):
        levels = np.zeros_like(base) if candidate is None else np.maximum(base + candidate, 0)
        value = half_steps(levels, np.full_like(levels, quantiser)) - rule.bias[quantiser][np.minimum(levels, 2)]
        weight = np.float32(4 * rule.lagrangian)
        cost = np.square(halves - value, dtype=np.float32) + weight * costs.of(quantiser, levels)
        for parity in (0, 1):
            better = (cost < best[parity]) & (levels & 1 == parity)
            np.copyto(best[parity], cost, where=better)
            np.copyto(chosen[parity], levels, where=better)
    return best, chosen


def _traced_back(decisions: NDArray[np.bool_], levels: Integers, state: Integers) -> Integers:
    """The levels of the paths that end in a state: `levels [quantiser, parity, frames, blocks, frame_size]`."""
    found = np.empty(decisions.shape[:1] + decisions.shape[2:], np.int64)
    for frame in range(len(decisions) - 1, -1, -1):
        decided = np.take_along_axis(decisions[frame], state[None], axis=0)[0].astype(np.int64)
        before, parity = SOURCES[state, decided, 0], SOURCES[state, decided, 1]
        options = levels[:, :, frame]
        flat = options.reshape(4, -1)
        index = ((before & 1) * 2 + parity).reshape(1, -1)
        found[frame] = np.take_along_axis(flat, index, axis=0).reshape(state.shape)
        state = before
    return found
