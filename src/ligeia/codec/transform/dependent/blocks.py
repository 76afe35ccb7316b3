"""What both directions know of the frames of a block: the state from which contexts are made."""

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.transform.dependent import signs, surroundings
from ligeia.codec.transform.dependent.memory import Memory
from ligeia.codec.transform.dependent.trellis import half_steps, quantisers_of
from ligeia.codec.transform.scale_factors import BlockFormat

Integers = NDArray[np.integer]
HISTORY = 3
"""Frames before that are looked at."""


class Frames:
    """The frames of blocks one after the other, as a decoder knows them; the columns are the blocks."""

    def __init__(self, layout: BlockFormat, switching: Integers) -> None:
        current, columns = switching.T, len(switching)
        before = np.concatenate([current[:1], current[:-1]])
        first = np.zeros(current.shape, bool)
        first[0] = True
        self._facts, self._long = surroundings.frame_facts(current, before, first), _long(current, before)
        size = layout.frame_size
        views = np.zeros((surroundings.VIEWS, size + 2 * surroundings.PAD, columns), np.int16)
        self._past, self._memory = (views,) * HISTORY, Memory((size, columns))
        self._values = np.zeros((3, size + 2 * signs.REACH, columns), np.int32)
        self._pitches = surroundings.pitches(size, layout.rate)
        self._predicted = signs.last_predicted(size, layout.rate)

    def begin(self, frame: int, quantisers: Integers) -> tuple[surroundings.Surroundings, signs.Values]:
        """Return the surroundings of a frame's coefficients, whose `quantisers [frame_size, n]` are known."""
        rows = surroundings.rows_of_past(self._past, self._memory.contexts())
        weights, signed = np.ones(quantisers.shape, np.int32), np.zeros(rows.shape[1:], np.int32)
        around = surroundings.Surroundings(rows, quantisers, self._facts[:, frame], self._pitches, weights, signed)
        self._values[1:] = self._values[:-1].copy()
        self._values[0] = 0
        return around, signs.Values(self._values, self._long[:, frame], self._pitches, self._predicted)

    def end(self, halves: Integers, quantisers: Integers) -> None:
        """Take in a frame that is coded, `[frame_size, n]` in half steps."""
        self._past = (surroundings.views_of(halves, quantisers), *self._past[:-1])
        self._memory.take_in(surroundings.weights_of(halves))


def all_frames(
    layout: BlockFormat, switching: Integers, levels: Integers
) -> tuple[surroundings.Surroundings, signs.Values]:
    """Return the surroundings of all coefficients of `levels [frames, blocks, frame_size]`, which are known.

    The columns are those of all frames of all blocks, `frames * blocks`.
    """
    frames, blocks, size = levels.shape
    quantisers = quantisers_of(levels)
    halves = half_steps(levels, quantisers)
    columns = frames * blocks
    by_unit, of_quantisers = (np.ascontiguousarray(v.reshape(columns, size).T) for v in (halves, quantisers))
    views = surroundings.views_of(by_unit, of_quantisers)
    past = tuple(_later(views, blocks * ago) for ago in range(1, HISTORY + 1))
    current = switching.T.reshape(-1)
    before = np.concatenate([switching[:, 0], current[:-blocks]])
    facts = surroundings.frame_facts(current, before, np.arange(columns) < blocks)
    pitches = surroundings.pitches(size, layout.rate)
    weights, memory = surroundings.weights_of(by_unit), Memory.of_frames(by_unit, blocks)
    rows, signed = surroundings.rows_of_past(past, memory), np.zeros(views.shape[1:], np.int32)
    around = surroundings.Surroundings(rows, of_quantisers, facts, pitches, weights, signed)
    around.note(slice(None), by_unit)
    own = np.zeros((1, size + 2 * signs.REACH, columns), np.int32)
    own[0, signs.REACH : signs.REACH + size] = by_unit
    values = np.concatenate([own, _later(own, blocks), _later(own, 2 * blocks)])
    predicted = signs.last_predicted(size, layout.rate)
    return around, signs.Values(values, _long(current, before), pitches, predicted)


def _later(views: NDArray[np.signedinteger], columns: int) -> NDArray[np.signedinteger]:
    """Move views by so many columns; nothing comes before the first frame."""
    moved = np.zeros_like(views)
    moved[..., columns:] = views[..., : views.shape[-1] - columns]
    return moved


def _long(current: Integers, before: Integers) -> NDArray[np.int16]:
    """Return contexts that tell where frames, and those before them, are long blocks, `[2, n]`."""
    flags = np.stack([current == 0, before == 0])
    return (surroundings.MIDDLE * flags).astype(np.int16)
