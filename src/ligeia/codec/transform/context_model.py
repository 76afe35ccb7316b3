"""The probability of each symbol: its contexts, and the integer networks that read them (FORMAT.md §8.3 to §8.5).

From the contexts of a symbol a network computes one number: the row of a table of counts. Weights and activations have
8 bits. Products are done in float32, in which all sums here are exact (they stay below 2^24), so that every machine
gets the same integers in whatever order it adds.

Contexts are integers from 0 to 127: what is known before a symbol. Magnitudes are logarithms in sixteenths of an
octave. The coefficients of a frame come in three passes: every fourth, then those half way between, then the others.
Later ones know their neighbours on both sides, and a pass can be done at once. All arrays of contexts have the blocks
on their last axis: what lies side by side is then looked up together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.transform.scale_factors import Integers

PRECISION = 24
"""Counts of a row sum to 2^24."""
BIT = 1 << 20
"""Bits are added up in this part of one."""
LAYER_DIVISOR = 64
"""Sums are divided by this after each hidden layer."""
MAX_ACTIVATION = 127
MANY = 4096
"""Activations of which `np.clip` limits more in the same time."""
ROWS = 64
"""Rows of a table."""
DIGITS = (64, 8)
"""One output is a row from 0 to 63; two outputs are its two octal digits."""
ROW_DIVISOR = 512
"""The last sums are divided by this; 0 stands for the middle row."""
SWITCHINGS = 5
"""Symbols of window switching: 0 to 4."""
SYMBOLS = 18
"""Symbols of a coefficient: sizes 0 to 16, and one that stands for all larger sizes."""


@dataclass(frozen=True)
class CountTable:
    """Rows of symbol counts: `counts [rows, symbols]`, each at least 1, sum to 2^24 in each row.

    On its own it is a model whose only context is the number of the row.
    """

    counts: Integers

    @cached_property
    def frequencies(self) -> NDArray[np.float64]:
        """Counts less 1, float64 `[rows, symbols]`: what the entropy coder makes the same counts of."""
        return (self.counts - 1).astype(np.float64)

    @cached_property
    def bits(self) -> NDArray[np.float64]:
        """Information of each symbol in bits, float64 `[rows, symbols]`."""
        return np.asarray(PRECISION - np.log2(self.counts), np.float64)

    @cached_property
    def counted_bits(self) -> NDArray[np.int64]:
        """The same in units of 1 / `BIT`, int64: a sum of them is the same in any order."""
        return np.rint(self.bits * BIT).astype(np.int64)

    def rows(self, contexts: NDArray[Any]) -> Integers:
        """Return the row for contexts `[inputs, ...]`, int64 `[...]`."""
        rows: Integers = contexts[0].astype(np.int64)
        return rows


@dataclass(frozen=True)
class Layer:
    """`weight` int8 `[inputs, outputs]` and `bias` int32 `[outputs]`, both as float32."""

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]


@dataclass(frozen=True)
class ContextNetwork(CountTable):
    """A table whose row a small network chooses: hidden layers of rectified units, and one or two outputs."""

    layers: tuple[Layer, ...]

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Integers], name: str) -> "ContextNetwork":
        """Return the network of the arrays `<name>.weight_0`, `<name>.bias_0`, ..., `<name>.table`."""
        depth = sum(key.startswith(f"{name}.weight_") for key in arrays)
        pairs = [(arrays[f"{name}.weight_{k}"], arrays[f"{name}.bias_{k}"]) for k in range(depth)]
        layers = tuple(Layer(weight.astype(np.float32), bias.astype(np.float32)) for weight, bias in pairs)
        return cls(arrays[f"{name}.table"].astype(np.int64), layers)

    @cached_property
    def scaled(self) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """Weights `[outputs, inputs]` and biases `[outputs, 1]`, divided as the sums are: exactly, by powers of two."""
        divisors = [LAYER_DIVISOR] * (len(self.layers) - 1) + [ROW_DIVISOR]
        return [
            (np.ascontiguousarray(layer.weight.T) / np.float32(divisor), layer.bias[:, None] / np.float32(divisor))
            for layer, divisor in zip(self.layers, divisors, strict=True)
        ]

    def rows(self, contexts: NDArray[Any]) -> Integers:
        """Return the row for contexts `[inputs, ...]`, int64 `[...]`."""
        values = contexts.reshape(len(contexts), -1).astype(np.float32, copy=False)
        for weight, bias in self.scaled[:-1]:
            values = weight @ values
            values += bias
            np.floor(values, out=values)
            if values.size > MANY:
                np.clip(values, 0, MAX_ACTIVATION, out=values)
                continue
            np.maximum(values, 0, out=values)  # far less work than np.clip where there are few values
            np.minimum(values, MAX_ACTIVATION, out=values)
        weight, bias = self.scaled[-1]
        base = DIGITS[len(weight) - 1]
        digits = np.floor(weight @ values + bias).astype(np.int64) + base // 2
        np.maximum(digits, 0, out=digits)
        np.minimum(digits, base - 1, out=digits)
        rows: Integers = digits[0] if base == ROWS else digits[0] * base + digits[1]
        return rows.reshape(contexts.shape[1:])


@dataclass(frozen=True, eq=False)
class Model:
    """The probabilities of everything in a block."""

    coefficients: ContextNetwork
    scale_factors: tuple[ContextNetwork, ContextNetwork]
    """Networks for even and for odd bands."""
    switching: CountTable
    """Counts by the switching of the frame before."""

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Integers]) -> "Model":
        """Return the model of the arrays of a model file."""
        return cls(
            ContextNetwork.from_arrays(arrays, "weights"),
            (ContextNetwork.from_arrays(arrays, "even_levels"), ContextNetwork.from_arrays(arrays, "odd_levels")),
            CountTable(arrays["splits"].astype(np.int64)),
        )


@lru_cache(maxsize=4)
def shipped_model(name: str) -> Model:
    """Return the model of the profile of this name, which comes with the package."""
    from safetensors.numpy import load

    return Model.from_arrays(load(files("ligeia.codec.transform").joinpath(f"{name}.safetensors").read_bytes()))


Contexts = NDArray[np.float32]
"""`[inputs, symbols, blocks]`; integers, as float32 for the network's sake."""

PASSES = (slice(0, None, 4), slice(2, None, 4), slice(1, None, 2))
ZERO_MAGNITUDE = -20
"""Logarithm of a coefficient that is 0, relative to its step."""
ABSENT = -10_000
"""Magnitude of what lies outside the block or the frame."""
MIDDLE = 64
LARGEST = 63
"""Larger sizes have the magnitude of this one."""
PAD = 8
"""Absent coefficients at both ends of a row of magnitudes."""
AROUND = 16
"""Coefficients that a moving average is of: eight below, itself, seven above."""
NEAREST = 8
"""Number of coefficients of earlier passes, nearest to the one to be coded, in a mean."""
SOURCES = 5
SELF, BEFORE, MEAN, EARLIER, OTHER = range(SOURCES)
"""Rows of magnitudes: the frame itself, the one before, its moving average, the one before that, the channel before."""
TAPS = 14
"""Contexts that are magnitudes of other coefficients."""
BAND_FACTS = 5
"""Contexts that the coefficients of a band share."""
FRAME_FACTS = 7
"""Contexts that all coefficients of a frame share."""
COEFFICIENT_INPUTS = TAPS + 1 + BAND_FACTS + 3 + FRAME_FACTS
SCALE_FACTOR_INPUTS = 8


@lru_cache(maxsize=1)
def logarithms() -> NDArray[np.int16]:
    """Return 16 log2(a), rounded, for a = 1 .. LARGEST; ZERO_MAGNITUDE for 0."""
    return np.array([ZERO_MAGNITUDE, *(round(16 * np.log2(a)) for a in range(1, LARGEST + 1))], np.int16)


def magnitudes(coefficients: Integers, exponents: Integers) -> Integers:
    """Return the logarithms of quantised coefficients, from the exponents of their steps."""
    return logarithms()[np.minimum(np.abs(coefficients), LARGEST)] + exponents


def taps(number: int) -> tuple[tuple[int, int, int], ...]:
    """Return, for each context of pass `number` that is a mean of two magnitudes, their row and their two offsets."""
    near = (4, 2, 1)[number]
    return (
        (BEFORE, 0, 0), (BEFORE, -1, -1), (BEFORE, 1, 1), (BEFORE, -2, 2), (BEFORE, -3, 3), (MEAN, 0, 0),
        (EARLIER, 0, 0), (EARLIER, -1, 1), (OTHER, 0, 0), (OTHER, -1, 1),
        (SELF, -near, -near), (SELF, near, near), (SELF, -3 * near, 3 * near), (SELF, -5, 5),
    )  # fmt: skip


KNOWN_TAPS = (10, 13, 14)
"""Number of taps that are available in each pass; the others are taken to be 0."""


@lru_cache(maxsize=64)
def _tap_places(number: int, frame_size: int) -> tuple[Integers, Integers]:
    """Return the places of the two magnitudes of each available tap, for a pass, `[taps * coefficients]`."""
    chosen = np.arange(frame_size)[PASSES[number]]
    width = frame_size + 2 * PAD
    available = taps(number)[: KNOWN_TAPS[number]]
    first, second = (
        np.concatenate([row * width + PAD + chosen + offsets[end] for row, *offsets in available]) for end in (0, 1)
    )
    return first, second


@dataclass
class Neighbourhood:
    """The surroundings of the coefficients of one frame and channel, in n blocks: what contexts are made of."""

    magnitudes: Integers
    """Int16 `[SOURCES, frame_size + 2 PAD, n]`, padded by `PAD` coefficients; `ABSENT` where there is nothing."""
    exponents: Integers
    """Exponents of the steps, int16 `[frame_size, n]`."""
    band_facts: Integers
    """Contexts that the coefficients of a band share, `[BAND_FACTS, bands, n]`, from 0 to 127."""
    frame_facts: Integers
    """Contexts that all coefficients share, `[FRAME_FACTS, n]`."""
    pitches: Integers
    """Logarithms of the coefficients' frequencies, `[frame_size]`."""
    band_of: Integers
    """Their bands, `[frame_size]`."""


def coefficient_contexts(around: Neighbourhood, number: int) -> Contexts:
    """Return the contexts `[COEFFICIENT_INPUTS, coefficients of the pass, n]` of pass `number`."""
    chosen = PASSES[number]
    frame_size, blocks = around.exponents.shape
    exponents = around.exponents[chosen]
    first, second = _tap_places(number, frame_size)
    flat = around.magnitudes.reshape(-1, blocks)
    sums = flat.take(first, axis=0, mode="clip")  # nothing is out of range; "clip" is faster
    sums += flat.take(second, axis=0, mode="clip")
    sums >>= 1
    tapped = sums.reshape(-1, *exponents.shape)
    tapped -= exponents - MIDDLE
    np.clip(tapped, 0, 127, out=tapped)
    contexts = np.empty((COEFFICIENT_INPUTS, *exponents.shape), np.float32)
    contexts[: len(tapped)] = tapped
    contexts[len(tapped) : TAPS] = ZERO_MAGNITUDE + MIDDLE
    contexts[TAPS] = _nearest(around, number) if number else ZERO_MAGNITUDE + MIDDLE
    contexts[TAPS + 1 : TAPS + 1 + BAND_FACTS] = around.band_facts[:, around.band_of[chosen]]
    rest = contexts[TAPS + 1 + BAND_FACTS :]
    rest[0], rest[1] = MIDDLE * (number == 0), MIDDLE * (number == 1)
    rest[2] = around.pitches[chosen, None]
    rest[3:] = around.frame_facts[:, None]
    return contexts


def _nearest(around: Neighbourhood, number: int) -> Integers:
    """Return the mean magnitude of the `NEAREST` coefficients of earlier passes, relative to the step.

    Half of them lie above. Beyond the first and the last of them these are repeated.
    """
    frame_size = len(around.exponents)
    exponents = around.exponents[PASSES[number]]
    coded = around.magnitudes[SELF, PAD : PAD + frame_size : PASSES[number].step if number == 1 else 2]
    ends = np.repeat(coded[:1], NEAREST // 2, axis=0), np.repeat(coded[-1:], NEAREST // 2, axis=0)
    sums = np.concatenate([ends[0], coded, *ends[1:]]).cumsum(axis=0, dtype=np.int32)
    mean = (sums[NEAREST : NEAREST + len(exponents)] - sums[: len(exponents)]) >> 3
    return np.asarray(np.clip(mean - exponents + MIDDLE, 0, 127))


def moving_average(values: Integers) -> Integers:
    """Return the mean of `AROUND` neighbours, rounded down, of `[width, n]`; what lies outside counts as the ends."""
    below, above = (np.repeat(end, AROUND // 2, axis=0) for end in (values[:1], values[-1:]))
    sums = np.concatenate([below[:1], below, values, above[1:]]).cumsum(axis=0, dtype=np.int32)
    mean: Integers = (sums[AROUND:] - sums[:-AROUND]) >> 4
    return mean.astype(np.int16)


def scale_factor_contexts(
    current: Integers, before: Integers, earlier: Integers, odd: bool
) -> tuple[Contexts, Integers]:
    """Return, for every second band, contexts `[SCALE_FACTOR_INPUTS, bands, n]` and the predicted scale factors.

    `current`, `before` and `earlier` `[bands, n]` are the scale factors of this frame (those of even bands are known
    when the odd ones are coded) and of the two before. What is coded is the difference from the prediction.
    """
    count = len(current)
    chosen = np.arange(int(odd), count, 2)
    low, high = np.maximum(chosen - 1, 0), np.minimum(chosen + 1, count - 1)
    past = before[chosen]
    if odd:
        high = np.where(chosen + 1 < count, chosen + 1, chosen - 1)  # at the upper end the lower one again
        predicted = past + ((current[low] + current[high] - before[low] - before[high]) >> 1)
        near = [current[low], current[high]]
    else:
        predicted, near = past, [before[low], before[high]]
    values = [past, earlier[chosen], before[low], before[np.minimum(chosen + 1, count - 1)], *near]
    contexts = np.empty((SCALE_FACTOR_INPUTS, *predicted.shape), np.float32)
    for k, value in enumerate(values):
        contexts[k] = 6 * (value - predicted) + MIDDLE
    contexts[6] = 4 * predicted
    np.minimum(np.maximum(contexts, 0, out=contexts), 127, out=contexts)
    contexts[7] = (chosen * 127 // max(count - 1, 1))[:, None]
    return contexts, predicted
