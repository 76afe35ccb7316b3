"""The contexts of coefficients and the row that a network makes of them, in compiled loops (FORMAT.md §8.4, §8.5).

A pass goes through a network some coefficients at a time, so that everything stays in the fastest cache. Contexts that
all coefficients of a frame share enter the sums of the hidden units once, as `base`.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.transform import context_model as rules
from ligeia.codec.transform.compiled.compiler import inner, inner_sums

Array = NDArray[Any]

CHUNK = 128
"""Coefficients that go through a network together."""
VARYING = rules.TAPS + 1 + rules.BAND_FACTS + 1
"""Contexts that differ within a frame: magnitudes, their mean, facts of the band, and the pitch."""
NEAREST_AT, FACTS_AT, PITCH_AT = rules.TAPS, rules.TAPS + 1, VARYING - 1
FIRST_FLAG = rules.TAPS + 1 + rules.BAND_FACTS
"""Place of the two flags of a pass among all contexts; the pitch and the facts of the frame follow."""
TAPS_OF_PASS = np.array([rules.taps(number) for number in range(3)], np.int64)
KNOWN = np.array(rules.KNOWN_TAPS, np.int64)
FIRSTS, STRIDES = np.array([0, 2, 1], np.int64), np.array([4, 4, 2], np.int64)
"""First coefficient of each pass, and the distance between its coefficients."""
PAD, SOURCES, MIDDLE, ROWS = rules.PAD, rules.SOURCES, rules.MIDDLE, rules.ROWS
SELF, BEFORE, MEAN, EARLIER, OTHER = rules.SELF, rules.BEFORE, rules.MEAN, rules.EARLIER, rules.OTHER
NOTHING = np.float32(rules.ZERO_MAGNITUDE + rules.MIDDLE)
LARGEST_CONTEXT, LARGEST_UNIT = np.float32(127), np.float32(rules.MAX_ACTIVATION)
AROUND, HALF_AROUND, NEAREST, ABSENT = rules.AROUND, rules.AROUND // 2, rules.NEAREST, rules.ABSENT


class Network(NamedTuple):
    """A network of one hidden layer and one output; numbers are divided as its sums are."""

    hidden: Array
    """Float32 `[units, inputs]`."""
    bias: Array
    """Float32 `[units]`."""
    output: Array
    """Float32 `[units]`."""
    output_bias: np.float32


class Frame(NamedTuple):
    """Inputs to the contexts of the coefficients of a frame and channel."""

    magnitudes: Array
    """Int16 `[SOURCES, frame_size + 2 PAD]`."""
    exponents: Array
    """Int16 `[bands]`."""
    band_facts: Array
    """Int16 `[BAND_FACTS, bands]`."""
    frame_facts: Array
    """Float32 `[FRAME_FACTS]`."""
    pitches: Array
    """Int64 `[frame_size]`."""
    band_of: Array
    """Int64 `[frame_size]`."""


@inner
def advance(magnitudes: Array) -> None:
    """Move on to the next frame: what was its own becomes the one before."""
    width = magnitudes.shape[1]
    total = 0
    for k in range(-HALF_AROUND, HALF_AROUND):
        total += magnitudes[SELF, min(max(k, 0), width - 1)]
    for k in range(width):
        magnitudes[EARLIER, k] = magnitudes[BEFORE, k]
        magnitudes[BEFORE, k] = magnitudes[SELF, k]
        magnitudes[MEAN, k] = total >> 4
        leaving, entering = max(k - HALF_AROUND, 0), min(k + HALF_AROUND, width - 1)
        total += np.int64(magnitudes[SELF, entering]) - np.int64(magnitudes[BEFORE, leaving])
    for k in range(width):
        magnitudes[SELF, k] = ABSENT


@inner_sums
def base_of(network: Network, number: int, frame: Frame, base: Array) -> None:
    """Fill in what the contexts that all coefficients of a pass share add to each hidden unit."""
    for unit in range(len(base)):
        total = network.bias[unit]
        if number < 2:
            total += network.hidden[unit, FIRST_FLAG + number] * np.float32(MIDDLE)
        for k in range(len(frame.frame_facts)):
            total += network.hidden[unit, FIRST_FLAG + 3 + k] * frame.frame_facts[k]
        base[unit] = total


@inner
def nearest_means(frame: Frame, number: int, means: Array) -> None:
    """Fill in the mean magnitude of the nearest coefficients of earlier passes, for each of a pass."""
    step = 4 if number == 1 else 2
    own = frame.magnitudes[SELF]
    coded = len(frame.band_of) // step
    total = 0
    for k in range(1 - NEAREST // 2, 1 + NEAREST // 2):
        total += own[PAD + step * min(max(k, 0), coded - 1)]
    for k in range(len(frame.band_of) // STRIDES[number]):
        means[k] = total >> 3
        leaving, entering = max(k + 1 - NEAREST // 2, 0), min(k + 1 + NEAREST // 2, coded - 1)
        total += np.int64(own[PAD + step * entering]) - np.int64(own[PAD + step * leaving])


@inner
def fill(frame: Frame, number: int, begin: int, means: Array, contexts: Array) -> int:
    """Fill in `contexts [VARYING * CHUNK]` for coefficients of a pass from `begin` on, and return how many."""
    stride = STRIDES[number]
    count = min(CHUNK, len(frame.band_of) // stride - begin)
    origin = FIRSTS[number] + begin * stride
    levels = np.empty(CHUNK, np.int32)
    for i in range(count):
        band = frame.band_of[origin + i * stride]
        levels[i] = frame.exponents[band] - MIDDLE
        for k in range(len(frame.band_facts)):
            contexts[(FACTS_AT + k) * CHUNK + i] = frame.band_facts[k, band]
        contexts[PITCH_AT * CHUNK + i] = frame.pitches[origin + i * stride]
    for i in range(CHUNK):
        contexts[NEAREST_AT * CHUNK + i] = NOTHING
    if number > 0:
        for i in range(count):
            contexts[NEAREST_AT * CHUNK + i] = min(max(means[begin + i] - levels[i], 0), 127)
    for tap in range(len(TAPS_OF_PASS[0])):
        values = contexts[tap * CHUNK : (tap + 1) * CHUNK]
        source, one, other = TAPS_OF_PASS[number, tap]
        if tap < KNOWN[number]:
            row, first = frame.magnitudes[source], PAD + origin
            fill_tap(row[first + one :], row[first + other :], levels[:count], stride, values)
        else:
            for i in range(CHUNK):
                values[i] = NOTHING
    return count


@inner
def fill_tap(one: Array, other: Array, levels: Array, stride: int, values: Array) -> None:
    """Fill in the mean of two magnitudes, relative to the step; strides that are known are faster."""
    if stride == 4:
        for i in range(len(levels)):
            mean = (np.int32(one[4 * i]) + np.int32(other[4 * i])) >> 1
            values[i] = min(max(np.int32(mean) - levels[i], np.int32(0)), np.int32(127))
    else:
        for i in range(len(levels)):
            mean = (np.int32(one[2 * i]) + np.int32(other[2 * i])) >> 1
            values[i] = min(max(np.int32(mean) - levels[i], np.int32(0)), np.int32(127))


@inner_sums
def rows_of(network: Network, base: Array, x: Array, rows: Array) -> None:
    """Fill in the row for the contexts `x [VARYING * CHUNK]`, of which there are `len(rows)`."""
    sums, hidden = np.zeros(CHUNK, np.float32), network.hidden
    zero, c = np.float32(0), CHUNK
    for unit in range(len(base)):
        b, v = base[unit], network.output[unit]
        w0, w1, w2, w3, w4 = hidden[unit, 0], hidden[unit, 1], hidden[unit, 2], hidden[unit, 3], hidden[unit, 4]
        w5, w6, w7, w8, w9 = hidden[unit, 5], hidden[unit, 6], hidden[unit, 7], hidden[unit, 8], hidden[unit, 9]
        w10, w11, w12, w13 = hidden[unit, 10], hidden[unit, 11], hidden[unit, 12], hidden[unit, 13]
        w14, w15, w16, w17 = hidden[unit, 14], hidden[unit, 15], hidden[unit, 16], hidden[unit, 17]
        w18, w19, w20 = hidden[unit, 18], hidden[unit, 19], hidden[unit, FIRST_FLAG + 2]
        for i in range(CHUNK):  # one sum of all: the loop over units would go through memory for each of them
            value = b + w0 * x[i] + w1 * x[c + i] + w2 * x[2 * c + i] + w3 * x[3 * c + i] + w4 * x[4 * c + i]
            value += w5 * x[5 * c + i] + w6 * x[6 * c + i] + w7 * x[7 * c + i] + w8 * x[8 * c + i] + w9 * x[9 * c + i]
            value += w10 * x[10 * c + i] + w11 * x[11 * c + i] + w12 * x[12 * c + i] + w13 * x[13 * c + i]
            value += w14 * x[14 * c + i] + w15 * x[15 * c + i] + w16 * x[16 * c + i] + w17 * x[17 * c + i]
            value += w18 * x[18 * c + i] + w19 * x[19 * c + i] + w20 * x[20 * c + i]
            sums[i] += v * np.float32(np.int32(min(max(value, zero), LARGEST_UNIT)))
    for i in range(len(rows)):
        rows[i] = min(max(np.int64(np.floor(sums[i] + network.output_bias)) + ROWS // 2, 0), ROWS - 1)
