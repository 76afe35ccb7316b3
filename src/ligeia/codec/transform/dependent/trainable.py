"""Trainable counterparts of the networks of sizes and signs (torch)."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ligeia.codec.transform.context_model import ROWS, SYMBOLS
from ligeia.codec.transform.dependent import signs, surroundings
from ligeia.codec.transform.dependent.model import PASSES, SWITCHING
from ligeia.codec.transform.trainable import (
    Arrays,
    Integers,
    Kind,
    RoundedNetwork,
    counts_of,
    size_rows,
    switching_counts,
)

SIGN_UNITS = (48, 24)
"""Units of the hidden layers of networks of signs."""


def rows_of_both() -> Tensor:
    """Return rows for levels of the two quantisers, log-probabilities but for a constant."""
    return torch.cat([size_rows(), size_rows()])


def sign_rows() -> Tensor:
    """Return rows for signs, from nearly always positive to nearly always negative."""
    odds = torch.linspace(4, -4, ROWS)[:, None]
    return torch.cat([odds / 2, -odds / 2], dim=1)


SIZES = tuple(
    Kind(f"sizes_{k}", f"sizes of pass {k}", surroundings.INPUTS[k], 1, rows_of_both, 1.0) for k in range(PASSES)
)
SIGNS = tuple(Kind(f"signs_{k}", f"signs of pass {k}", signs.INPUTS[k], 1, sign_rows, 0.5) for k in range(PASSES))


class RowNetwork(RoundedNetwork):
    """A network with any hidden layers, whose table may have a second half for the second quantiser."""

    def __init__(self, kind: Kind, hidden: tuple[int, ...]) -> None:
        super().__init__(kind, hidden[0])
        self.layers = [nn.Linear(n, m) for n, m in pairwise((kind.inputs, *hidden, kind.outputs))]
        self.registered = nn.ModuleList(self.layers)
        with torch.no_grad():
            for layer in self.layers:
                layer.weight.mul_(0.7)

    def likelihoods(self, contexts: Tensor, symbols: Tensor) -> Tensor:
        """Return the logarithms of the probabilities of symbols alone, `[n]`: in a fraction of the time."""
        rows = torch.log_softmax(self.table, dim=-1)
        places = self.positions(contexts)[:, 0]
        low = places.floor()
        part, low = places - low, low.long()
        if len(rows) > ROWS:
            low = low + ROWS * (contexts[:, 0] > 0)
        width, flat = rows.shape[1], rows.reshape(-1)
        below, above = (flat.index_select(0, (low + k) * width + symbols) for k in (0, 1))
        return torch.lerp(below, above, part)


def hidden_units(kind: Kind, units: int) -> tuple[int, ...]:
    """Return the units of the hidden layers of a kind; those of sizes have so many, then half of that."""
    return (units, max(units // 2, 1)) if kind in SIZES else SIGN_UNITS


def network_of(kind: Kind, units: int) -> RowNetwork:
    """Return the untrained network of a kind."""
    return RowNetwork(kind, hidden_units(kind, units))


def first_model(units: int) -> Arrays:
    """Return the arrays of a model that knows nothing of surroundings, to make the first levels with."""
    size = np.arange(SYMBOLS)
    likely = np.exp2(-np.where(size > 0, 3.0 + 1.5 * np.log2(np.maximum(size, 1)), 0.6))
    arrays: Arrays = {SWITCHING: switching_counts(None)}
    for kind in (*SIZES, *SIGNS):
        row = likely if kind in SIZES else np.ones(2)
        arrays |= constant_network(kind, hidden_units(kind, units), row)
    return arrays


def constant_network(kind: Kind, hidden: tuple[int, ...], likely: NDArray[np.floating]) -> Mapping[str, Integers]:
    """Return the arrays of a network that always expects the same."""
    rows = 2 * ROWS if kind in SIZES else ROWS
    arrays: Arrays = {f"{kind.name}.table": counts_of(np.tile(likely, (rows, 1)))}
    for k, (inputs, outputs) in enumerate(pairwise((kind.inputs, *hidden, kind.outputs))):
        arrays[f"{kind.name}.weight_{k}"] = np.zeros((inputs, outputs), np.int8)
        arrays[f"{kind.name}.bias_{k}"] = np.zeros(outputs, np.int32)
    return arrays
