"""What a metric is: a pure function of two equally long mono signals, and what one must know to read its value."""

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ligeia.errors import InputError

Signal = NDArray[np.float64]
"""One channel: float64 `[time]`."""


class Compare(Protocol):
    """A metric as a function: two signals `[time]`, equally long and aligned, at `rate` Hz; a finite or infinite value.

    Raises:
        UndefinedScore: there is no value (silence, too short); the text gives the reason.
        MissingExtra: the package that computes it is not installed.
        InputError: the arrays are unusable, or the metric does not take this rate.
    """

    __name__: str

    def __call__(self, *, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
        """The value of the metric."""
        ...


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One entry of the table of metrics."""

    name: str
    """Its name in every table and on the command line."""
    function: Compare
    """What computes it."""
    summary: str
    """What it measures, in one line."""
    unit: str
    """"dB", "Hz", "MOS", ...; empty for a plain number."""
    lowest: float
    """The least value that can come out (-inf where there is none)."""
    highest: float
    """The greatest value that can come out (inf where there is none)."""
    better: Literal["higher", "lower"]
    """Which way is better."""
    source: str
    """Paper, equation or programme that defines it."""
    formula: int = 1
    """Version of our implementation: raised whenever values change."""
    package: str | None = None
    """Distribution that computes it, whose version belongs to the value; None for our own formulas."""
    extra: str | None = None
    """The extra of `pip install "ligeia[...]"` that brings the package."""
    rates: tuple[int, ...] = ()
    """The only rates in Hz that it is defined at, ascending; empty: any."""
    mixing: Literal["each", "mono"] = "each"
    """Whether a sound of several channels is measured channel by channel (values are averaged) or mixed to mono."""
    domain: Literal["any", "speech", "music"] = "any"
    """What kind of sound it was made for."""
    slow: bool = False
    """Whether it takes longer than the sound lasts, and is left out unless asked for."""

    def rate_for(self, rate: int) -> int:
        """The rate in Hz at which a sound of `rate` Hz is measured: its own, the next one above, or the highest."""
        above = [one for one in self.rates if one >= rate]
        return rate if not self.rates else min(above, default=self.rates[-1])


def checked_pair(reference: ArrayLike, estimate: ArrayLike) -> tuple[Signal, Signal]:
    """Both signals as float64 `[time]`.

    Raises:
        InputError: one is not one-dimensional, is empty or holds NaN, or the lengths differ.
    """
    pair = np.asarray(reference, np.float64), np.asarray(estimate, np.float64)
    for name, signal in zip(("reference", "estimate"), pair, strict=True):
        if signal.ndim != 1:
            raise InputError(f"{name} must be one channel [time], got {signal.ndim} dimensions")
        if not np.isfinite(signal).all():
            raise InputError(f"{name} holds NaN or infinite values")
    if len(pair[0]) != len(pair[1]) or not len(pair[0]):
        raise InputError(
            f"reference and estimate must be equally long and not empty, got {len(pair[0])} and {len(pair[1])} samples"
        )
    return pair
