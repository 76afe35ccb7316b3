"""A small network in whole numbers that says how probable each symbol is (FORMAT.md §8.5).

From a context it makes one number: which row of a table of counts is to be used. Weights and activities have 8 bits.
Products are done in float32, in which all sums here are exact (they stay below 2^24), so that every machine gets the
same numbers in whatever order it adds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

PRECISION = 24
SHIFT = 64
"""Sums are divided by this after each hidden layer."""
TOP = 127
"""The largest activity."""
ROWS = 64
"""Rows of a table."""
DIGITS = (64, 8)
"""An output is a number from 0 to 63; two outputs are two octal digits of it."""
ROW_SHIFT = 512
"""The last sums are divided by this; 0 stands for the middle."""

Whole = NDArray[np.integer]


class Expectation(Protocol):
    """What is expected of symbols."""

    def rows(self, contexts: NDArray[Any]) -> Whole:
        """The row of `likely` for contexts `[inputs, ...]`, `[...]`."""
        ...

    @property
    def table(self) -> Whole:
        """How often each symbol comes in 2^24, at least once: int64 `[rows, symbols]`."""
        ...

    @property
    def likely(self) -> NDArray[np.float64]:
        """`table` less 1: what the entropy coder makes the same counts of."""
        ...


@dataclass(frozen=True)
class ContextTable:
    """A row of counts for each value of a context that is one number."""

    table: Whole

    @cached_property
    def likely(self) -> NDArray[np.float64]:
        """See `Expectation`."""
        return (self.table - 1).astype(np.float64)

    def rows(self, contexts: NDArray[Any]) -> Whole:
        """See `Expectation`."""
        found: Whole = contexts[0].astype(np.int64)
        return found


@dataclass(frozen=True)
class Layer:
    """`weight` int8 `[inputs, outputs]` and `bias` int32 `[outputs]`, both as float32."""

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]


@dataclass(frozen=True)
class ContextNetwork:
    """Hidden layers of rectified units, one or two outputs that are the number of a row, and the rows."""

    layers: tuple[Layer, ...]
    table: Whole

    @classmethod
    def of(cls, arrays: Mapping[str, Whole], name: str) -> "ContextNetwork":
        """From whole numbers by name: `<name>.weight_0`, `<name>.bias_0`, ..., `<name>.table`."""
        count = sum(key.startswith(f"{name}.weight_") for key in arrays)
        pairs = [(arrays[f"{name}.weight_{k}"], arrays[f"{name}.bias_{k}"]) for k in range(count)]
        layers = tuple(Layer(weight.astype(np.float32), bias.astype(np.float32)) for weight, bias in pairs)
        return cls(layers, arrays[f"{name}.table"].astype(np.int64))

    @cached_property
    def likely(self) -> NDArray[np.float64]:
        """See `Expectation`."""
        return (self.table - 1).astype(np.float64)

    @cached_property
    def _divided(self) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """Weights `[outputs, inputs]` and biases `[outputs, 1]`, divided as sums are: exactly, by powers of two."""
        by = [SHIFT] * (len(self.layers) - 1) + [ROW_SHIFT]
        return [
            (np.ascontiguousarray(layer.weight.T) / np.float32(shift), layer.bias[:, None] / np.float32(shift))
            for layer, shift in zip(self.layers, by, strict=True)
        ]

    def rows(self, contexts: NDArray[Any]) -> Whole:
        """See `Expectation`."""
        values = contexts.reshape(len(contexts), -1).astype(np.float32, copy=False)
        for weight, bias in self._divided[:-1]:
            values = weight @ values
            values += bias
            np.floor(values, out=values)
            np.clip(values, 0, TOP, out=values)
        weight, bias = self._divided[-1]
        base = DIGITS[len(weight) - 1]
        digits = np.floor(weight @ values + bias).astype(np.int64) + base // 2
        np.clip(digits, 0, base - 1, out=digits)
        rows: Whole = digits[0] if base == ROWS else digits[0] * base + digits[1]
        return rows.reshape(contexts.shape[1:])


SPLITS = 5
SYMBOLS = 18
"""Sizes 0 to 16 of a weight, and: more than 16."""
LEVELS = 48
"""Levels of a band: 0 is silence."""
START_LEVEL = 16
"""What levels are taken to be before the first superframe."""


@dataclass(frozen=True)
class Model:
    """What is expected of weights, levels (of even and of odd bands), and splits."""

    weights: ContextNetwork
    levels: tuple[ContextNetwork, ContextNetwork]
    splits: ContextTable
    """Of a split behind another one."""

    @classmethod
    def of(cls, arrays: "dict[str, Whole]") -> "Model":
        """From the arrays of a model file."""
        return cls(
            ContextNetwork.of(arrays, "weights"),
            (ContextNetwork.of(arrays, "even_levels"), ContextNetwork.of(arrays, "odd_levels")),
            ContextTable(arrays["splits"].astype(np.int64)),
        )


@lru_cache(maxsize=4)
def shipped(name: str) -> Model:
    """The model of the profile of this name, which comes with the package."""
    from safetensors.numpy import load

    return Model.of(load(files("ligeia.codec.transform").joinpath(f"{name}.safetensors").read_bytes()))
