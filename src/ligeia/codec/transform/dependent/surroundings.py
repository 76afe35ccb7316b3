"""What is known around a coefficient: the contexts of its size (FORMAT.md §8.8).

Contexts are integers from 0 to 127; 0 stands for what is not there. Sizes are in half steps, on a scale of twelfths of
an octave, where `MIDDLE` is one step. Means are of these (the shape of what is around) or of the sizes themselves (its
energy). What is known of a frame once it is coded is a stack of rows, its `views`; later frames look into them. What
the frames so far have been like altogether is the `memory`.

All arrays have the columns last: the blocks of a stream, for a decoder; for an encoder all frames of all blocks.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.transform.scale_factors import log2_16

Integers = NDArray[np.integer]
Contexts = NDArray[np.float32]

PASSES = (slice(0, None, 4), slice(2, None, 4), slice(1, None, 2))
MIDDLE, LARGEST_CONTEXT = 64, 127
OCTAVE = 12
LARGEST = 200
"""Larger sizes count as this one."""
ZEROS = (49, 43)
"""A coefficient of 0, by its quantiser: the second one has a narrower zero."""
PAD = 16
"""Absent coefficients at both ends of a view."""
VIEWS = 7
AVERAGE, MEAN_9, SIZE, MEAN_3, WAVE, MEAN_11, MEAN_5 = range(VIEWS)
"""Rows of what is known of a frame: sizes; the mean of 16 around on their scale; the logarithms of four means, and of
the size of a wave: a coefficient together with the difference of its neighbours, which is near the part of the spectrum
that the transform leaves out (Daudet & Sandler 2004)."""
WIDTHS = {MEAN_9: 4, MEAN_3: 1, MEAN_11: 5, MEAN_5: 2}
"""How far means reach on each side."""
BEFORE, EARLIER, FORMER = slice(AVERAGE, WAVE + 1), slice(SIZE, MEAN_11 + 1), slice(MEAN_5, MEAN_5 + 1)
"""What is looked at of the three frames before."""
AT_BEFORE, AT_EARLIER, AT_FORMER, AT_MEMORY, AT_OWN = 0, 5 - SIZE, 9 - MEAN_5, 10, 12
"""Where their views are among the rows, less the first of them."""
SOURCES = 13
"""Rows that taps look into: those views, the memory, and the sizes of the frame itself."""
PAST_TAPS = (
    *((AT_BEFORE + SIZE, *ends) for ends in ((0, 0), (-1, -1), (1, 1), (-2, 2), (-3, 3))),
    *((AT_BEFORE + view, 0, 0) for view in (AVERAGE, MEAN_3, MEAN_9, WAVE)),
    (AT_EARLIER + SIZE, 0, 0), (AT_EARLIER + SIZE, -1, 1), (AT_EARLIER + MEAN_3, 0, 0), (AT_EARLIER + MEAN_11, 0, 0),
    (AT_EARLIER + WAVE, 0, 0), (AT_FORMER + MEAN_5, 0, 0), (AT_MEMORY, 0, 0), (AT_MEMORY + 1, 0, 0),
)  # fmt: skip
"""Contexts that are a number, or the mean of two, of the frames before: the row, and the two offsets."""
OWN_TAPS = (
    (),
    ((AT_OWN, -2, -2), (AT_OWN, 2, 2), (AT_OWN, -6, 6)),
    ((AT_OWN, -1, -1), (AT_OWN, 1, 1), (AT_OWN, -3, 3), (AT_OWN, -5, 5)),
)
"""By pass: what is known of the frame itself."""
NEIGHBOURS = 6
"""Means of the eight and of the four nearest coefficients of the frame itself that are known; difference and sum of the
two nearest; how much louder than before, and how loud, what is known around is."""
CHANGE_REACH, LOUD_REACH = 32, 24
"""How far the last two reach, in coefficients on each side."""
FACTS = 6
"""Place in frequency, and what is known of the frame: switching (three flags), whether it changed, the first one."""
INPUTS = tuple(1 + len(PAST_TAPS) + len(taps) + (NEIGHBOURS if taps else 0) + FACTS for taps in OWN_TAPS)
"""Contexts of a size, by pass; the first is the quantiser."""


@lru_cache(maxsize=1)
def logarithms() -> NDArray[np.int16]:
    """Return the logarithms of sizes 1 .. LARGEST in half steps; of 0 for what it stands for in quantiser 0."""
    values = [ZEROS[0], *(MIDDLE + round(OCTAVE * np.log2(size / 2)) for size in range(1, LARGEST + 1))]
    return np.array([min(value, LARGEST_CONTEXT) for value in values], np.int16)


@lru_cache(maxsize=1)
def mean_logarithms() -> NDArray[np.int16]:
    """Return the logarithms of means: of numbers 1 .. 4 LARGEST + 1, that is 4 size + 1."""
    values = [0, *(MIDDLE + round(OCTAVE * np.log2(number / 8)) for number in range(1, 4 * LARGEST + 2))]
    return np.array([min(value, LARGEST_CONTEXT) for value in values], np.int16)


def sizes_on_scale(halves: Integers, quantisers: Integers) -> NDArray[np.int16]:
    """Return what numbers of half steps are on the scale of contexts."""
    sizes = np.minimum(np.abs(halves), LARGEST)
    scaled: NDArray[np.int16] = logarithms().take(sizes)
    scaled -= np.asarray((ZEROS[0] - ZEROS[1]) * quantisers * (sizes == 0), np.int16)
    return scaled


def weights_of(halves: Integers) -> NDArray[np.int32]:
    """Return what means are made of: 4 size + 1."""
    weights: NDArray[np.int32] = 4 * np.minimum(np.abs(halves), LARGEST).astype(np.int32) + 1
    return weights


def views_of(halves: Integers, quantisers: Integers) -> NDArray[np.int16]:
    """Return what later frames see of numbers of half steps `[frame_size, ...]`: `[VIEWS, frame_size + 2 PAD, ...]`."""
    frame_size = len(halves)
    views = np.zeros((VIEWS, frame_size + 2 * PAD, *halves.shape[1:]), np.int16)
    inner = slice(PAD, PAD + frame_size)
    views[SIZE, inner] = sizes_on_scale(halves, quantisers)
    sums = _running_sums(views[SIZE])
    views[AVERAGE, inner] = (sums[PAD + 8 : PAD + 8 + frame_size] - sums[PAD - 8 : PAD - 8 + frame_size]) >> 4
    sums, known = _padded_sums(weights_of(halves), PAD), mean_logarithms()
    for row, reach in WIDTHS.items():
        views[row, inner] = known.take(_means_of(sums, PAD, reach))
    padded = np.zeros(views.shape[1:], np.int32)
    padded[inner] = signed_sizes(halves)
    across, size = np.abs(padded[PAD + 1 : 1 - PAD] - padded[PAD - 1 : -1 - PAD]), np.abs(padded[inner])
    wave = 2 * np.maximum(across, size) + np.minimum(across, size) + 1
    views[WAVE, inner] = known.take(wave, mode="clip")
    return views


def signed_sizes(halves: Integers) -> NDArray[np.int32]:
    """Return numbers of half steps; larger ones than `LARGEST` count as this one."""
    return np.clip(halves, -LARGEST, LARGEST).astype(np.int32)


def means(values: Integers, reach: int) -> NDArray[np.int32]:
    """Return the means, rounded down, of values and of so many on each side; what is not there counts as 0."""
    return _means_of(_padded_sums(values, reach), reach, reach)


def _padded_sums(values: Integers, pad: int) -> NDArray[np.int32]:
    """Return the running sums of values between so many zeros on each side."""
    padded = np.zeros((len(values) + 2 * pad, *values.shape[1:]), np.int32)
    padded[pad : pad + len(values)] = values
    return _running_sums(padded)


def _means_of(sums: NDArray[np.int32], pad: int, reach: int) -> NDArray[np.int32]:
    """Return the means around each value from their padded sums."""
    count = len(sums) - 1 - 2 * pad
    above, below = pad + reach + 1, pad - reach
    found = sums[above : above + count] - sums[below : below + count]
    found //= 2 * reach + 1
    return found


def _running_sums(values: Integers) -> NDArray[np.int32]:
    """Return the sums of all values before each place, and of all."""
    sums = np.zeros((len(values) + 1, *values.shape[1:]), np.int32)
    np.cumsum(values, axis=0, out=sums[1:])
    return sums


@dataclass(frozen=True)
class Surroundings:
    """What is known around the coefficients of frames, in n columns."""

    rows: NDArray[np.int16]
    """`[SOURCES, frame_size + 2 PAD, n]`; the last row is filled in as the frame is coded."""
    quantisers: Integers
    """`[frame_size, n]`."""
    facts: Integers
    """`[FACTS - 1, n]`: see `frame_facts`."""
    pitches: Integers
    """Logarithms of the coefficients' frequencies, `[frame_size]`."""
    weights: NDArray[np.int32]
    """4 size + 1 of the frame itself, `[frame_size, n]`, filled in as the frame is coded."""
    signed: NDArray[np.int32]
    """Half steps of the frame itself, `[frame_size + 2 PAD, n]`, filled in as the frame is coded."""

    def note(self, chosen: slice, halves: Integers) -> None:
        """Fill in what the coefficients of a pass are, `[coefficients, n]`."""
        inner = self.rows[AT_OWN, PAD : PAD + len(self.quantisers)]
        inner[chosen] = sizes_on_scale(halves, self.quantisers[chosen])
        self.weights[chosen] = weights_of(halves)
        self.signed[PAD : PAD + len(self.quantisers)][chosen] = signed_sizes(halves)


def rows_of_past(past: tuple[NDArray[np.int16], ...], memory: NDArray[np.int16]) -> NDArray[np.int16]:
    """Return the rows that taps look into: of the views of the three frames before, the last one first, and the memory.

    `memory [2, frame_size, n]` is of all frames before.
    """
    before, earlier, former = past
    rows = np.zeros((SOURCES, *before.shape[1:]), np.int16)
    rows[0:5], rows[5:9], rows[9:AT_MEMORY] = before[BEFORE], earlier[EARLIER], former[FORMER]
    rows[AT_MEMORY:AT_OWN, PAD : PAD + memory.shape[1]] = memory
    return rows


def size_contexts(around: Surroundings, number: int) -> Contexts:
    """Return the contexts of the sizes of a pass, `[INPUTS of the pass, coefficients, n]`."""
    chosen, (frame_size, columns) = PASSES[number], around.quantisers.shape
    first, second = _tap_places(number, frame_size)
    flat = around.rows.reshape(-1, columns)
    sums = flat.take(first, axis=0, mode="clip")  # nothing is out of range; "clip" is faster
    sums += flat.take(second, axis=0, mode="clip")
    sums >>= 1
    quantisers = around.quantisers[chosen]
    tapped = sums.reshape(-1, *quantisers.shape)
    contexts = np.empty((INPUTS[number], *quantisers.shape), np.float32)
    contexts[0] = MIDDLE * quantisers
    contexts[1 : 1 + len(tapped)] = tapped
    rest = contexts[1 + len(tapped) :]
    if number:
        _fill_neighbours(rest[:NEIGHBOURS], around, number)
        rest = rest[NEIGHBOURS:]
    rest[0] = around.pitches[chosen, None]
    rest[1:] = around.facts[:, None]
    return contexts


def _fill_neighbours(contexts: Contexts, around: Surroundings, number: int) -> None:
    """Fill in what many coefficients of the frame itself tell, `[NEIGHBOURS, coefficients, n]`."""
    step, (frame_size, _) = 4 if number == 1 else 2, around.quantisers.shape
    inner, known, count = slice(PAD, PAD + frame_size), mean_logarithms(), contexts.shape[1]
    own, weights = around.rows[AT_OWN, inner][::step], around.weights[::step]
    contexts[0] = _nearest_sums(own, 8, count) >> 3
    contexts[1] = known.take(_nearest_sums(weights, 4, count) >> 2)
    below, above = (around.signed[PAD + end :: step][:count] for end in (0, step))
    contexts[2] = known.take(2 * np.abs(above - below) + 1)
    contexts[3] = known.take(2 * np.abs(above + below) + 1)
    change = means(own - around.rows[AT_BEFORE + SIZE, inner][::step], CHANGE_REACH // step)[:count]
    contexts[4] = np.clip(MIDDLE + 2 * change, 0, LARGEST_CONTEXT)
    contexts[5] = known.take(means(weights, LOUD_REACH // step)[:count])


@lru_cache(maxsize=64)
def _tap_places(number: int, frame_size: int) -> tuple[Integers, Integers]:
    """Return the places of the two numbers of each tap, for a pass, `[taps * coefficients]`."""
    chosen = np.arange(frame_size)[PASSES[number]]
    width = frame_size + 2 * PAD
    taps = PAST_TAPS + OWN_TAPS[number]
    first, second = (np.concatenate([row * width + PAD + chosen + ends[k] for row, *ends in taps]) for k in (0, 1))
    return first, second


def _nearest_sums(coded: Integers, nearest: int, count: int) -> NDArray[np.int32]:
    """Return the sums of the `nearest` coded values around each of `count` places, half of them above.

    Place k lies between the coded values k and k + 1. Beyond the first and the last of them these are repeated.
    """
    half = nearest // 2
    below, above = (half - 1) * [coded[:1]], half * [coded[-1:]]
    sums = _running_sums(np.concatenate([*below, coded, *above]))
    return sums[nearest : nearest + count] - sums[:count]


def frame_facts(switching: Integers, before: Integers, first: NDArray[np.bool_]) -> NDArray[np.int16]:
    """Return the contexts that all coefficients of a frame share, `[FACTS - 1, n]`."""
    flags = (switching == 0, switching == 1, switching >= 2, switching != before, first)
    return np.stack([MIDDLE * flag for flag in flags]).astype(np.int16)


@lru_cache(maxsize=64)
def pitches(frame_size: int, rate: int) -> Integers:
    """Return the frequency of each coefficient as 16 log2(frequency / 62.5 Hz), from 0 to 127, `[frame_size]`."""
    scaled = (2 * np.arange(frame_size) + 1) * rate  # 4 * frame_size * frequency
    return np.array([min(max(log2_16(int(value)) - log2_16(250 * frame_size), 0), 127) for value in scaled])
