"""The coefficients of blocks in compiled loops: read, or rounded and measured, one block after another.

Contexts are made of what is coded before, as in `syntax`. What is written is written from its end, so that `trace`
keeps the row of each coefficient, and `write` comes after it.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.transform import context_model as rules
from ligeia.codec.transform.compiled import ans
from ligeia.codec.transform.compiled.compiler import compiled, inner
from ligeia.codec.transform.compiled.contexts import (
    CHUNK,
    FIRSTS,
    MIDDLE,
    OTHER,
    PAD,
    SELF,
    STRIDES,
    VARYING,
    Frame,
    Network,
    advance,
    base_of,
    fill,
    nearest_means,
    rows_of,
)  # fmt: skip

Array = NDArray[Any]

PASSES, LARGEST, LAST = len(rules.PASSES), rules.LARGEST, rules.SYMBOLS - 1
FRAME_FACTS, SOURCES, ABSENT = rules.FRAME_FACTS, rules.SOURCES, rules.ABSENT
LOGARITHMS = np.array(rules.logarithms(), np.int16)


class Blocks(NamedTuple):
    """Facts known about blocks before their coefficients."""

    exponents: Array
    """Int16 `[blocks, frames, channels, bands]`."""
    band_facts: Array
    """Int16 `[BAND_FACTS, blocks, frames, channels, bands]`."""
    switching: Array
    """Int64 `[blocks, frames]`."""
    pitches: Array
    """Int64 `[frame_size]`."""
    band_of: Array
    """Int64 `[frame_size]`."""
    duration: int


@inner
def frame_facts_of(blocks: Blocks, block: int, frame: int, channel: int, facts: Array) -> None:
    """Fill in the contexts that all coefficients of a frame and channel share."""
    current, before = blocks.switching[block, frame], blocks.switching[block, max(frame - 1, 0)]
    facts[0], facts[1], facts[2] = MIDDLE * (current == 0), MIDDLE * (current == 1), MIDDLE * (current >= 2)
    facts[3], facts[4], facts[5] = MIDDLE * (current != before), MIDDLE * (frame == 0), MIDDLE * (channel > 0)
    facts[6] = blocks.duration


@inner
def around(blocks: Blocks, block: int, frame: int, channel: int, magnitudes: Array, facts: Array) -> Frame:
    """Move on to a frame of a channel."""
    advance(magnitudes[channel])
    if channel > 0:
        magnitudes[channel, OTHER] = magnitudes[channel - 1, SELF]
    frame_facts_of(blocks, block, frame, channel, facts)
    exponents = blocks.exponents[block, frame, channel]
    band_facts = blocks.band_facts[:, block, frame, channel]
    return Frame(magnitudes[channel], exponents, band_facts, facts, blocks.pitches, blocks.band_of)


@inner
def rows_of_pass(network: Network, frame: Frame, number: int, rows: Array) -> int:
    """Fill in the rows of the coefficients of a pass, and return how many there are."""
    count = len(frame.band_of) // STRIDES[number]
    base, means = np.empty(len(network.bias), np.float32), np.empty(count, np.int64)
    contexts = np.zeros(VARYING * CHUNK, np.float32)
    base_of(network, number, frame, base)
    if number > 0:
        nearest_means(frame, number, means)
    for begin in range(0, count, CHUNK):
        filled = fill(frame, number, begin, means, contexts)
        rows_of(network, base, contexts, rows[begin : begin + filled])
    return count


@inner
def note(frame: Frame, number: int, values: Array) -> None:
    """Fill in the magnitudes of the coefficients of a pass, once they are known."""
    for k in range(len(values)):
        place = FIRSTS[number] + k * STRIDES[number]
        logarithm = LOGARITHMS[min(abs(values[k]), LARGEST)]
        frame.magnitudes[SELF, PAD + place] = logarithm + frame.exponents[frame.band_of[place]]


@inner
def read_pass(stacks: ans.Stacks, block: int, starts: Array, rows: Array, values: Array) -> None:
    """Read the coefficients of a pass."""
    words, first, coder = stacks.words, stacks.firsts[block], stacks.coders[block]
    ans.read(words, first, coder, starts, rows, values)
    for k in range(len(values)):
        if values[k] == LAST:
            values[k] = LAST - 1 + np.int64(ans.read_large(words, first, coder))
    for k in range(len(values)):
        if values[k] != 0 and ans.read_flat(words, first, coder, ans.ONE) == ans.ONE:
            values[k] = -values[k]


@compiled
def read(stacks: ans.Stacks, blocks: Blocks, network: Network, starts: Array, coefficients: Array) -> None:
    """Read `coefficients [blocks, frames, channels, frame_size]`."""
    count, frames, channels, size = coefficients.shape
    rows, values = np.empty(size, np.uint8), np.empty(size, np.int64)
    facts = np.empty(FRAME_FACTS, np.float32)
    for block in range(count):
        magnitudes = np.full((channels, SOURCES, size + 2 * PAD), ABSENT, np.int16)
        for frame in range(frames):
            for channel in range(channels):
                surroundings = around(blocks, block, frame, channel, magnitudes, facts)
                for number in range(PASSES):
                    n = rows_of_pass(network, surroundings, number, rows)
                    read_pass(stacks, block, starts, rows[:n], values[:n])
                    note(surroundings, number, values[:n])
                    coefficients[block, frame, channel, FIRSTS[number] :: STRIDES[number]] = values[:n]


class Rounding(NamedTuple):
    """Rule that decides between two integers, and the bits that each takes."""

    lagrangian: float
    """0: what is rounded already stays as it is."""
    bits: Array
    """Float64 `[rows, symbols]`, with the sign."""
    counted: Array
    """The same in whole numbers, int64, in units of 2^-20 bit."""
    length: int
    """Cost of the number of further bits of a large size, in the same units."""


@inner
def rounded(value: float, row: int, rounding: Rounding) -> int:
    """Return the integer that `entropy.optimal_rounding` takes."""
    size = abs(value)
    nearest = np.int64(np.rint(size))
    if rounding.lagrangian > 0.0 and 0 < nearest < LAST:
        less = nearest - 1
        saved = rounding.bits[row, nearest] - rounding.bits[row, less]
        one, other = size - less, size - nearest
        if one * one - other * other < rounding.lagrangian * saved:
            nearest = less
    return -nearest if value < 0 else nearest


@inner
def bits_of(values: Array, rows: Array, rounding: Rounding) -> int:
    """Return the bits of the coefficients of a pass, in units of 2^-20."""
    total = 0
    for k in range(len(values)):
        size = abs(values[k])
        total += rounding.counted[rows[k], min(size, LAST)]
        if size >= LAST:
            total += rounding.length
            excess = (size - (LAST - 1)) >> 1
            while excess > 0:
                total += 1 << 20
                excess >>= 1
    return total


@compiled
def trace(blocks: Blocks, network: Network, rounding: Rounding, source: Array, traced: Array, all_rows: Array) -> Array:
    """Round `source [blocks, frames, channels, frame_size]`, and return the bits of each block in units of 2^-20.

    `traced` becomes the integers, and `all_rows` the rows of the table, in the order of coding within a frame.
    """
    count, frames, channels, size = source.shape
    values, facts, bits = np.empty(size, np.int64), np.empty(FRAME_FACTS, np.float32), np.zeros(count, np.int64)
    for block in range(count):
        magnitudes = np.full((channels, SOURCES, size + 2 * PAD), ABSENT, np.int16)
        for frame in range(frames):
            for channel in range(channels):
                surroundings = around(blocks, block, frame, channel, magnitudes, facts)
                begin = 0
                for number in range(PASSES):
                    rows = all_rows[block, frame, channel, begin:]
                    n = rows_of_pass(network, surroundings, number, rows)
                    for k in range(n):
                        place = FIRSTS[number] + k * STRIDES[number]
                        values[k] = rounded(source[block, frame, channel, place], rows[k], rounding)
                        traced[block, frame, channel, place] = values[k]
                    bits[block] += bits_of(values[:n], rows, rounding)
                    note(surroundings, number, values[:n])
                    begin += n
    return bits


@compiled
def write(words: Array, coder: Array, starts: Array, coefficients: Array, all_rows: Array) -> None:
    """Write the coefficients of a block `[frames, channels, frame_size]`, the last one first."""
    frames, channels, size = coefficients.shape
    for frame in range(frames - 1, -1, -1):
        for channel in range(channels - 1, -1, -1):
            end = size
            for number in range(PASSES - 1, -1, -1):
                values = coefficients[frame, channel, FIRSTS[number] :: STRIDES[number]]
                write_pass(words, coder, starts, values, all_rows[frame, channel, end - len(values) : end])
                end -= len(values)


@inner
def write_pass(words: Array, coder: Array, starts: Array, values: Array, rows: Array) -> None:
    """Write the coefficients of a pass, the last one first."""
    for k in range(len(values) - 1, -1, -1):
        if values[k] != 0:
            ans.put(words, coder, ans.HALF_COUNT if values[k] < 0 else ans.ZERO, ans.HALF_COUNT)
    for k in range(len(values) - 1, -1, -1):
        if abs(values[k]) >= LAST:
            ans.write_large(words, coder, np.uint64(abs(values[k]) - (LAST - 1)))
    for k in range(len(values) - 1, -1, -1):
        symbol = min(abs(values[k]), LAST)
        begin = np.uint64(starts[rows[k], symbol])
        ans.put(words, coder, begin, np.uint64(starts[rows[k], symbol + 1]) - begin)
