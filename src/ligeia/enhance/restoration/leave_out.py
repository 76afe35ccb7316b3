"""Predictions of several methods combined by how well each fills known samples nearby (leave-out validation).

Stretches beside the damage are hidden, and every method fills them in. The weights begin as the inverse squares of the
methods' energies of error, and are then moved to those that would have been best (non-negative least squares, with a
ridge towards the first), so that methods whose errors differ correct each other. Their sum is free: where nothing
predicts well, the result shrinks towards silence, as the conditional mean should.
"""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import nnls

from ligeia.enhance.restoration.stretch import Reals

POWER = 2.0
"""Exponent of the first weights over the energy of error."""
RIDGE = 0.3
"""Pull towards the first weights, in units of the energy of one hidden stretch."""


def weights_from(hidden: Sequence[Reals], predictions: Sequence[Reals], *, ridge: float = RIDGE) -> Reals:
    """Return the weight of each method `[methods]` from what it made of hidden stretches.

    `hidden` are the true samples `[time]` of each stretch, `predictions` those of the methods `[methods, time]`. Every
    stretch counts alike, however loud.

    Example:
        >>> truth = np.array([1.0, -1.0])
        >>> weights_from([truth], [np.array([[1.0, -1.0], [0.5, 0.5]])]).round(2).tolist()
        [1.0, 0.0]
    """
    methods = len(predictions[0])
    gram, right, errors = np.zeros((methods, methods)), np.zeros(methods), np.zeros(methods)
    used = 0
    for truth, made in zip(hidden, predictions, strict=True):
        energy = float(truth @ truth)
        if energy <= 0 or not np.isfinite(made).all():
            continue
        used += 1
        gram += made @ made.T / energy
        right += made @ truth / energy
        errors += np.sum((made - truth) ** 2, axis=1) / energy
    if not used:
        return np.full(methods, 1 / methods)
    first = np.maximum(errors / used, 1e-12) ** -POWER
    first /= first.sum()
    pull = ridge * used
    return _non_negative(gram + pull * np.eye(methods), right + pull * first)


def _non_negative(gram: Reals, right: Reals) -> Reals:
    """Return the non-negative x of least x' gram x / 2 - right' x."""
    upper = np.linalg.cholesky(gram).T
    return np.asarray(nnls(upper, np.linalg.solve(upper.T, right))[0])
