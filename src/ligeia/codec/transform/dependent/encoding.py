"""Levels to symbols: as all of them are known, the contexts of all frames are made at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.transform.context_model import BIT, SYMBOLS, CountTable
from ligeia.codec.transform.dependent.blocks import all_frames
from ligeia.codec.transform.dependent.model import PASSES, DependentModel
from ligeia.codec.transform.dependent.surroundings import PASSES as CHOSEN
from ligeia.codec.transform.dependent.trellis import half_steps
from ligeia.codec.transform.entropy import LENGTH_BITS, Writer
from ligeia.codec.transform.quantiser import Spectra
from ligeia.codec.transform.scale_factors import BlockFormat, Reals

Integers = NDArray[np.integer]
LAST = SYMBOLS - 1
"""The symbol of all larger sizes."""


@dataclass(frozen=True)
class Pass:
    """The symbols of a pass, `[coefficients, frames, blocks]`."""

    levels: Integers
    size_rows: Integers
    sign_rows: Integers
    negative: NDArray[np.bool_]
    """Signs as they are coded: turned with their surroundings."""


def passes_of(layout: BlockFormat, model: DependentModel, spectra: Spectra) -> list[Pass]:
    """Return all symbols of blocks of levels, with the rows of their tables."""
    levels = np.moveaxis(spectra.coefficients[:, :, 0], 0, 1).astype(np.int64)  # [frames, blocks, frame_size]
    around, values = all_frames(layout, spectra.switching, levels)
    by_unit = np.moveaxis(levels, -1, 0).reshape(layout.frame_size, -1)
    passes, shape = [], (-1, *levels.shape[:2])
    for number, chosen in enumerate(CHOSEN):
        current = by_unit[chosen]
        sizes = half_steps(np.abs(current), around.quantisers[chosen])
        rows, turned = model.sign_rows(values, number, sizes)
        coded = (current, model.size_rows(around, number), rows, current * turned < 0)
        passes.append(Pass(*(each.reshape(shape) for each in coded)))
    return passes


def bits_of_blocks(passes: list[Pass], spectra: Spectra, model: DependentModel) -> Reals:
    """Return the bits of blocks, `[blocks]`."""
    counted = _switching_bits(spectra, model.switching)
    for each, sizes, signs in zip(passes, model.size_tables, model.sign_tables, strict=True):
        values = np.abs(each.levels)
        counted += sizes.counted_bits[each.size_rows, np.minimum(values, LAST)].sum(axis=(0, 1))
        counted += (signs.counted_bits[each.sign_rows, each.negative.astype(np.int64)] * (values > 0)).sum(axis=(0, 1))
        large = values >= LAST
        if large.any():
            further = np.floor(np.log2(np.maximum(values - (LAST - 1), 1))).astype(np.int64)
            counted += (large * (LENGTH_BITS + BIT * further)).sum(axis=(0, 1))
    return counted / BIT


def _switching_bits(spectra: Spectra, table: CountTable) -> NDArray[np.int64]:
    before = np.pad(spectra.switching[:, :-1], ((0, 0), (1, 0)))
    bits: NDArray[np.int64] = table.counted_bits[before, spectra.switching].sum(axis=1)
    return bits


def written(passes: list[Pass], spectra: Spectra, model: DependentModel) -> list[bytes]:
    """Return the bytes of blocks."""
    blocks, frames = spectra.switching.shape
    writer = Writer(blocks)
    before: Integers = np.zeros(blocks, np.int64)
    for frame in range(frames):
        symbols = spectra.switching[:, frame : frame + 1]
        writer.code(symbols, model.switching, before[None, None].astype(np.float32))
        before = symbols[:, 0]
    for frame in range(frames):
        for number in range(PASSES):
            for block in range(blocks):
                _write_pass(writer, model, number, passes[number], (frame, block))
    return writer.finish()


def _write_pass(writer: Writer, model: DependentModel, number: int, coded: Pass, at: tuple[int, int]) -> None:
    """Write what a pass holds of a frame and block."""
    place, block = (slice(None), *at), at[1]
    levels = coded.levels[place]
    sizes, heard = np.abs(levels), levels != 0
    writer.code_in(block, np.minimum(sizes, LAST), model.size_tables[number], coded.size_rows[place])
    writer.code_large(block, sizes)
    negative, rows = coded.negative[place][heard], coded.sign_rows[place][heard]
    writer.code_in(block, negative, model.sign_tables[number], rows)
