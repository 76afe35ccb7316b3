"""What is known before a symbol, as whole numbers from 0 to 127 (FORMAT.md §8.4).

Sizes are logarithms in sixteenths of an octave. The units of a superframe come in three passes: every fourth, then
those half way between, then the others, so that later ones know their neighbours on both sides, and a pass can be
done at once.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.integer]

PASSES = (slice(0, None, 4), slice(2, None, 4), slice(1, None, 2))
UNKNOWN = -20
"""Logarithm of a unit that is 0, relative to its step."""
MIDDLE = 64
LARGEST = 63
PAD = 8
"""Units of nothing at both ends of a row."""
AROUND = 16
"""Units that the average around a unit is of: eight below, itself, seven above."""
FEATURES = 26
LEVEL_FEATURES = 8


@lru_cache(maxsize=1)
def _logs() -> NDArray[np.int64]:
    """16 log2(a), rounded, for a = 1 .. LARGEST; UNKNOWN for 0."""
    return np.array([UNKNOWN, *(round(16 * np.log2(a)) for a in range(1, LARGEST + 1))])


def sizes_of(symbols: Whole, steps: Whole) -> Whole:
    """Logarithms of units, from `symbols [n, frame]` and the exponents of their steps."""
    return _logs()[np.minimum(np.abs(symbols), LARGEST)] + steps


@dataclass
class Rows:
    """What is known of one superframe in each of n blocks, padded by `PAD` units: sizes int `[n, frame + 2 PAD]`."""

    sizes: Whole
    """Of the superframe itself, where they are known."""
    before: Whole
    """Of the one before."""
    earlier: Whole
    """Of the one before that."""
    other: Whole
    """Of the same superframe in the channel before; as quiet as the padding where there is none."""
    steps: Whole
    """Exponents of the steps, `[n, frame]`."""
    levels: Whole
    """Levels of the bands at each unit, in sixteenths of an octave, `[n, frame]`, and of the bands below and above."""
    below: Whole
    above: Whole
    facts: Whole
    """The same for all units, `[n, 6]`."""
    places: Whole
    """The same in all blocks: where a unit is, `[frame, 1]`."""


def pass_contexts(rows: Rows, number: int) -> Whole:
    """Contexts int16 `[n, units of the pass, FEATURES]` of pass `number`."""
    here = PASSES[number]
    steps = rows.steps[:, here]

    def at(sizes: Whole, offset: int) -> Whole:
        first = PAD + offset + (here.start or 0)
        return sizes[:, first : first + rows.steps.shape[1] - (here.start or 0) : here.step] - steps

    def both(sizes: Whole, offset: int) -> Whole:
        return (at(sizes, -offset) + at(sizes, offset)) >> 1

    nothing = np.full(steps.shape, UNKNOWN)
    near = (4, 2, 1)[number]
    values = [
        at(rows.before, 0), at(rows.before, -1), at(rows.before, 1), both(rows.before, 2), both(rows.before, 3),
        at(_average(rows.before), 0), at(rows.earlier, 0), both(rows.earlier, 1),
        at(rows.other, 0), both(rows.other, 1),
        at(rows.sizes, -near) if number else nothing, at(rows.sizes, near) if number else nothing,
        both(rows.sizes, 3 * near) if number else nothing, both(rows.sizes, 5 * near) if number == 2 else nothing,
        rows.levels[:, here] - steps, rows.below[:, here] - steps, rows.above[:, here] - steps,
    ]  # fmt: skip
    contexts = np.empty((*steps.shape, FEATURES), np.int16)
    for k, value in enumerate(values):
        np.clip(value + MIDDLE, 0, 127, out=contexts[..., k], casting="unsafe")
    contexts[..., len(values)] = MIDDLE * (number == 0)
    contexts[..., len(values) + 1] = MIDDLE * (number == 1)
    contexts[..., len(values) + 2 : len(values) + 3] = rows.places[None, here]
    contexts[..., len(values) + 3 :] = rows.facts[:, None]
    return contexts


def _average(sizes: Whole) -> Whole:
    """The mean of `AROUND` neighbours, rounded down, as wide as `sizes`; what lies outside counts as the padding."""
    padded = np.pad(sizes, ((0, 0), (AROUND // 2 + 1, AROUND // 2 - 1)), mode="edge").cumsum(axis=1)
    mean: Whole = (padded[:, AROUND:] - padded[:, :-AROUND]) // AROUND
    return mean


def level_contexts(levels: Whole, before: Whole, earlier: Whole, known: bool) -> tuple[Whole, Whole]:
    """For the levels of every second band: contexts int16 `[n, bands, LEVEL_FEATURES]`, and what they are taken to be.

    `levels`, `before` and `earlier` `[n, bands]` are those of this superframe (known only for the even bands, in the
    second pass), and of the two before. What is coded is the difference from the second result.
    """
    here = slice(1, None, 2) if known else slice(0, None, 2)
    count = levels.shape[1]

    def at(values: Whole, offset: int) -> Whole:
        index = np.clip(np.arange(count)[here] + offset, 0, count - 1)
        return values[:, index]

    def ends(values: Whole, offset: int) -> Whole:
        """Neighbours; at the upper end the lower one again."""
        index = np.arange(count)[here] + offset
        return values[:, np.where(index < count, index, index - 2 * offset)]

    past = at(before, 0)
    if known:
        low, high = at(levels, -1), ends(levels, 1)
        moved = low + high - at(before, -1) - ends(before, 1)
        base = past + (moved >> 1)
        around = [low - base, high - base]
    else:
        base = past
        around = [at(before, -1) - base, at(before, 1) - base]
    values = [past - base, at(earlier, 0) - base, at(before, -1) - base, at(before, 1) - base, *around]
    contexts = np.empty((*base.shape, LEVEL_FEATURES), np.int16)
    for k, value in enumerate(values):
        np.clip(6 * value + MIDDLE, 0, 127, out=contexts[..., k], casting="unsafe")
    contexts[..., 6] = np.clip(4 * base, 0, 127)
    contexts[..., 7] = (np.arange(count)[here] * 127 // max(count - 1, 1))[None]
    return contexts, base
