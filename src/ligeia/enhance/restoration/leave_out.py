"""Predictions of several methods combined by how well each fills known samples nearby (leave-out validation).

Stretches beside the damage are hidden, and every method fills them in. The weights begin as the inverse squares of the
methods' energies of error (geometric means over the stretches), and are then moved to those that would have been best:
non-negative least squares, with a ridge towards the first. So methods whose errors differ correct each other. The sum
of the weights is free: where nothing predicts well, the result shrinks towards silence, as the conditional mean should.
"""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import nnls

from ligeia.enhance.restoration.stretch import Reals

POWER = 2.0
"""Exponent of the first weights over the energy of error."""
RIDGE = 0.3
"""Pull towards the first weights, in units of the energy of one hidden stretch."""
FLOOR, LEAST = 1e-3, 1e-9
"""Energies of error, relative to the sound's: below the first none counts more, below the second all are equal."""


def weights_from(hidden: Sequence[Reals], predictions: Sequence[Reals], *, ridge: float = RIDGE) -> Reals:
    """Return the weight of each method `[methods]` from what it made of hidden stretches.

    `hidden` are the true samples `[time]` of each stretch, `predictions` those of the methods `[methods, time]`. Loud
    stretches count no more than soft ones, and those that no method can fill in, such as attacks, count less.

    Example:
        >>> truth = np.array([1.0, -1.0])
        >>> weights_from([truth], [np.array([[1.0, -1.0], [0.5, 0.5]])]).round(2).tolist()
        [1.0, 0.0]
    """
    methods, pairs = len(predictions[0]), zip(hidden, predictions, strict=True)
    usable = [(truth, made, float(truth @ truth)) for truth, made in pairs if truth.any() and np.isfinite(made).all()]
    if not usable:
        return np.full(methods, 1 / methods)
    errors = np.array([np.sum((made - truth) ** 2, axis=1) / energy for truth, made, energy in usable]) + LEAST
    counts = 1 / (errors.min(axis=1) + FLOOR)
    counts /= counts.mean()
    first = np.exp(-POWER * np.log(errors).mean(axis=0))
    first /= first.sum()
    pull = ridge * len(usable)
    gram, right = pull * np.eye(methods), pull * first
    for count, (truth, made, energy) in zip(counts, usable, strict=True):
        gram = gram + count / energy * made @ made.T
        right = right + count / energy * made @ truth
    return _non_negative(gram, right)


def _non_negative(gram: Reals, right: Reals) -> Reals:
    """Return the non-negative x of least x' gram x / 2 - right' x."""
    upper = np.linalg.cholesky(gram).T
    return np.asarray(nnls(upper, np.linalg.solve(upper.T, right))[0])
