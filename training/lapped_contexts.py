"""Learning the context networks of the lapped codec from quantised sounds; `training.lapped` is the command.

What is learned are the weights of `ligeia.codec.transform.context_model`, in 8 bits, from the contexts
that the codec's own traversal gives: the training sees exactly what encoder and decoder see.
"""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ligeia.codec.transform.context_model import (
    DIGITS,
    LAYER_DIVISOR,
    MAX_ACTIVATION,
    PRECISION,
    ROW_DIVISOR,
    ROWS,
    SWITCHINGS,
    SYMBOLS,
    CountTable,
    Model,
)
from ligeia.codec.transform.contexts import COEFFICIENT_INPUTS, SCALE_FACTOR_INPUTS
from ligeia.codec.transform.entropy import symbols_of
from ligeia.codec.transform.quantiser import Spectra
from ligeia.codec.transform.scale_factors import SCALE_FACTORS, BlockFormat
from ligeia.codec.transform.syntax import code_spectra

Whole = NDArray[np.integer]
BATCH = 8192
NORM = 32.0
"""Activities are divided by this while training, so that weights of size 1 are natural."""


class Recorder:
    """A coder that keeps what a network saw and what came."""

    def __init__(self) -> None:
        self.seen: dict[int, list[tuple[Whole, Whole]]] = {}

    def code(self, known: Whole | None, network: CountTable, contexts: Whole) -> Whole:
        """Keep it."""
        assert known is not None
        flat = contexts.reshape(len(contexts), -1).T.astype(np.uint8)
        self.seen.setdefault(id(network), []).append((flat, known.T.reshape(-1).astype(np.uint8)))
        return known

    def code_coefficients(self, known: Whole | None, network: CountTable, contexts: Whole) -> Whole:
        """Keep it."""
        assert known is not None
        self.code(symbols_of(known), network, contexts)
        return known


def blank(name: str, inputs: int, symbols: int, hidden: tuple[int, ...], outputs: int = 1) -> dict[str, Whole]:
    """Arrays of a network that expects every symbol alike."""
    sizes = (inputs, *hidden, outputs)
    arrays: dict[str, Whole] = {f"{name}.table": counted(np.full((ROWS, symbols), 1 / symbols))}
    for k, (n, m) in enumerate(pairwise(sizes)):
        arrays[f"{name}.weight_{k}"] = np.zeros((n, m), np.int8)
        arrays[f"{name}.bias_{k}"] = np.zeros(m, np.int32)
    return arrays


def counted(probabilities: NDArray[np.floating]) -> Whole:
    """Probabilities `[rows, symbols]` as counts, at least 1, that sum to 2^24 in each row; int32."""
    share = probabilities / probabilities.sum(axis=1, keepdims=True)
    counts = (share * ((1 << PRECISION) - share.shape[1])).astype(np.int64) + 1
    counts[np.arange(len(counts)), counts.argmax(axis=1)] += (1 << PRECISION) - counts.sum(axis=1)
    whole: Whole = counts.astype(np.int32)
    return whole


class Trained(nn.Module):
    """The float counterpart of a `ContextNetwork`: weights and activities are rounded on the way (straight-through).

    `sizes` are those of the layers, `start` `[64, symbols]` the logarithms of what the rows of the table begin with.
    Between two rows the logarithms of their probabilities are interpolated, so that the outputs have gradients.
    """

    def __init__(self, sizes: tuple[int, ...], start: Tensor) -> None:
        super().__init__()
        self.layers = [nn.Linear(n, m) for n, m in pairwise(sizes)]
        self.listed = nn.ModuleList(self.layers)
        self.base = DIGITS[sizes[-1] - 1]
        self.table = nn.Parameter(start.clone())
        with torch.no_grad():
            for layer in self.layers:
                layer.weight.mul_(0.7)

    def positions(self, contexts: Tensor) -> Tensor:
        """The outputs, as places between rows `[n, outputs]`."""
        values = contexts / NORM
        for k, layer in enumerate(self.layers):
            weight = _through(
                layer.weight, torch.clamp(torch.round(layer.weight * LAYER_DIVISOR), -127, 127) / LAYER_DIVISOR
            )
            bias = _through(layer.bias, torch.round(layer.bias * LAYER_DIVISOR * NORM) / (LAYER_DIVISOR * NORM))
            values = nn.functional.linear(values, weight, bias)
            if k < len(self.layers) - 1:
                values = _through(values, torch.floor(values * NORM) / NORM)
                values = torch.clamp(values, 0, MAX_ACTIVATION / NORM)
        places = values * (NORM * LAYER_DIVISOR / ROW_DIVISOR) + (self.base - 1) / 2
        return torch.clamp(places, 0, self.base - 1.001)

    def forward(self, contexts: Tensor) -> Tensor:
        """Logarithms of probabilities, `[n, symbols]`."""
        rows = torch.log_softmax(self.table, dim=-1).view(*([self.base] * len(self.layers[-1].bias)), -1)
        places = self.positions(contexts)
        low = places.floor()
        part, low = places - low, low.long()
        if places.shape[1] == 1:
            return torch.lerp(rows[low[:, 0]], rows[low[:, 0] + 1], part)
        first = torch.lerp(rows[low[:, 0], low[:, 1]], rows[low[:, 0] + 1, low[:, 1]], part[:, :1])
        second = torch.lerp(rows[low[:, 0], low[:, 1] + 1], rows[low[:, 0] + 1, low[:, 1] + 1], part[:, :1])
        return torch.lerp(first, second, part[:, 1:])

    def arrays(self, name: str) -> dict[str, Whole]:
        """The whole numbers."""
        table = counted(torch.softmax(self.table.detach().double(), dim=-1).numpy())
        arrays: dict[str, Whole] = {f"{name}.table": table}
        for k, layer in enumerate(self.layers):
            weight = torch.clamp(torch.round(layer.weight * LAYER_DIVISOR), -127, 127).T.contiguous()
            arrays[f"{name}.weight_{k}"] = weight.detach().numpy().astype(np.int8)
            arrays[f"{name}.bias_{k}"] = (
                torch.round(layer.bias * LAYER_DIVISOR * NORM).detach().numpy().astype(np.int32)
            )
        return arrays


def size_rows() -> Tensor:
    """Rows for sizes of weights, from nearly always 0 to wide."""
    spread = torch.exp2(torch.linspace(-3, 3.5, ROWS))[:, None]
    size = torch.arange(float(SYMBOLS))
    return 0.7 * (size > 0) - size / spread


def level_rows() -> Tensor:
    """Rows for levels: eight shifts by eight widths, around the middle symbol."""
    symbol = torch.arange(float(SCALE_FACTORS)) - SCALE_FACTORS // 2
    shift = torch.linspace(-2, 2, DIGITS[1])[:, None, None]
    spread = torch.exp2(torch.linspace(-2, 1.5, DIGITS[1]))[None, :, None]
    return torch.clamp(-(symbol - shift).abs() / spread, min=-12.0).reshape(ROWS, SCALE_FACTORS)


def _through(value: Tensor, rounded: Tensor) -> Tensor:
    return value + (rounded - value).detach()


def fit_network(
    contexts: Whole,
    symbols: Whole,
    sizes: tuple[int, ...],
    start: Tensor,
    *,
    steps: int,
    batch: int = 8192,
    seed: int = 0,
) -> tuple[Trained, float]:
    """A network for what was recorded, and the bits that a symbol costs at the end."""
    torch.manual_seed(seed)
    net = Trained(sizes, start)
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 8e-3, total_steps=steps)
    random = np.random.default_rng(seed)
    recent = 0.0
    for step in range(steps):
        index = random.integers(0, len(symbols), BATCH)
        seen, came = (
            torch.from_numpy(contexts[index].astype(np.float32)),
            torch.from_numpy(symbols[index].astype(np.int64)),
        )
        loss = nn.functional.nll_loss(net(seen), came)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if step >= steps - 50:
            recent += loss.item() / 50 / float(np.log(2))
    return net, recent


def split_counts(pairs: list[tuple[Whole, Whole]]) -> Whole:
    """Counts `[5, 5]` that sum to 2^24 in each row."""
    histogram = np.ones((SWITCHINGS, SWITCHINGS))
    for before, came in pairs:
        np.add.at(histogram, (before[:, 0], came), 1)
    return counted(histogram)


def train(
    sounds: Iterable[tuple[BlockFormat, Whole, Spectra]], *, hidden: int, steps: int, seed: int = 0
) -> tuple[dict[str, Whole], dict[str, float]]:
    """The arrays of a model for quantised sounds, and bits for each kind of symbol."""
    empty = Model.from_arrays(
        blank("weights", COEFFICIENT_INPUTS, SYMBOLS, (hidden,))
        | blank("even_levels", SCALE_FACTOR_INPUTS, SCALE_FACTORS, (hidden,), outputs=2)
        | blank("odd_levels", SCALE_FACTOR_INPUTS, SCALE_FACTORS, (hidden,), outputs=2)
        | {"splits": counted(np.ones((SWITCHINGS, SWITCHINGS)))}
    )
    recorder = Recorder()
    for grid, exponents, numbers in sounds:
        code_spectra(recorder, grid, exponents, empty, numbers)
    arrays: dict[str, Whole] = {"splits": split_counts(recorder.seen[id(empty.switching)])}
    bits = {}
    kinds = {"weights": empty.coefficients, "even_levels": empty.scale_factors[0], "odd_levels": empty.scale_factors[1]}
    for name, network in kinds.items():
        sizes = (*(layer.weight.shape[0] for layer in network.layers), network.layers[-1].weight.shape[1])
        if id(network) not in recorder.seen:
            arrays |= blank(name, sizes[0], network.counts.shape[1], sizes[1:-1], sizes[-1])
            continue
        contexts, symbols = (np.concatenate(parts) for parts in zip(*recorder.seen[id(network)], strict=True))
        start, patience = (size_rows(), steps) if name == "weights" else (level_rows(), steps // 2)
        net, bits[name] = fit_network(contexts, symbols, sizes, start, steps=patience, seed=seed)
        arrays |= net.arrays(name)
    return arrays, bits
