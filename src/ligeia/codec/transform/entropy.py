"""Coders for `code_spectra`: one that writes symbols by ANS, one that reads them, and one that only counts bits.

The coders of an encoder can round, too: with a Lagrangian they take real numbers of steps, and choose between the
nearest integer and the next one towards 0 by cost, which is the squared error, in steps, plus the Lagrangian times the
bits (rate-distortion-optimised quantisation).
"""

from typing import Any

import constriction
import numpy as np
from numpy.typing import NDArray

from ligeia.codec.transform.context_model import BIT, SYMBOLS, Contexts, CountTable
from ligeia.codec.transform.scale_factors import Integers, Reals

_FAMILY = constriction.stream.model.Categorical(perfect=False)
MAX_EXTRA = 20
"""A coefficient beyond the largest symbol has at most this many further bits."""
LENGTH_BITS = round(np.log2(MAX_EXTRA) * BIT)
"""Bits of their number, in units of 1 / `BIT`."""
_LENGTH = constriction.stream.model.Uniform(MAX_EXTRA)
_BITS = [constriction.stream.model.Uniform(1 << bits) for bits in range(1, 21)]

_Run = tuple[NDArray[np.int32], Any, NDArray[np.uint8] | None]
"""Symbols, their model, and the rows of its table; without rows, the model is one of constriction's."""


class Writer:
    """Collects symbols; `finish` returns the bytes of each block."""

    def __init__(self, blocks: int, lagrangian: float = 0.0) -> None:
        self._runs: list[list[_Run]] = [[] for _ in range(blocks)]
        self._lagrangian = lagrangian

    def code(self, symbols: Integers | None, model: CountTable, contexts: Contexts) -> Integers:
        """Write symbols."""
        assert symbols is not None
        self._write(symbols, model, model.rows(contexts).T)
        return symbols

    def code_coefficients(self, coefficients: NDArray[Any] | None, model: CountTable, contexts: Contexts) -> Integers:
        """Write symbols, and what they leave open."""
        assert coefficients is not None
        rows = model.rows(contexts).T
        integers = optimal_rounding(coefficients, model, rows, self._lagrangian) if self._lagrangian else coefficients
        self._write(symbols_of(integers), model, rows)
        for block, row in enumerate(integers):
            self.code_large(block, row)
            signs = row[row != 0] < 0
            if len(signs):
                self._runs[block].append((signs.astype(np.int32), _BITS[0], None))
        return integers

    def code_large(self, block: int, integers: Integers) -> None:
        """Write what the last symbol leaves open of sizes in a block."""
        for number in np.abs(integers[np.abs(integers) >= SYMBOLS - 1]) - (SYMBOLS - 2):
            bits = int(number).bit_length()  # 1 or more
            self._runs[block].append((np.array([bits - 1], np.int32), _LENGTH, None))
            if bits > 1:
                self._runs[block].append((np.array([number - (1 << bits - 1)], np.int32), _BITS[bits - 2], None))

    def code_in(self, block: int, symbols: Integers, model: CountTable, rows: Integers) -> None:
        """Write symbols of one block."""
        if len(symbols):
            self._runs[block].append((symbols.astype(np.int32), model, rows.astype(np.uint8)))

    def _write(self, symbols: Integers, model: CountTable, rows: Integers) -> None:
        small = rows.astype(np.uint8)  # frequencies are looked up when they are used: they take 144 bytes a symbol
        for runs, block, block_rows in zip(self._runs, symbols, small, strict=True):
            runs.append((block.astype(np.int32), model, block_rows))

    def finish(self) -> list[bytes]:
        """Return the bytes of each block."""
        return [_ans_coded(runs) for runs in self._runs]


def _ans_coded(runs: list[_Run]) -> bytes:
    coder = constriction.stream.stack.AnsCoder()
    for symbols, model, rows in reversed(runs):  # a stack: the last one in is the first one out
        if rows is None:
            coder.encode_reverse(symbols, model)
        else:
            coder.encode_reverse(symbols, _FAMILY, model.frequencies[rows])
    return np.asarray(coder.get_compressed(), dtype="<u4").tobytes()


def words_of(data: bytes) -> NDArray[np.uint32]:
    """Return the words of a block, without those at the end that are 0: padding."""
    words = np.frombuffer(data[: len(data) // 4 * 4], dtype="<u4").astype(np.uint32)
    return words[: np.max(np.flatnonzero(words), initial=-1) + 1]


class Reader:
    """Reads what `Writer` wrote.

    Blocks whose bytes are not coded symbols decode to arbitrary integers; `finish` tells which blocks are valid.
    """

    def __init__(self, blocks: list[bytes]) -> None:
        self._coders, self._valid = [], np.ones(len(blocks), bool)
        for k, data in enumerate(blocks):
            self._valid[k] = len(data) % 4 == 0
            self._coders.append(constriction.stream.stack.AnsCoder(words_of(data)))

    def code(self, symbols: Integers | None, model: CountTable, contexts: Contexts) -> Integers:
        """Read symbols."""
        frequencies = model.frequencies[model.rows(contexts).T]
        decoded = [coder.decode(_FAMILY, each) for coder, each in zip(self._coders, frequencies, strict=True)]
        return np.stack(decoded).astype(np.int64)

    def code_coefficients(self, coefficients: NDArray[Any] | None, model: CountTable, contexts: Contexts) -> Integers:
        """Read symbols, and what they leave open."""
        integers = self.code(None, model, contexts)
        counts = np.count_nonzero(integers, axis=1).tolist()
        self.code_large(integers)
        signs = [coder.decode(_BITS[0], n) for coder, n in zip(self._coders, counts, strict=True) if n]
        if signs:
            integers[integers != 0] *= 1 - 2 * np.concatenate(signs).astype(np.int64)
        return integers

    def code_large(self, integers: Integers) -> None:
        """Read what the last symbol leaves open of sizes `[blocks, n]`."""
        large = integers == SYMBOLS - 1
        if large.any():
            for block, place in zip(*np.nonzero(large), strict=True):
                integers[block, place] = self._large_size(block)

    def code_in(self, block: int, model: CountTable, rows: Integers) -> Integers:
        """Read symbols of one block, one in each row."""
        if not len(rows):
            return np.zeros(0, np.int64)
        return np.asarray(self._coders[block].decode(_FAMILY, model.frequencies[rows]), np.int64)

    def _large_size(self, block: int) -> int:
        """Return a size beyond the symbols."""
        coder = self._coders[block]
        bits = int(coder.decode(_LENGTH, 1)[0])
        return SYMBOLS - 2 + (1 << bits) + (int(coder.decode(_BITS[bits - 1], 1)[0]) if bits else 0)

    def finish(self) -> NDArray[np.bool_]:
        """Return which blocks were coded symbols to the end, `[blocks]`."""
        empty = np.array([coder.is_empty() for coder in self._coders], dtype=bool)
        return np.asarray(self._valid & empty)


class Meter:
    """Adds up the bits of each block."""

    def __init__(self, blocks: int, lagrangian: float = 0.0) -> None:
        self._counted = np.zeros(blocks, np.int64)
        self._lagrangian = lagrangian

    @property
    def bits(self) -> Reals:
        """Bits of each block so far, `[blocks]`."""
        return self._counted / BIT

    def code(self, symbols: Integers | None, model: CountTable, contexts: Contexts) -> Integers:
        """Count the bits of symbols."""
        assert symbols is not None
        self._counted += model.counted_bits[model.rows(contexts).T, symbols].sum(axis=1)
        return symbols

    def code_coefficients(self, coefficients: NDArray[Any] | None, model: CountTable, contexts: Contexts) -> Integers:
        """Count the bits of symbols, signs and large sizes."""
        assert coefficients is not None
        rows = model.rows(contexts).T
        integers = optimal_rounding(coefficients, model, rows, self._lagrangian) if self._lagrangian else coefficients
        sizes = np.abs(integers)
        self._counted += model.counted_bits[rows, np.minimum(sizes, SYMBOLS - 1)].sum(axis=1)
        self._counted += BIT * np.count_nonzero(integers, axis=1)
        large = sizes >= SYMBOLS - 1
        if large.any():
            further = np.floor(np.log2(np.maximum(sizes - (SYMBOLS - 2), 1))).astype(np.int64)
            self._counted += (large * (LENGTH_BITS + BIT * further)).sum(axis=1)
        return integers


def optimal_rounding(values: Reals, model: CountTable, rows: Integers, lagrangian: float) -> Integers:
    """Return `values [blocks, n]`, in steps, rounded so that squared error plus `lagrangian` times bits is least.

    `rows [blocks, n]` are those of the model's table. Sizes beyond the largest symbol are rounded to the nearest.
    """
    sizes = np.abs(values)
    nearest = np.rint(sizes).astype(np.int64)
    less = np.maximum(nearest - 1, 0)
    bits = model.bits + (np.arange(SYMBOLS) > 0)  # with the sign
    saved = bits[rows, np.minimum(nearest, SYMBOLS - 1)] - bits[rows, np.minimum(less, SYMBOLS - 1)]
    worse = np.square(sizes - less) - np.square(sizes - nearest)
    chosen = np.where((worse < lagrangian * saved) & (nearest < SYMBOLS - 1), less, nearest)
    integers: Integers = chosen * np.sign(values).astype(np.int64)
    return integers


def symbols_of(coefficients: Integers) -> Integers:
    """Return the symbols of quantised coefficients: their sizes, or the last symbol."""
    return np.minimum(np.abs(coefficients), SYMBOLS - 1)
