"""Blocks to and from compiled loops: what `entropy` and `syntax` do together, with the same results."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.transform import context_model as rules
from ligeia.codec.transform.compiled import ans, coefficients, contexts, kept, scale_factors
from ligeia.codec.transform.context_model import BIT
from ligeia.codec.transform.entropy import LENGTH_BITS, Reader, words_of
from ligeia.codec.transform.quantiser import Spectra
from ligeia.codec.transform.scale_factors import BlockFormat, Integers, profile_of, step_exponents
from ligeia.codec.transform.syntax import band_facts, code_spectra, duration, pitches

NO_STACKS = ans.Stacks(np.zeros(0, np.uint32), np.zeros(0, np.int64), np.zeros((0, 2), np.uint64))
MOST_WORDS = 4
"""Words that a coefficient takes at most: a symbol, the number of its further bits, those, and a sign."""


class Tables:
    """The arrays of a model, as compiled loops take them."""

    def __init__(self, model: rules.Model) -> None:
        self.coefficients = _one_output(model.coefficients)
        self.starts = _starts(model.coefficients)
        signed = np.arange(rules.SYMBOLS) > 0
        self.bits = model.coefficients.bits + signed
        self.counted = model.coefficients.counted_bits + signed * BIT
        even, odd = (_two_outputs(network) for network in model.scale_factors)
        self.scale_factors = even, odd
        self.switching, self.splits = model.switching, _starts(model.switching)


@lru_cache(maxsize=8)
def _tables(model: rules.Model) -> Tables:
    return Tables(model)


def _starts(table: rules.CountTable) -> NDArray[np.uint32]:
    return np.pad(table.counts.cumsum(axis=1), ((0, 0), (1, 0))).astype(np.uint32)


def _one_output(network: rules.ContextNetwork) -> contexts.Network:
    (hidden, bias), (output, output_bias) = network.scaled
    return contexts.Network(hidden, bias[:, 0].copy(), output[0].copy(), np.float32(output_bias[0, 0]))


def _two_outputs(network: rules.ContextNetwork) -> scale_factors.Network:
    (hidden, bias), (output, output_bias) = network.scaled
    counted = network.counted_bits
    return scale_factors.Network(hidden, bias[:, 0].copy(), output, output_bias[:, 0].copy(), _starts(network), counted)


def check() -> None:
    """Compile or load everything, and let it code a block there and back.

    Raises:
        RuntimeError: numpy does not read what was written.
    """
    layout, steps, generator = BlockFormat(64, 2, 2, 44100, profile_of(2)), np.array([0]), np.random.default_rng(0)
    model, source = rules.shipped_model("music"), Spectra.zeros(layout, 1)
    source.scale_factors[:] = generator.integers(0, 48, source.scale_factors.shape)
    source.coefficients[:] = generator.integers(-30, 31, source.coefficients.shape)
    bodies = trace_spectra(layout, steps, model, source).bodies()
    written, valid = read_spectra(bodies, layout, steps, model)
    slowly = code_spectra(Reader(bodies), layout, steps, model, None)
    for spectra in (written, slowly):
        if not valid.all() or not np.array_equal(spectra.coefficients, source.coefficients):
            raise RuntimeError("compiled loops do not give the integers that numpy gives")
    kept.set_complete()


def read_spectra(
    bodies: list[bytes], layout: BlockFormat, steps: Integers, model: rules.Model
) -> tuple[Spectra, NDArray[np.bool_]]:
    """Return what the symbols of blocks stand for, and which blocks end as they should, `[blocks]`."""
    tables, stacks, spectra = _tables(model), _stacks(bodies), Spectra.zeros(layout, len(bodies))
    ans.start_all(stacks)
    scale_factors.code(tables.scale_factors, tables.splits, stacks, _levels(layout, spectra))
    known = _known(layout, steps, spectra)
    coefficients.read(stacks, known, tables.coefficients, tables.starts, spectra.coefficients)
    whole = np.array([len(body) % 4 == 0 for body in bodies], bool)
    return spectra, whole & np.logical_not(stacks.coders.any(axis=1))


@dataclass(frozen=True)
class Traced:
    """Blocks that have been rounded and measured, and can be written."""

    spectra: Spectra
    bits: NDArray[np.float64]
    """Bits of each block, `[blocks]`."""
    _levels: scale_factors.Spectra
    _rows: NDArray[np.uint8]
    _tables: Tables

    def bodies(self) -> list[bytes]:
        """Return the bytes of each block."""
        return [self._body(block) for block in range(len(self.bits))]

    def _body(self, block: int) -> bytes:
        tables, integers = self._tables, self.spectra.coefficients[block]
        symbols = self._levels.switching.shape[1] + self._levels.symbols[block].size
        words, coder = np.empty(MOST_WORDS * integers.size + symbols + 2, np.uint32), np.zeros(2, np.uint64)
        coefficients.write(words, coder, tables.starts, integers, self._rows[block])
        scale_factors.write(words, coder, tables.scale_factors, tables.splits, self._levels, block)
        ans.finish(words, coder)
        return words[: int(coder[1])].astype("<u4").tobytes()


def trace_spectra(
    layout: BlockFormat, steps: Integers, model: rules.Model, source: Spectra, lagrangian: float = 0.0
) -> Traced:
    """Round and measure blocks, as `entropy.Meter` does."""
    tables, spectra = _tables(model), Spectra.zeros(layout, len(steps))
    spectra.switching[:], spectra.scale_factors[:] = source.switching, source.scale_factors
    levels, rows = _levels(layout, spectra), np.empty(spectra.coefficients.shape, np.uint8)
    scale_factors.code(tables.scale_factors, tables.splits, NO_STACKS, levels)
    rounding = coefficients.Rounding(float(lagrangian), tables.bits, tables.counted, LENGTH_BITS)
    known, exact = _known(layout, steps, spectra), source.coefficients.astype(np.float64)
    bits = coefficients.trace(known, tables.coefficients, rounding, exact, spectra.coefficients, rows)
    return Traced(spectra, (bits + _bits_of_levels(levels, tables)) / BIT, levels, rows, tables)


def _stacks(bodies: list[bytes]) -> ans.Stacks:
    words = [words_of(body) for body in bodies]
    counts = np.array([len(each) for each in words], np.int64)
    coders = np.stack([np.zeros_like(counts), counts], axis=1).astype(np.uint64)
    # One more, so that there are words to read even where all blocks are empty.
    return ans.Stacks(np.concatenate([*words, np.zeros(1, np.uint32)]), counts.cumsum() - counts, coders)


def _levels(layout: BlockFormat, spectra: Spectra) -> scale_factors.Spectra:
    """The arrays for the symbols of scale factors, without frames where the profile has none."""
    blocks, frames, *rest = spectra.scale_factors.shape
    shape = (blocks, frames if layout.profile.has_scale_factors else 0, *rest)
    symbols, rows = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    return scale_factors.Spectra(spectra.switching, spectra.scale_factors, symbols, rows)


def _known(layout: BlockFormat, steps: Integers, spectra: Spectra) -> coefficients.Blocks:
    exponents = step_exponents(layout, steps, spectra.scale_factors)
    return coefficients.Blocks(
        exponents.astype(np.int16),
        band_facts(layout, exponents, spectra.scale_factors),
        spectra.switching,
        pitches(layout.frame_size, layout.rate),
        layout.band_of,
        duration(layout.frame_size, layout.rate),
    )


def _bits_of_levels(levels: scale_factors.Spectra, tables: Tables) -> NDArray[np.int64]:
    """The bits of window switching and scale factors, `[blocks]`, in units of 1 / `BIT`."""
    before = np.pad(levels.switching[:, :-1], ((0, 0), (1, 0)))
    total: NDArray[np.int64] = tables.switching.counted_bits[before, levels.switching].sum(axis=1)
    even = (levels.symbols.shape[-1] + 1) // 2
    for network, part in zip(tables.scale_factors, (np.s_[..., :even], np.s_[..., even:]), strict=True):
        total += network.counted[levels.rows[part], levels.symbols[part]].sum(axis=(1, 2, 3))
    return total
