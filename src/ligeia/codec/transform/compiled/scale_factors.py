"""Window switching and scale factors of blocks in compiled loops, as `syntax` codes them (FORMAT.md §8.1, §8.3).

A run is one frame and channel, first the even bands and then the odd ones. `code` goes through the runs of blocks: it
reads symbols where there are words to read from, and else takes them from the scale factors and keeps their rows.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.transform import context_model as rules
from ligeia.codec.transform.compiled import ans
from ligeia.codec.transform.compiled.compiler import compiled, inner, inner_sums
from ligeia.codec.transform.scale_factors import SCALE_FACTORS

Array = NDArray[Any]

INPUTS, MIDDLE, DIGITS = rules.SCALE_FACTOR_INPUTS, rules.MIDDLE, rules.DIGITS[1]
LARGEST_UNIT = np.float32(rules.MAX_ACTIVATION)
START = 16
"""`syntax.START_SCALE_FACTOR`."""


class Network(NamedTuple):
    """A network of one hidden layer and two outputs, and its table; numbers are divided as its sums are."""

    hidden: Array
    """Float32 `[units, inputs]`."""
    bias: Array
    """Float32 `[units]`."""
    output: Array
    """Float32 `[2, units]`."""
    output_bias: Array
    """Float32 `[2]`."""
    starts: Array
    """Uint32 `[rows, symbols + 1]`."""
    counted: Array
    """Int64 `[rows, symbols]`: bits in units of 2^-20."""


class Spectra(NamedTuple):
    """Window switching and scale factors of blocks, and what they are coded as."""

    switching: Array
    """Int64 `[blocks, frames]`."""
    scale_factors: Array
    """Int64 `[blocks, frames, channels, bands]`."""
    symbols: Array
    """Uint8 of the same shape, in the order of coding within a frame and channel; no frames where there are none."""
    rows: Array
    """The rows of these symbols."""


@inner_sums
def row_of(network: Network, contexts: Array) -> int:
    """Return the row for contexts `[INPUTS]`."""
    first, second = network.output_bias
    for unit in range(len(network.bias)):
        value = network.bias[unit]
        for k in range(INPUTS):
            value += network.hidden[unit, k] * contexts[k]
        value = np.floor(min(max(value, np.float32(0)), LARGEST_UNIT))
        first += network.output[0, unit] * value
        second += network.output[1, unit] * value
    one = min(max(np.int64(np.floor(first)) + DIGITS // 2, 0), DIGITS - 1)
    return one * DIGITS + min(max(np.int64(np.floor(second)) + DIGITS // 2, 0), DIGITS - 1)


@inner
def fill(current: Array, before: Array, earlier: Array, band: int, contexts: Array) -> int:
    """Fill in `contexts [INPUTS]` of a band, and return its predicted scale factor."""
    last = len(current) - 1
    low, high = max(band - 1, 0), min(band + 1, last)
    predicted = before[band]
    contexts[5] = before[high]
    contexts[4] = before[low]
    if band % 2 == 1:
        upper = band + 1 if band < last else band - 1
        predicted += (current[low] + current[upper] - before[low] - before[upper]) >> 1
        contexts[4], contexts[5] = current[low], current[upper]
    contexts[0], contexts[1], contexts[2], contexts[3] = before[band], earlier[band], before[low], before[high]
    for k in range(6):
        contexts[k] = min(max(6 * (contexts[k] - np.float32(predicted)) + MIDDLE, 0), 127)
    contexts[6] = min(max(4 * predicted, 0), 127)
    contexts[7] = band * 127 // max(last, 1)
    return min(max(predicted, 0), SCALE_FACTORS - 1)


@inner
def code_run(
    networks: tuple[Network, Network], stacks: ans.Stacks, block: int, past: Array, symbols: Array, rows: Array
) -> None:
    """Code the scale factors `past[0]` of a frame and channel; `past[1]` and `past[2]` are those of the two before.

    Without words to read, the symbols are made of them.
    """
    contexts, bands, k = np.empty(INPUTS, np.float32), past.shape[1], 0
    for odd in range(min(2, bands)):
        network = networks[odd]
        for band in range(odd, bands, 2):
            offset = SCALE_FACTORS // 2 - fill(past[0], past[1], past[2], band, contexts)
            rows[k] = row_of(network, contexts)
            if len(stacks.words) > 0:
                coder, row = stacks.coders[block], rows[k : k + 1]
                ans.read(stacks.words, stacks.firsts[block], coder, network.starts, row, symbols[k : k + 1])
                past[0, band] = (np.int64(symbols[k]) - offset) % SCALE_FACTORS
            else:
                symbols[k] = (past[0, band] + offset) % SCALE_FACTORS
            k += 1


@compiled
def code(networks: tuple[Network, Network], splits: Array, stacks: ans.Stacks, spectra: Spectra) -> None:
    """Code window switching and scale factors of blocks; `splits [switchings, switchings + 1]` is the table of one."""
    count, frames, channels, bands = spectra.scale_factors.shape
    for block in range(count):
        if len(stacks.words) > 0:
            row = np.zeros(1, np.int64)
            for frame in range(frames):
                symbol = spectra.switching[block, frame : frame + 1]
                ans.read(stacks.words, stacks.firsts[block], stacks.coders[block], splits, row, symbol)
                row[0] = symbol[0]
        past = np.full((channels, 3, bands), START, np.int64)
        for frame in range(spectra.symbols.shape[1]):
            for channel in range(channels):
                known = past[channel]
                known[2], known[1] = known[1].copy(), known[0].copy()
                if frame == 0:
                    known[1], known[2] = START, START
                known[0] = spectra.scale_factors[block, frame, channel]
                symbols, rows = spectra.symbols[block, frame, channel], spectra.rows[block, frame, channel]
                code_run(networks, stacks, block, known, symbols, rows)
                spectra.scale_factors[block, frame, channel] = known[0]


@compiled
def write(
    words: Array, coder: Array, networks: tuple[Network, Network], splits: Array, spectra: Spectra, block: int
) -> None:
    """Write the scale factors and the window switching of a block, the last symbol first."""
    _, frames, channels, bands = spectra.symbols.shape
    even = (bands + 1) // 2
    for frame in range(frames - 1, -1, -1):
        for channel in range(channels - 1, -1, -1):
            symbols, rows = spectra.symbols[block, frame, channel], spectra.rows[block, frame, channel]
            ans.write(words, coder, networks[1].starts, rows[even:], symbols[even:])
            ans.write(words, coder, networks[0].starts, rows[:even], symbols[:even])
    switching = spectra.switching[block]
    rows = np.zeros(len(switching), np.int64)
    rows[1:] = switching[:-1]
    ans.write(words, coder, splits, rows, switching)
