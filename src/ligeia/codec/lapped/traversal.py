"""The order in which the symbols of blocks come, and from which contexts: one routine for both directions.

A `Coder` is asked for symbols with their counts. The one of an encoder knows them and writes them down; that of a
decoder reads them. What the contexts are made of are the symbols that came out, so that both sides cannot drift apart.
Blocks stand side by side, and every step is done for all of them at once.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.lapped.bands import band_edges, band_of, band_tilt, log2_16
from ligeia.codec.lapped.contexts import MIDDLE, PAD, PASSES, Rows, level_contexts, pass_contexts, sizes_of
from ligeia.codec.lapped.model import LEVELS, START_LEVEL, SYMBOLS, Model
from ligeia.codec.lapped.probability import Expectation
from ligeia.codec.lapped.profiles import Profile

Whole = NDArray[np.integer]
QUIET = -10_000
"""Size of what was never there."""


class Coder(Protocol):
    """Gives the symbols of all blocks."""

    def take(self, known: Whole | None, network: Expectation, contexts: Whole) -> Whole:
        """Symbols `[blocks, n]` that are as probable as `network` says of `contexts [blocks, n, inputs]`.

        An encoder's are `known`.
        """
        ...

    def take_amounts(self, known: Whole | None, symbols: Whole) -> Whole:
        """Whole numbers `[blocks, n]`: their size is `symbols`, or more where that is the largest; and their signs."""
        ...


@dataclass
class Numbers:
    """The numbers of blocks: `splits [blocks, frames]`, `levels [blocks, frames, channels, bands]` (0: silence),
    `weights [blocks, frames, channels, frame]`, in steps."""

    splits: Whole
    levels: Whole
    weights: Whole


@dataclass(frozen=True)
class Grid:
    """What is the same for all blocks."""

    frame: int
    frames: int
    channels: int
    rate: int
    profile: Profile

    @property
    def bands(self) -> int:
        """Bands of a superframe."""
        return len(band_edges(self.frame, self.rate)) - 1

    def empty(self, blocks: int) -> Numbers:
        """Numbers that are all 0."""
        return Numbers(
            np.zeros((blocks, self.frames), np.int64),
            np.zeros((blocks, self.frames, self.channels, self.bands), np.int64),
            np.zeros((blocks, self.frames, self.channels, self.frame), np.int64),
        )


def traverse(coder: Coder, grid: Grid, steps: Whole, model: Model, known: Numbers | None) -> Numbers:
    """All numbers of the blocks whose steps have the exponents `steps [blocks]`; an encoder knows them already."""
    blocks = len(steps)
    found = grid.empty(blocks)
    _take_splits(coder, found, model, known)
    past = [_Past(grid, blocks) for _ in range(grid.channels)]
    for frame in range(grid.frames):
        other: Whole | None = None
        for channel in range(grid.channels):
            spot = (slice(None), frame, channel)
            if grid.profile.levelled:
                found.levels[spot] = _take_levels(
                    coder, past[channel], model, None if known is None else known.levels[spot]
                )
            rows = _rows(grid, steps, found, frame, channel, past[channel], other)
            wanted = None if known is None else known.weights[spot]
            found.weights[spot] = _take_row(coder, rows, model, wanted)
            past[channel].push(rows.sizes, found.levels[spot])
            other = rows.sizes
    return found


def exponents(grid: Grid, steps: Whole, levels: Whole) -> Whole:
    """The exponents of the bands' steps, in sixteenths of an octave, for `levels [blocks, ..., bands]`."""
    profile = grid.profile
    own = steps.reshape(-1, *(1,) * (levels.ndim - 1))
    tilt = band_tilt(grid.frame, grid.rate) * profile.tilt >> 4
    return own + tilt + profile.slope * levels


class _Past:
    """The two superframes before, of one channel."""

    def __init__(self, grid: Grid, blocks: int) -> None:
        self.sizes = [np.full((blocks, grid.frame + 2 * PAD), QUIET)] * 2
        self.levels = [np.full((blocks, grid.bands), START_LEVEL)] * 2

    def push(self, sizes: Whole, levels: Whole) -> None:
        self.sizes = [sizes, self.sizes[0]]
        self.levels = [levels, self.levels[0]]


def _take_splits(coder: Coder, found: Numbers, model: Model, known: Numbers | None) -> None:
    before: Whole = np.zeros(len(found.splits), np.int64)
    for frame in range(found.splits.shape[1]):
        wanted = None if known is None else known.splits[:, frame : frame + 1]
        found.splits[:, frame] = before = coder.take(wanted, model.splits, before[:, None, None])[:, 0]


def _take_levels(coder: Coder, past: _Past, model: Model, known: Whole | None) -> Whole:
    """The levels of a superframe, `[blocks, bands]`: even bands first."""
    levels = np.zeros_like(past.levels[0])
    for odd in (0, 1):
        if levels.shape[1] <= odd:
            break
        contexts, base = level_contexts(levels, past.levels[0], past.levels[1], bool(odd))
        base = np.clip(base, 0, LEVELS - 1)
        wanted = None if known is None else (known[:, odd::2] - base + LEVELS // 2) % LEVELS
        taken = coder.take(wanted, model.levels[odd], contexts)
        levels[:, odd::2] = (base + taken - LEVELS // 2) % LEVELS
    return levels


def _rows(grid: Grid, steps: Whole, found: Numbers, frame: int, channel: int, past: _Past, other: Whole | None) -> Rows:
    blocks = len(steps)
    levels = found.levels[:, frame, channel]
    which = band_of(grid.frame, grid.rate)
    exponent = exponents(grid, steps, levels)[:, which]
    if grid.profile.levelled:
        low, high = np.maximum(which - 1, 0), np.minimum(which + 1, grid.bands - 1)
        own, below, above = (16 * levels[:, index] for index in (which, low, high))
    else:
        own = below = above = exponent
    split = found.splits[:, frame]
    changed = split != (found.splits[:, frame - 1] if frame else split)
    facts = [split == 0, split == 1, split >= 2, changed, np.full(blocks, frame == 0), np.full(blocks, channel > 0)]
    return Rows(
        np.full((blocks, grid.frame + 2 * PAD), QUIET), past.sizes[0], past.sizes[1],
        np.full((blocks, grid.frame + 2 * PAD), QUIET) if other is None else other,
        exponent, own, below, above, MIDDLE * np.stack(facts, axis=1), places(grid.frame, grid.rate),
    )  # fmt: skip


@lru_cache(maxsize=64)
def places(frame: int, rate: int) -> Whole:
    """Where each unit lies, `[frame, 1]`: 16 log2(frequency / 62.5 Hz), from 0 to 127."""
    doubled = (2 * np.arange(frame) + 1) * rate  # 4 * frame * frequency
    return np.array([[min(max(log2_16(int(value)) - log2_16(250 * frame), 0), 127)] for value in doubled])


def _take_row(coder: Coder, rows: Rows, model: Model, known: Whole | None) -> Whole:
    """The weights of a superframe, `[blocks, frame]`; `rows.sizes` is filled in."""
    blocks, frame = rows.steps.shape
    weights = np.zeros((blocks, frame), np.int64)
    for number, here in enumerate(PASSES):
        contexts = pass_contexts(rows, number)
        wanted = None if known is None else known[:, here]
        symbols = coder.take(
            None if wanted is None else np.minimum(np.abs(wanted), SYMBOLS - 1), model.weights, contexts
        )
        weights[:, here] = coder.take_amounts(wanted, symbols)
        inside = slice(PAD + (here.start or 0), PAD + frame, here.step)
        rows.sizes[:, inside] = sizes_of(weights[:, here], rows.steps[:, here])
    return weights
