"""The integer networks that say how probable each symbol is (FORMAT.md §8.5), and the models that are shipped.

From the contexts of a symbol a network computes one number: the row of a table of counts. Weights and activations have
8 bits. Products are done in float32, in which all sums here are exact (they stay below 2^24), so that every machine
gets the same integers in whatever order it adds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.integer]
Reals = NDArray[np.floating]

PRECISION = 24
"""Counts of a row sum to 2^24."""
LAYER_DIVISOR = 64
"""Sums are divided by this after each hidden layer."""
MAX_ACTIVATION = 127
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
    def _scaled(self) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """Weights `[outputs, inputs]` and biases `[outputs, 1]`, divided as the sums are: exactly, by powers of two."""
        divisors = [LAYER_DIVISOR] * (len(self.layers) - 1) + [ROW_DIVISOR]
        return [
            (np.ascontiguousarray(layer.weight.T) / np.float32(divisor), layer.bias[:, None] / np.float32(divisor))
            for layer, divisor in zip(self.layers, divisors, strict=True)
        ]

    def rows(self, contexts: NDArray[Any]) -> Integers:
        """Return the row for contexts `[inputs, ...]`, int64 `[...]`."""
        values = contexts.reshape(len(contexts), -1).astype(np.float32, copy=False)
        for weight, bias in self._scaled[:-1]:
            values = weight @ values
            values += bias
            np.floor(values, out=values)
            np.clip(values, 0, MAX_ACTIVATION, out=values)
        weight, bias = self._scaled[-1]
        base = DIGITS[len(weight) - 1]
        digits = np.floor(weight @ values + bias).astype(np.int64) + base // 2
        np.clip(digits, 0, base - 1, out=digits)
        rows: Integers = digits[0] if base == ROWS else digits[0] * base + digits[1]
        return rows.reshape(contexts.shape[1:])


@dataclass(frozen=True)
class Model:
    """The probabilities of everything in a block."""

    coefficients: ContextNetwork
    scale_factors: tuple[ContextNetwork, ContextNetwork]
    """Of even and of odd bands."""
    switching: CountTable
    """By the switching of the frame before."""

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
