"""Trainable counterparts of the context networks, and their way into the integers of a model file (torch)."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ligeia.codec.phased.changes import MOST_CHANGE
from ligeia.codec.phased.changes import ROWS as PHASE_ROWS
from ligeia.codec.transform.context_model import (
    COEFFICIENT_INPUTS,
    DIGITS,
    LAYER_DIVISOR,
    MAX_ACTIVATION,
    PRECISION,
    ROW_DIVISOR,
    ROWS,
    SCALE_FACTOR_INPUTS,
    SWITCHINGS,
    SYMBOLS,
    ContextNetwork,
)
from ligeia.codec.transform.scale_factors import SCALE_FACTORS

Integers = NDArray[np.integer]
Arrays = dict[str, Integers]
"""Arrays of a model file by name."""
Examples = tuple[Integers, Integers]
"""Contexts uint8 `[n, inputs]` and the symbols uint8 `[n]` that came in them."""

ACTIVATION_SCALE = 32.0
"""Activations are divided by this while training, so that weights of size 1 are natural."""
EVALUATED_AT_ONCE = 2**18
"""Symbols whose bits are computed together: it bounds the memory."""
SWITCHING = "splits"
"""Name of the table of window switching in a model file."""


@dataclass(frozen=True)
class Kind:
    """A kind of symbol with a network of its own."""

    name: str
    """Prefix of its arrays in a model file."""
    title: str
    """Coefficients or scale factors, for messages."""
    inputs: int
    """Contexts of a symbol."""
    outputs: int
    """Outputs of the network: digits of the row."""
    start: Callable[[], Tensor]
    """Logarithms of the probabilities `[rows, symbols]` that training begins with."""
    share: float
    """Part of the steps that its network gets."""


def size_rows() -> Tensor:
    """Return rows for sizes of coefficients, from nearly always 0 to wide; log-probabilities but for a constant."""
    spread = torch.exp2(torch.linspace(-3, 3.5, ROWS))[:, None]
    size = torch.arange(float(SYMBOLS))
    return 0.7 * (size > 0) - size / spread


def scale_factor_rows() -> Tensor:
    """Return rows for scale factors: eight shifts by eight widths, around the middle symbol."""
    symbol = torch.arange(float(SCALE_FACTORS)) - SCALE_FACTORS // 2
    shift = torch.linspace(-2, 2, DIGITS[1])[:, None, None]
    spread = torch.exp2(torch.linspace(-2, 1.5, DIGITS[1]))[None, :, None]
    return torch.clamp(-(symbol - shift).abs() / spread, min=-12.0).reshape(ROWS, SCALE_FACTORS)


KINDS = (
    Kind("weights", "coefficients", COEFFICIENT_INPUTS, 1, size_rows, 1.0),
    Kind("even_levels", "scale factors of even bands", SCALE_FACTOR_INPUTS, 2, scale_factor_rows, 0.5),
    Kind("odd_levels", "scale factors of odd bands", SCALE_FACTOR_INPUTS, 2, scale_factor_rows, 0.5),
)


def counts_of(probabilities: NDArray[np.floating]) -> Integers:
    """Return probabilities `[rows, symbols]` as counts, at least 1, that sum to 2^24 in each row; int32."""
    share = probabilities / probabilities.sum(axis=1, keepdims=True)
    counts = (share * ((1 << PRECISION) - share.shape[1])).astype(np.int64) + 1
    counts[np.arange(len(counts)), counts.argmax(axis=1)] += (1 << PRECISION) - counts.sum(axis=1)
    return np.asarray(counts, np.int32)


def switching_counts(examples: tuple[Integers, Integers] | None) -> Integers:
    """Return counts `[SWITCHINGS, SWITCHINGS]` of the symbols of window switching, by the one before."""
    histogram = np.ones((SWITCHINGS, SWITCHINGS))
    if examples is not None:
        np.add.at(histogram, (examples[0][:, 0], examples[1]), 1)
    return counts_of(histogram)


def phase_counts(examples: tuple[Integers, Integers] | None) -> Integers:
    """Return counts `[ROWS, SYMBOLS]` of the changes of slopes, by the one before (`phased.changes`).

    A change is as probable as its opposite after the opposite of the one before.
    """
    histogram = np.exp2(-np.abs(np.arange(-MOST_CHANGE, MOST_CHANGE + 1)) / 4.0) * np.ones((PHASE_ROWS, 1))
    if examples is not None:
        np.add.at(histogram, (examples[0][:, 0], examples[1]), 1)
    return counts_of(histogram + histogram[::-1, ::-1])


def uniform_network(kind: Kind, hidden: int) -> Arrays:
    """Return the arrays of a network that expects all symbols alike."""
    symbols = kind.start().shape[1]
    arrays: Arrays = {f"{kind.name}.table": counts_of(np.full((ROWS, symbols), 1 / symbols))}
    for k, (inputs, outputs) in enumerate(pairwise((kind.inputs, hidden, kind.outputs))):
        arrays[f"{kind.name}.weight_{k}"] = np.zeros((inputs, outputs), np.int8)
        arrays[f"{kind.name}.bias_{k}"] = np.zeros(outputs, np.int32)
    return arrays


def uniform_model(hidden: int) -> Arrays:
    """Return the arrays of a model that expects all symbols alike."""
    arrays: Arrays = {SWITCHING: switching_counts(None)}
    for kind in KINDS:
        arrays |= uniform_network(kind, hidden)
    return arrays


class RoundedNetwork(nn.Module):
    """The trainable counterpart of a `ContextNetwork`: weights and activations are rounded, gradients pass through.

    Between two rows of the table the logarithms of their probabilities are interpolated, so that the outputs have
    gradients.
    """

    def __init__(self, kind: Kind, hidden: int) -> None:
        super().__init__()
        self.kind = kind
        self.layers = [nn.Linear(n, m) for n, m in pairwise((kind.inputs, hidden, kind.outputs))]
        self.registered = nn.ModuleList(self.layers)
        self.base = DIGITS[kind.outputs - 1]
        self.table = nn.Parameter(kind.start())
        with torch.no_grad():
            for layer in self.layers:
                layer.weight.mul_(0.7)

    def positions(self, contexts: Tensor) -> Tensor:
        """Return the outputs for contexts `[n, inputs]`, as places between rows `[n, outputs]`."""
        values = contexts / ACTIVATION_SCALE
        for k, layer in enumerate(self.layers):
            weight, bias = _rounded_layer(layer)
            weight = _straight_through(layer.weight, weight / LAYER_DIVISOR)
            bias = _straight_through(layer.bias, bias / (LAYER_DIVISOR * ACTIVATION_SCALE))
            values = nn.functional.linear(values, weight, bias)
            if k < len(self.layers) - 1:
                values = _straight_through(values, torch.floor(values * ACTIVATION_SCALE) / ACTIVATION_SCALE)
                values = torch.clamp(values, 0, MAX_ACTIVATION / ACTIVATION_SCALE)
        places = values * (ACTIVATION_SCALE * LAYER_DIVISOR / ROW_DIVISOR) + (self.base - 1) / 2
        return torch.clamp(places, 0, self.base - 1.001)

    def forward(self, contexts: Tensor) -> Tensor:
        """Return logarithms of probabilities, `[n, symbols]`."""
        rows = torch.log_softmax(self.table, dim=-1).view(*([self.base] * self.kind.outputs), -1)
        places = self.positions(contexts)
        low = places.floor()
        part, low = places - low, low.long()
        if places.shape[1] == 1:
            return torch.lerp(rows[low[:, 0]], rows[low[:, 0] + 1], part)
        first = torch.lerp(rows[low[:, 0], low[:, 1]], rows[low[:, 0] + 1, low[:, 1]], part[:, :1])
        second = torch.lerp(rows[low[:, 0], low[:, 1] + 1], rows[low[:, 0] + 1, low[:, 1] + 1], part[:, :1])
        return torch.lerp(first, second, part[:, 1:])

    def arrays(self) -> Arrays:
        """Return the integers of the network."""
        name, table = self.kind.name, torch.softmax(self.table.detach().double(), dim=-1)
        arrays: Arrays = {f"{name}.table": counts_of(table.cpu().numpy())}
        for k, layer in enumerate(self.layers):
            weight, bias = _rounded_layer(layer)
            arrays[f"{name}.weight_{k}"] = np.ascontiguousarray(weight.T.cpu().numpy().astype(np.int8))
            arrays[f"{name}.bias_{k}"] = bias.cpu().numpy().astype(np.int32)
        return arrays


@torch.no_grad()
def _rounded_layer(layer: nn.Linear) -> tuple[Tensor, Tensor]:
    """Weights `[outputs, inputs]` and biases of a layer, as the integers that they will be."""
    weight = torch.clamp(torch.round(layer.weight * LAYER_DIVISOR), -127, 127)
    return weight, torch.round(layer.bias * (LAYER_DIVISOR * ACTIVATION_SCALE))


def _straight_through(value: Tensor, rounded: Tensor) -> Tensor:
    """`rounded`, with the gradient of `value`."""
    return value + (rounded - value).detach()


def bits_per_symbol(
    arrays: Arrays, name: str, contexts: Integers, symbols: Integers, weights: NDArray[np.float32] | None = None
) -> float:
    """Return the mean bits of a symbol by the network of integers; `weights` say how many symbols each stands for."""
    network = ContextNetwork.from_arrays(arrays, name)
    total = 0.0
    for start in range(0, len(symbols), EVALUATED_AT_ONCE):
        part = slice(start, start + EVALUATED_AT_ONCE)
        rows = network.rows(np.ascontiguousarray(contexts[part].T))
        if len(network.counts) > ROWS:  # the second half is for the second quantiser, which the first context tells
            rows += ROWS * (contexts[part][:, 0] > 0)
        bits = network.bits[rows, symbols[part]]
        total += float((bits if weights is None else bits * weights[part]).sum())
    return total / (len(symbols) if weights is None else float(weights.sum(dtype=np.float64)))
