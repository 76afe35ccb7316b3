"""The entropy coder in compiled loops (FORMAT.md §5): the words that constriction writes and reads.

A coder is an array `[state, count]`: the state of 64 bits, and how many of its words are on the stack. The words of
blocks that are read lie one behind another; `first` is where those of a block begin.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.transform.compiled.compiler import compiled, inner

Array = NDArray[Any]

PRECISION = np.uint64(24)
LOW = np.uint64((1 << 24) - 1)
WORD = np.uint64(32)
LOW_WORD = np.uint64((1 << 32) - 1)
HALF_COUNT = np.uint64(1 << 23)
"""Counts of a plain bit."""
ONE, ZERO, FULL = np.uint64(1), np.uint64(0), np.uint64(40)
LENGTHS = 20
"""Numbers of further bits of a large size: uniform, but for what is left over at the end."""
LENGTH_COUNT = np.uint64((1 << 24) // LENGTHS)


class Stacks(NamedTuple):
    """The entropy coders of blocks."""

    words: Array
    """Uint32: those of all blocks."""
    firsts: Array
    """Int64 `[blocks]`: where the words of each begin."""
    coders: Array
    """Uint64 `[blocks, 2]`: the state of each, and how many words there are."""


@compiled
def start_all(stacks: Stacks) -> None:
    """Begin to read every block."""
    for block in range(len(stacks.firsts)):
        start(stacks.words, stacks.firsts[block], stacks.coders[block])


@inner
def start(words: Array, first: int, coder: Array) -> None:
    """Take the two last words as the state; `coder` is `[state, count]`."""
    for _ in range(2):
        if coder[1] > ZERO:
            coder[1] -= ONE
            coder[0] = (coder[0] << WORD) | np.uint64(words[first + np.int64(coder[1])])


@inner
def refilled(words: Array, first: int, state: np.uint64, count: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Return state and count after a symbol."""
    if (state >> WORD) == ZERO and count > ZERO:
        count -= ONE
        state = (state << WORD) | np.uint64(words[first + np.int64(count)])
    return state, count


@inner
def read(words: Array, first: int, coder: Array, starts: Array, rows: Array, symbols: Array) -> None:
    """Read a symbol for each of `rows`, whose counts begin at `starts [rows, symbols + 1]`."""
    state, count = coder[0], coder[1]
    for k in range(len(rows)):
        row, low = rows[k], state & LOW
        symbol = 0
        while np.uint64(starts[row, symbol + 1]) <= low:
            symbol += 1
        begin = np.uint64(starts[row, symbol])
        width = np.uint64(starts[row, symbol + 1]) - begin
        state, count = refilled(words, first, width * (state >> PRECISION) + low - begin, count)
        symbols[k] = symbol
    coder[0], coder[1] = state, count


@inner
def read_flat(words: Array, first: int, coder: Array, bits: np.uint64) -> np.uint64:
    """Read a number of so many plain bits."""
    shift = PRECISION - bits
    low = coder[0] & LOW
    state = ((coder[0] >> PRECISION) << shift) | (low & ((ONE << shift) - ONE))
    coder[0], coder[1] = refilled(words, first, state, coder[1])
    return low >> shift


@inner
def read_large(words: Array, first: int, coder: Array) -> np.uint64:
    """Read by how much a size exceeds the one before the last symbol: 1 or more."""
    low = coder[0] & LOW
    bits = min(low // LENGTH_COUNT, np.uint64(LENGTHS - 1))
    begin = bits * LENGTH_COUNT
    width = LENGTH_COUNT if bits < np.uint64(LENGTHS - 1) else (ONE << PRECISION) - begin
    coder[0], coder[1] = refilled(words, first, width * (coder[0] >> PRECISION) + low - begin, coder[1])
    if bits == ZERO:
        return ONE
    return (ONE << bits) + read_flat(words, first, coder, bits)


@inner
def put(words: Array, coder: Array, begin: np.uint64, width: np.uint64) -> None:
    """Write the symbol whose counts are `width` from `begin` on; `words` are those of this block."""
    state = coder[0]
    if (state >> FULL) >= width:
        words[np.int64(coder[1])] = np.uint32(state & LOW_WORD)
        coder[1] += ONE
        state >>= WORD
    quotient = state // width
    coder[0] = (quotient << PRECISION) + (state - quotient * width) + begin


@inner
def write(words: Array, coder: Array, starts: Array, rows: Array, symbols: Array) -> None:
    """Write symbols, the last one first."""
    for k in range(len(rows) - 1, -1, -1):
        begin = np.uint64(starts[rows[k], symbols[k]])
        put(words, coder, begin, np.uint64(starts[rows[k], symbols[k] + 1]) - begin)


@inner
def write_large(words: Array, coder: Array, excess: np.uint64) -> None:
    """Write what `read_large` reads."""
    bits = ZERO
    while (excess >> (bits + ONE)) > ZERO:
        bits += ONE
    if bits > ZERO:
        width = ONE << (PRECISION - bits)
        put(words, coder, (excess - (ONE << bits)) * width, width)
    begin = bits * LENGTH_COUNT
    width = LENGTH_COUNT if bits < np.uint64(LENGTHS - 1) else (ONE << PRECISION) - begin
    put(words, coder, begin, width)


@compiled
def finish(words: Array, coder: Array) -> None:
    """Put the state behind the words, without leading zeros."""
    while coder[0] > ZERO:
        words[np.int64(coder[1])] = np.uint32(coder[0] & LOW_WORD)
        coder[1] += ONE
        coder[0] >>= WORD
