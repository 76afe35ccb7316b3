"""Symbols to levels: frame by frame, pass by pass, all blocks side by side (FORMAT.md §8.8)."""

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.transform.dependent import signs, surroundings
from ligeia.codec.transform.dependent.blocks import Frames
from ligeia.codec.transform.dependent.model import DependentModel
from ligeia.codec.transform.dependent.trellis import following, half_steps
from ligeia.codec.transform.entropy import Reader
from ligeia.codec.transform.quantiser import Spectra
from ligeia.codec.transform.scale_factors import BlockFormat

Integers = NDArray[np.integer]


def read_levels(bodies: list[bytes], layout: BlockFormat, model: DependentModel) -> tuple[Spectra, NDArray[np.bool_]]:
    """Return the levels that the symbols of blocks stand for, and which blocks are symbols to their end, `[blocks]`."""
    reader, spectra = Reader(bodies), Spectra.zeros(layout, len(bodies))
    before: Integers = np.zeros(len(bodies), np.int64)
    for frame in range(layout.frames):
        before = reader.code(None, model.switching, before[None, None].astype(np.float32))[:, 0]
        spectra.switching[:, frame] = before
    frames = Frames(layout, spectra.switching)
    states: NDArray[np.int8] = np.zeros((layout.frame_size, len(bodies)), np.int8)
    for frame in range(layout.frames):
        quantisers = states & 1
        levels = _read_frame(reader, model, frames.begin(frame, quantisers))
        frames.end(half_steps(levels, quantisers), quantisers)
        states = following(states, levels)
        spectra.coefficients[:, frame, 0] = levels.T
    return spectra, reader.finish()


def _read_frame(
    reader: Reader, model: DependentModel, known: tuple[surroundings.Surroundings, signs.Values]
) -> Integers:
    """Read the levels of a frame, `[frame_size, n]`."""
    around, values = known
    levels = np.zeros(around.quantisers.shape, np.int64)
    own = values.rows[0, signs.REACH : signs.REACH + len(levels)]
    for number, chosen in enumerate(surroundings.PASSES):
        rows = model.size_rows(around, number)[None].astype(np.float32)
        sizes = reader.code(None, model.size_tables[number], rows)
        reader.code_large(sizes)
        quantisers, current = around.quantisers[chosen], sizes.T
        sign_rows, turned = model.sign_rows(values, number, half_steps(current, quantisers))
        for block, column in enumerate(current.T):
            places = np.flatnonzero(column)
            negative = reader.code_in(block, model.sign_tables[number], sign_rows[places, block])
            column[places] *= (1 - 2 * negative) * turned[places, block]
        levels[chosen] = current
        halves = half_steps(current, quantisers)
        own[chosen] = halves
        around.note(chosen, halves)
    return levels
