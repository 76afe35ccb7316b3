"""Models and levels with dependent quantisation that tests share, made of whole numbers (see `made_streams`)."""

from itertools import pairwise

import numpy as np
from made_coded import table

from ligeia.codec.transform.context_model import ROWS, SWITCHINGS, SYMBOLS
from ligeia.codec.transform.dependent import signs, surroundings
from ligeia.codec.transform.dependent.model import PASSES, DependentModel


def arrays(seed: int = 1, units: int = 5) -> dict[str, np.ndarray]:
    """The arrays of a model that knows nothing, but differs from row to row."""
    random, made = np.random.default_rng(seed), {"splits": table(SWITCHINGS, SWITCHINGS, seed)}
    for k in range(PASSES):
        for name, inputs, rows, symbols in (
            (f"sizes_{k}", surroundings.INPUTS[k], 2 * ROWS, SYMBOLS),
            (f"signs_{k}", signs.INPUTS[k], ROWS, 2),
        ):
            for layer, (n, m) in enumerate(pairwise((inputs, units, units, 1))):
                made[f"{name}.weight_{layer}"] = random.integers(-64, 65, (n, m)).astype(np.int8)
                made[f"{name}.bias_{layer}"] = random.integers(-4000, 4001, m).astype(np.int32)
            made[f"{name}.table"] = table(rows, symbols, seed + k)
    return made


def model(seed: int = 1) -> DependentModel:
    """That model."""
    return DependentModel.from_arrays(arrays(seed))
