"""What a speech metric asks of its inputs and of its own result, in one wording."""

from math import isfinite

from numpy.typing import ArrayLike

from ligeia.errors import InputError, UndefinedScore
from ligeia.metrics.metric import Signal, checked_pair


def audible_reference(reference: ArrayLike, estimate: ArrayLike) -> tuple[Signal, Signal]:
    """Both signals as float64 `[time]`.

    Raises:
        InputError: the arrays are unusable.
        UndefinedScore: the reference is digital silence.
    """
    x, y = checked_pair(reference, estimate)
    if not x.any():
        raise UndefinedScore("the reference is silent")
    return x, y


def audible_pair(reference: ArrayLike, estimate: ArrayLike) -> tuple[Signal, Signal]:
    """Both signals as float64 `[time]`.

    Raises:
        InputError: the arrays are unusable.
        UndefinedScore: one of the signals is digital silence.
    """
    x, y = audible_reference(reference, estimate)
    if not y.any():
        raise UndefinedScore("the estimate is silent")
    return x, y


def demand_rate(rate: int, allowed: tuple[int, ...], name: str) -> None:
    """Nothing, where `rate` in Hz is one of those that the metric `name` is defined at.

    Raises:
        InputError: it is not.
    """
    if rate not in allowed:
        rates = " or ".join(str(one) for one in allowed)
        raise InputError(f"{name} is defined at {rates} Hz only, got {rate} Hz: resample both sounds first")


def finite(value: float, name: str) -> float:
    """`value`, where it is a number.

    Raises:
        UndefinedScore: it is NaN or infinite.
    """
    if not isfinite(value):
        raise UndefinedScore(f"{name} is not a finite number for these sounds")
    return float(value)
