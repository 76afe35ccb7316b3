"""The order in which the symbols of blocks come, and from which contexts: one routine for both directions.

A `Coder` is asked for symbols with their counts. The one of an encoder knows them and writes them down; that of a
decoder reads them. What the contexts are made of are the symbols that came out, so that both sides cannot drift apart.
Blocks stand side by side, and every step is done for all of them at once.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.transform.context_model import LEVELS, START_LEVEL, Expectation, Model
from ligeia.codec.transform.contexts import (
    BAND_FACTS,
    BEFORE,
    EARLIER,
    MEAN,
    MIDDLE,
    OTHER,
    PAD,
    PASSES,
    QUIET,
    SELF,
    SOURCES,
    Contexts,
    Surroundings,
    average,
    level_contexts,
    pass_contexts,
    sizes_of,
)  # fmt: skip
from ligeia.codec.transform.scale_factors import Profile, band_edges, band_of, exponents, log2_16

Whole = NDArray[np.integer]
Known = NDArray[Any]
"""What an encoder knows of weights: whole numbers of steps, or parts of them where its coder rounds."""


class Coder(Protocol):
    """Gives the symbols of all blocks."""

    def take(self, known: Whole | None, network: Expectation, contexts: Contexts) -> Whole:
        """Symbols `[blocks, n]` that are as probable as `network` says of `contexts [inputs, n, blocks]`.

        An encoder's are `known`.
        """
        ...

    def take_weights(self, known: Known | None, network: Expectation, contexts: Contexts) -> Whole:
        """Weights in steps, `[blocks, n]`, whose sizes are as probable as `network` says: symbols, and what they leave
        open. An encoder's are `known`."""
        ...


@dataclass
class Numbers:
    """The numbers of blocks: `splits [blocks, frames]`, `levels [blocks, frames, channels, bands]` (0: silence),
    `weights [blocks, frames, channels, frame]`, in steps."""

    splits: Whole
    levels: Whole
    weights: Known


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
    found = grid.empty(len(steps))
    _take_splits(coder, found, model, known)
    if grid.profile.levelled:
        _take_levels(coder, found, model, known)
    _take_weights(coder, grid, steps, found, model, known)
    return found


def _take_splits(coder: Coder, found: Numbers, model: Model, known: Numbers | None) -> None:
    before: Whole = np.zeros(len(found.splits), np.int64)
    for frame in range(found.splits.shape[1]):
        wanted = None if known is None else known.splits[:, frame : frame + 1]
        found.splits[:, frame] = before = coder.take(wanted, model.splits, before[None, None].astype(np.float32))[:, 0]


def _take_levels(coder: Coder, found: Numbers, model: Model, known: Numbers | None) -> None:
    """The levels of all superframes: in each the even bands first."""
    blocks, frames, channels, bands = found.levels.shape
    start = np.full((bands, blocks), START_LEVEL)
    past = [(start, start)] * channels
    for frame in range(frames):
        for channel in range(channels):
            own = np.zeros_like(start)
            for odd in range(min(2, bands)):
                contexts, base = level_contexts(own, *past[channel], bool(odd))
                base = np.minimum(np.maximum(base, 0), LEVELS - 1).T
                wanted = None if known is None else known.levels[:, frame, channel, odd::2]
                symbols = None if wanted is None else (wanted - base + LEVELS // 2) % LEVELS
                taken = coder.take(symbols, model.levels[odd], contexts)
                own[odd::2] = ((base + taken - LEVELS // 2) % LEVELS).T
            found.levels[:, frame, channel] = own.T
            past[channel] = (own, past[channel][0])


def _take_weights(coder: Coder, grid: Grid, steps: Whole, found: Numbers, model: Model, known: Numbers | None) -> None:
    """The weights of all superframes, whose splits and levels are known."""
    own = exponents(grid.profile, grid.frame, grid.rate, steps, found.levels)
    shared = np.ascontiguousarray(np.moveaxis(_band_facts(grid, own, found.levels), 1, -1))
    own = np.ascontiguousarray(np.moveaxis(own, 0, -1)).astype(np.int16)  # [frames, channels, bands, blocks]
    which, where = band_of(grid.frame, grid.rate), places(grid.frame, grid.rate)
    past = [np.full((SOURCES, grid.frame + 2 * PAD, len(steps)), QUIET, np.int16) for _ in range(grid.channels)]
    for frame in range(grid.frames):
        for channel in range(grid.channels):
            sizes = past[channel]
            sizes[EARLIER] = sizes[BEFORE]
            sizes[BEFORE] = sizes[SELF]
            sizes[MEAN] = average(sizes[BEFORE])
            sizes[SELF] = QUIET
            if channel:
                sizes[OTHER] = past[channel - 1][SELF]
            facts = _facts(grid, found.splits, frame, channel)
            around = Surroundings(sizes, own[frame, channel][which], shared[:, frame, channel], facts, where, which)
            wanted = None if known is None else known.weights[:, frame, channel]
            found.weights[:, frame, channel] = _take_row(coder, around, model, wanted)


def _band_facts(grid: Grid, own: Whole, levels: Whole) -> Whole:
    """What the units of a band share, `[facts, blocks, frames, channels, bands]`: levels around it, above its step."""
    if not grid.profile.levelled:
        return np.full((BAND_FACTS, *levels.shape), MIDDLE, np.int16)
    facts = np.stack(
        [
            levels,
            np.concatenate([levels[..., :1], levels[..., :-1]], axis=-1),
            np.concatenate([levels[..., 1:], levels[..., -1:]], axis=-1),
            np.concatenate([levels[:, :1], levels[:, :-1]], axis=1),
            np.concatenate([levels[:, 1:], levels[:, -1:]], axis=1),
        ]
    )
    return np.clip(16 * facts - own + MIDDLE, 0, 127).astype(np.int16)


def _facts(grid: Grid, splits: Whole, frame: int, channel: int) -> Whole:
    """What all units of a superframe share, `[facts, blocks]`."""
    split = splits[:, frame]
    changed = split != splits[:, max(frame - 1, 0)]
    first, later = np.full(len(split), frame == 0), np.full(len(split), channel > 0)
    length = np.full(len(split), duration(grid.frame, grid.rate))
    return np.stack([*(MIDDLE * fact for fact in (split == 0, split == 1, split >= 2, changed, first, later)), length])


def duration(frame: int, rate: int) -> int:
    """How long a superframe is: 16 log2(milliseconds), from 0 to 127."""
    return min(max(log2_16(1000 * frame) - log2_16(rate), 0), 127)


@lru_cache(maxsize=64)
def places(frame: int, rate: int) -> Whole:
    """Where each unit lies, `[frame]`: 16 log2(frequency / 62.5 Hz), from 0 to 127."""
    doubled = (2 * np.arange(frame) + 1) * rate  # 4 * frame * frequency
    return np.array([min(max(log2_16(int(value)) - log2_16(250 * frame), 0), 127) for value in doubled])


def _take_row(coder: Coder, around: Surroundings, model: Model, known: Known | None) -> Whole:
    """The weights of a superframe, `[blocks, frame]`; the sizes around are filled in."""
    frame, blocks = around.steps.shape
    weights = np.zeros((blocks, frame), np.int64)
    inside = around.sizes[SELF, PAD : PAD + frame]
    for number, here in enumerate(PASSES):
        wanted = None if known is None else known[:, here]
        weights[:, here] = coder.take_weights(wanted, model.weights, pass_contexts(around, number))
        inside[here] = sizes_of(weights[:, here].T, around.steps[here])
    return weights
