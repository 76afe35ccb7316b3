"""Lapped networks of sounds of which some samples are missing, or trusted less than others.

The units are as many as the samples, so that what is missing needs an assumption: that few units say it all.
"""

import numpy as np

from ligeia.dsp.mdct import Reals, WindowSequence, inverse_mdct, mdct

STEPS = 60
"""Thresholds tried while gaps are filled."""
LOWEST = 1e-3
"""The last threshold, relative to the first."""
RIDGE = 1e-4
"""What the squared change of a weight costs beside a squared error of a trusted sample: it holds units that hardly any
trusted sample sees."""
MOST_ROUNDS = 50
ENOUGH = 1e-6
"""Size of the residual, relative to the first one, at which the weights are solved."""


def filled(rows: Reals, trust: Reals, layout: WindowSequence) -> Reals:
    """Samples `[channels, rows, frame]` with gaps filled in; `trust [1, rows, frame]`, 0 to 1.

    Over and over, the units above a threshold that falls from the largest weight on say what the untrusted samples
    are (Elad et al. 2005, for images). Samples of trust 1 stay as they are; those of trust between are moved part of
    the way.
    """
    known = rows * trust
    found = known
    first = float(np.abs(mdct(known, layout)).max())
    for threshold in first * np.geomspace(1, LOWEST, STEPS):
        weights = mdct(found, layout)
        said = inverse_mdct(np.where(np.abs(weights) >= threshold, weights, 0), layout)
        found = known + (1 - trust) * said
    return found


def refitted(weights: Reals, rows: Reals, trust: Reals, layout: WindowSequence) -> Reals:
    """The best values of those `weights` that are not 0: the least squared error, weighted by `trust`.

    Where that leaves them free, they stay what they are. Solved by conjugate gradients (Hestenes & Stiefel 1952): the
    products are transforms, there and back.
    """
    there = weights != 0

    def product(some: Reals) -> Reals:
        seen: Reals = np.where(there, mdct(trust * inverse_mdct(some, layout), layout), 0) + RIDGE * some
        return seen

    solution = weights.astype(np.float64)
    trust = trust.astype(np.float64)
    residual = np.where(there, mdct(trust * (rows - inverse_mdct(solution, layout)), layout), 0)
    direction, energy = residual, float(np.vdot(residual, residual))
    first = energy
    for _ in range(MOST_ROUNDS):
        if energy <= ENOUGH**2 * first or energy == 0:
            break
        moved = product(direction)
        step = energy / float(np.vdot(direction, moved))
        solution = solution + step * direction
        residual = residual - step * moved
        last, energy = energy, float(np.vdot(residual, residual))
        direction = residual + energy / last * direction
    return solution.astype(np.float32)
