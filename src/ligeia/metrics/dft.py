"""Distances between the Fourier transforms of whole signals, as Zuiderveld 2021 (5.8.1, items 6 to 8) lists them.

The thesis gives names and no formulas; scaling and thresholds are ours. Transforms are orthonormal (divided by the root
of the number of samples), so that powers add up to those of the samples and values are comparable across lengths.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ligeia.errors import UndefinedScore
from ligeia.metrics.metric import Signal, checked_pair

LEAST_MAGNITUDE = 1e-8
"""Bins below this part of the reference's largest magnitude are rounding noise, and have no phase."""


def dft_mse(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Mean squared difference of the DFT's magnitudes, over all bins, those of negative frequency too.

    With the orthonormal transform a silent estimate scores the reference's mean square, and no estimate scores above
    its mean squared error. Phases, and so circular shifts, do not count.

    Raises:
        InputError: the arrays are unusable.

    Example:
        >>> dft_mse(reference=[3.0, 1.0], estimate=[1.0, 3.0], rate=8000)
        0.0
    """
    x, y = checked_pair(reference, estimate)
    squares = np.square(np.abs(_transform(x)) - np.abs(_transform(y)))
    # Each bin stands for two, but those that are their own mirror image: 0 and, of an even number, the last.
    single = squares[0] + (squares[-1] if len(x) % 2 == 0 else 0)
    return float((2 * squares.sum() - single) / len(x))


def dft_wasserstein(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """First Wasserstein distance in Hz between the magnitudes of the DFTs, each scaled to sum to 1.

    How far, on average, magnitude has to be moved along the frequencies 0 to rate / 2 to make one spectrum the
    other: the integral of the absolute difference of their cumulative sums. Gain does not count.

    Raises:
        InputError: the arrays are unusable.
        UndefinedScore: the reference or the estimate is silent.
    """
    x, y = checked_pair(reference, estimate)
    difference = np.cumsum(_distribution(x, "reference") - _distribution(y, "estimate"))
    return float(np.abs(difference[:-1]).sum() * rate / len(x))


def phase_error(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
    """Mean squared difference of the DFT's phases in rad^2, each wrapped to (-pi, pi].

    Over the bins from 0 to rate / 2 in which both magnitudes exceed 1e-8 of the reference's largest. About
    pi^2 / 3 = 3.29 where the phases have nothing in common.

    Raises:
        InputError: the arrays are unusable.
        UndefinedScore: the reference is silent, or no bin is strong enough in both.
    """
    x, y = (_transform(signal) for signal in checked_pair(reference, estimate))
    sizes = np.abs(x), np.abs(y)
    least = LEAST_MAGNITUDE * sizes[0].max()
    if least <= 0:
        raise UndefinedScore("the reference is silent")
    strong = np.minimum(*sizes) > least
    if not strong.any():
        raise UndefinedScore("no frequency is present in both sounds")
    turns = (x[strong] / sizes[0][strong]) * np.conj(y[strong] / sizes[1][strong])
    return float(np.mean(np.square(np.angle(turns))))


def _transform(signal: Signal) -> NDArray[np.complex128]:
    """Orthonormal DFT, bins `[time // 2 + 1]` of no negative frequency."""
    return np.fft.rfft(signal, norm="ortho")


def _distribution(signal: Signal, name: str) -> Signal:
    sizes = np.abs(_transform(signal))
    total = sizes.sum()
    if total <= 0:
        raise UndefinedScore(f"the {name} is silent")
    return np.asarray(sizes / total)
