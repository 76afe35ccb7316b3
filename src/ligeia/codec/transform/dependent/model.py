"""The networks of a profile with dependent quantisation: for each pass one for sizes and one for signs.

They are networks of integers as those of §8.5 (`context_model.ContextNetwork`), with one output. The table of sizes has
64 rows for each of the two quantisers; that of signs has one more, for signs that nothing is known of.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.transform.context_model import PRECISION, ROWS, ContextNetwork, CountTable
from ligeia.codec.transform.dependent import signs, surroundings

Integers = NDArray[np.integer]

PASSES = len(surroundings.PASSES)
PLAIN = ROWS
"""The row of signs that nothing is known of."""
SWITCHING = "splits"


@dataclass(frozen=True, eq=False)
class DependentModel:
    """The probabilities of everything in a block."""

    size_networks: tuple[ContextNetwork, ...]
    """By pass."""
    sign_networks: tuple[ContextNetwork, ...]
    """By pass."""
    size_tables: tuple[CountTable, ...]
    """By pass: rows of the first quantiser, then of the second."""
    sign_tables: tuple[CountTable, ...]
    """By pass: rows of 0 (positive) and 1 (negative), and `PLAIN`."""
    switching: CountTable

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Integers]) -> "DependentModel":
        """Return the model of the arrays of a model file."""
        of_sizes, of_signs = (
            tuple(ContextNetwork.from_arrays(arrays, f"{name}_{number}") for number in range(PASSES))
            for name in ("sizes", "signs")
        )
        plain = np.full((1, 2), 1 << (PRECISION - 1))
        return cls(
            of_sizes,
            of_signs,
            tuple(CountTable(network.counts) for network in of_sizes),
            tuple(CountTable(np.concatenate([network.counts, plain])) for network in of_signs),
            CountTable(arrays[SWITCHING].astype(np.int64)),
        )

    def size_rows(self, around: surroundings.Surroundings, number: int) -> Integers:
        """Return the rows of the sizes of a pass, `[coefficients, n]`."""
        contexts = surroundings.size_contexts(around, number)
        rows = self.size_networks[number].rows(contexts)
        rows += ROWS * around.quantisers[surroundings.PASSES[number]]
        return rows

    def sign_rows(self, values: signs.Values, number: int, sizes: Integers) -> tuple[Integers, Integers]:
        """Return the rows of the signs of a pass, and where these are turned (-1), `[coefficients, n]`.

        Only those of coefficients other than 0 count; `sizes [coefficients, n]` are in half steps.
        """
        rows, turned = np.full(sizes.shape, PLAIN), np.ones(sizes.shape, np.int64)
        known = signs.sign_contexts(values, number, sizes)
        if len(known.turned):
            rows[known.places] = self.sign_networks[number].rows(known.contexts)
            turned[known.places] = known.turned
        return rows, turned


@lru_cache(maxsize=2)
def shipped_model(name: str) -> DependentModel:
    """Return the model of the profile of this name, which comes with the package."""
    from safetensors.numpy import load

    path = files("ligeia.codec.transform").joinpath(f"{name}.safetensors")
    return DependentModel.from_arrays(load(path.read_bytes()))
