"""What is known before a symbol, as whole numbers from 0 to 127 (FORMAT.md §8.4).

Sizes are logarithms in sixteenths of an octave. The units of a superframe come in three passes: every fourth, then
those half way between, then the others, so that later ones know their neighbours on both sides, and a pass can be
done at once. All arrays have the blocks on their last axis: what lies side by side is then looked up together.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.integer]
Contexts = NDArray[np.float32]
"""`[inputs, symbols, blocks]`; whole numbers, as float32 for the network's sake."""

PASSES = (slice(0, None, 4), slice(2, None, 4), slice(1, None, 2))
UNKNOWN = -20
"""Logarithm of a unit that is 0, relative to its step."""
QUIET = -10_000
"""Size of what was never there."""
MIDDLE = 64
LARGEST = 63
PAD = 8
"""Units of nothing at both ends of a row."""
AROUND = 16
"""Units that the average around a unit is of: eight below, itself, seven above."""
NEAREST = 8
"""Units that are known in a pass, and nearest to the one asked about."""
SOURCES = 5
SELF, BEFORE, MEAN, EARLIER, OTHER = range(SOURCES)
"""Rows of sizes: the superframe itself, the one before, its average, the one before that, the channel before."""
TAPS = 14
"""Contexts that are sizes of other units."""
BAND_FACTS = 5
"""Contexts that the units of a band share."""
FRAME_FACTS = 7
"""Contexts that all units share."""
FEATURES = TAPS + 1 + BAND_FACTS + 3 + FRAME_FACTS
LEVEL_FEATURES = 8


@lru_cache(maxsize=1)
def _logs() -> NDArray[np.int16]:
    """16 log2(a), rounded, for a = 1 .. LARGEST; UNKNOWN for 0."""
    return np.array([UNKNOWN, *(round(16 * np.log2(a)) for a in range(1, LARGEST + 1))], np.int16)


def sizes_of(symbols: Whole, steps: Whole) -> Whole:
    """Logarithms of units, from `symbols` and the exponents of their steps."""
    return _logs()[np.minimum(np.abs(symbols), LARGEST)] + steps


def taps(number: int) -> tuple[tuple[int, int, int], ...]:
    """For each context of pass `number` that is a mean of two sizes: their row, and how far off they lie."""
    near = (4, 2, 1)[number]
    return (
        (BEFORE, 0, 0), (BEFORE, -1, -1), (BEFORE, 1, 1), (BEFORE, -2, 2), (BEFORE, -3, 3), (MEAN, 0, 0),
        (EARLIER, 0, 0), (EARLIER, -1, 1), (OTHER, 0, 0), (OTHER, -1, 1),
        (SELF, -near, -near), (SELF, near, near), (SELF, -3 * near, 3 * near), (SELF, -5, 5),
    )  # fmt: skip


KNOWN_TAPS = (10, 13, 14)
"""How many of the taps are known in each pass; the others are taken to be 0."""


@lru_cache(maxsize=64)
def _places(number: int, frame: int) -> tuple[Whole, Whole]:
    """Where the two sizes of each known tap of each unit of a pass lie among the rows of sizes, `[taps * units]`."""
    units = np.arange(frame)[PASSES[number]]
    width = frame + 2 * PAD
    known = taps(number)[: KNOWN_TAPS[number]]
    first, second = (
        np.concatenate([row * width + PAD + units + offsets[end] for row, *offsets in known]) for end in (0, 1)
    )
    return first, second


@dataclass
class Surroundings:
    """What is known of one superframe of one channel, in n blocks."""

    sizes: Whole
    """Int16 `[SOURCES, frame + 2 PAD, n]`, padded by `PAD` units; as quiet as the padding where there is nothing."""
    steps: Whole
    """Exponents of the steps, int16 `[frame, n]`."""
    bands: Whole
    """What the units of a band share, `[BAND_FACTS, bands, n]`, from 0 to 127."""
    facts: Whole
    """What all units share, `[FRAME_FACTS, n]`."""
    places: Whole
    """Where a unit lies, `[frame]`."""
    band_of: Whole
    """Its band, `[frame]`."""


def pass_contexts(around: Surroundings, number: int) -> Contexts:
    """Contexts `[FEATURES, units of the pass, n]` of pass `number`."""
    here = PASSES[number]
    frame, blocks = around.steps.shape
    steps = around.steps[here]
    first, second = _places(number, frame)
    rows = around.sizes.reshape(-1, blocks)
    found = rows.take(first, axis=0, mode="clip")  # none is out of range, and so it is quicker
    found += rows.take(second, axis=0, mode="clip")
    found >>= 1
    sizes = found.reshape(-1, *steps.shape)
    sizes -= steps - MIDDLE
    np.clip(sizes, 0, 127, out=sizes)
    known = len(sizes)
    contexts = np.empty((FEATURES, *steps.shape), np.float32)
    contexts[:known] = sizes
    contexts[known:TAPS] = UNKNOWN + MIDDLE
    contexts[TAPS] = _nearest(around, number) if number else UNKNOWN + MIDDLE
    contexts[TAPS + 1 : TAPS + 1 + BAND_FACTS] = around.bands[:, around.band_of[here]]
    rest = contexts[TAPS + 1 + BAND_FACTS :]
    rest[0], rest[1] = MIDDLE * (number == 0), MIDDLE * (number == 1)
    rest[2] = around.places[here, None]
    rest[3:] = around.facts[:, None]
    return contexts


def _nearest(around: Surroundings, number: int) -> Whole:
    """The mean size of the `NEAREST` known units around each unit of a pass, half of them above it, above its step.

    Beyond the first and the last known unit these are taken again.
    """
    frame = len(around.steps)
    steps = around.steps[PASSES[number]]
    known = around.sizes[SELF, PAD : PAD + frame : PASSES[number].step if number == 1 else 2]
    ends = np.repeat(known[:1], NEAREST // 2, axis=0), np.repeat(known[-1:], NEAREST // 2, axis=0)
    sums = np.concatenate([ends[0], known, *ends[1:]]).cumsum(axis=0, dtype=np.int32)
    mean = (sums[NEAREST : NEAREST + len(steps)] - sums[: len(steps)]) >> 3
    return np.asarray(np.clip(mean - steps + MIDDLE, 0, 127))


def average(sizes: Whole) -> Whole:
    """The mean of `AROUND` neighbours, rounded down, of `sizes [width, n]`; what lies outside counts as the padding."""
    below, above = (np.repeat(end, AROUND // 2, axis=0) for end in (sizes[:1], sizes[-1:]))
    padded = np.concatenate([below[:1], below, sizes, above[1:]]).cumsum(axis=0, dtype=np.int32)
    mean: Whole = (padded[AROUND:] - padded[:-AROUND]) >> 4
    return mean.astype(np.int16)


def level_contexts(levels: Whole, before: Whole, earlier: Whole, known: bool) -> tuple[Contexts, Whole]:
    """For the levels of every second band: contexts `[LEVEL_FEATURES, bands, n]`, and what they are taken to be.

    `levels`, `before` and `earlier` `[bands, n]` are those of this superframe (known only for the even bands, in the
    second pass), and of the two before. What is coded is the difference from the second result.
    """
    count = len(levels)
    here = np.arange(int(known), count, 2)
    low, high = np.maximum(here - 1, 0), np.minimum(here + 1, count - 1)
    past = before[here]
    if known:
        high = np.where(here + 1 < count, here + 1, here - 1)  # at the upper end the lower one again
        base = past + ((levels[low] + levels[high] - before[low] - before[high]) >> 1)
        near = [levels[low], levels[high]]
    else:
        base, near = past, [before[low], before[high]]
    values = [past, earlier[here], before[low], before[np.minimum(here + 1, count - 1)], *near]
    contexts = np.empty((LEVEL_FEATURES, *base.shape), np.float32)
    for k, value in enumerate(values):
        contexts[k] = 6 * (value - base) + MIDDLE
    contexts[6] = 4 * base
    np.minimum(np.maximum(contexts, 0, out=contexts), 127, out=contexts)
    contexts[7] = (here * 127 // max(count - 1, 1))[:, None]
    return contexts, base
