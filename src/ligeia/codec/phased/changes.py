"""The slopes of phases as symbols: changes from unit to unit, the one before as their context (FORMAT.md §8.7)."""

from functools import lru_cache
from importlib.resources import files

import numpy as np

from ligeia.codec.transform.context_model import CountTable
from ligeia.codec.transform.syntax import SymbolCoder
from ligeia.networks.phase import Integers

TABLE = "phases"
"""Name of the table of counts in a model file."""
MOST_CHANGE = 32
"""Largest size of a change."""
SYMBOLS = 2 * MOST_CHANGE + 1
NEAR = 3
"""Changes of this size and larger ones are one context."""
ROWS = 2 * NEAR + 1


@lru_cache(maxsize=2)
def shipped_table(name: str) -> CountTable:
    """Return the counts of changes of the profile of this name, which come with the package."""
    from safetensors.numpy import load

    arrays = load(files("ligeia.codec.transform").joinpath(f"{name}.safetensors").read_bytes())
    return CountTable(arrays[TABLE].astype(np.int64))


def code_slopes(coder: SymbolCoder, table: CountTable, shape: tuple[int, int], source: Integers | None) -> Integers:
    """Code the slopes of blocks, `[blocks, units]` of a `shape`, and return them.

    `source` holds what an encoder writes; for a decoder it is None.
    """
    changes = None if source is None else np.diff(source, axis=1, prepend=0) + MOST_CHANGE
    coded = np.zeros(shape, np.int64)
    before: Integers = np.zeros(shape[0], np.int64)
    for unit in range(shape[1]):
        contexts = (np.clip(before, -NEAR, NEAR) + NEAR)[None, None].astype(np.float32)
        target = None if changes is None else changes[:, unit : unit + 1]
        before = coder.code(target, table, contexts)[:, 0].astype(np.int64) - MOST_CHANGE
        coded[:, unit] = before
    return np.cumsum(coded, axis=1)
