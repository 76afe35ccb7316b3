"""The context networks that are shipped with the package, and how many symbols there are (FORMAT.md §8.5)."""

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from ligeia.codec.lapped.probability import ContextNetwork, ContextTable

Whole = NDArray[np.integer]

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

    return Model.of(load(files("ligeia.codec.lapped").joinpath(f"{name}.safetensors").read_bytes()))
