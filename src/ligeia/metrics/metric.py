"""The definition of a metric, the checks of inputs and results that all share, and a memory of the last values."""

from dataclasses import dataclass
from functools import wraps
from hashlib import blake2b
from math import isfinite
from threading import Lock
from typing import Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ligeia.errors import InputError, UndefinedScore

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
        """Return the value of the metric."""
        ...


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One entry of the table of metrics."""

    name: str
    """Its name in every table and on the command line."""
    function: Compare
    """The function that computes it."""
    summary: str
    """Its meaning, in one line."""
    unit: str
    """"dB", "Hz", "MOS", ...; empty for a plain number."""
    lowest: float
    """The least value that can come out (-inf where there is none)."""
    highest: float
    """The greatest value that can come out (inf where there is none)."""
    better: Literal["higher", "lower"]
    """The direction that is better."""
    source: str
    """Paper, equation or program that defines it."""
    formula: int = 1
    """Version of our implementation: raised whenever values change."""
    package: str | None = None
    """Distribution that computes it, whose version belongs to the value; None for our own formulas."""
    extra: str | None = None
    """The extra of `pip install "ligeia[...]"` that brings the package."""
    rates: tuple[int, ...] = ()
    """The only rates in Hz that it is defined at, ascending; empty: any."""
    mixing: Literal["each", "mono"] = "each"
    """A sound of several channels is measured channel by channel (values are averaged) or mixed to mono."""
    domain: Literal["any", "speech", "music"] = "any"
    """The kind of sound it was made for."""
    slow: bool = False
    """True where it takes longer than the sound lasts; then it is computed on demand only."""

    def rate_for(self, rate: int) -> int:
        """Return the rate in Hz at which a sound of `rate` Hz is measured: its own, the next above, or the highest."""
        above = [allowed for allowed in self.rates if allowed >= rate]
        return rate if not self.rates else min(above, default=self.rates[-1])


# --- inputs and results -----------------------------------------------------------------------------


def checked_pair(reference: ArrayLike, estimate: ArrayLike) -> tuple[Signal, Signal]:
    """Return both signals as float64 `[time]`.

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


def audible_reference(reference: ArrayLike, estimate: ArrayLike) -> tuple[Signal, Signal]:
    """Return both signals as float64 `[time]`, the reference not being digital silence.

    Raises:
        InputError: the arrays are unusable.
        UndefinedScore: the reference is digital silence.
    """
    x, y = checked_pair(reference, estimate)
    if not x.any():
        raise UndefinedScore("the reference is silent")
    return x, y


def audible_pair(reference: ArrayLike, estimate: ArrayLike) -> tuple[Signal, Signal]:
    """Return both signals as float64 `[time]`, neither of them digital silence.

    Raises:
        InputError: the arrays are unusable.
        UndefinedScore: one of the signals is digital silence.
    """
    x, y = audible_reference(reference, estimate)
    if not y.any():
        raise UndefinedScore("the estimate is silent")
    return x, y


def check_rate(rate: int, allowed: tuple[int, ...], name: str) -> None:
    """Check that `rate` in Hz is one of those that the metric `name` is defined at.

    Raises:
        InputError: it is not.
    """
    if rate not in allowed:
        rates = " or ".join(map(str, allowed))
        raise InputError(f"{name} is defined at {rates} Hz only, got {rate} Hz: resample both sounds first")


def checked_finite(value: float, name: str) -> float:
    """Return `value`, the result of the metric `name`.

    Raises:
        UndefinedScore: it is NaN or infinite.
    """
    if not isfinite(value):
        raise UndefinedScore(f"{name} is not a finite number for these sounds")
    return float(value)


# --- metrics that are parts of others ---------------------------------------------------------------

KEPT = 16
"""Values that are remembered of each metric: a key of 16 bytes and a number, no sound."""


def remembered(function: Compare) -> Compare:
    """Make a metric answer at once when asked again about one of its last 16 pairs of sounds.

    PESQ, LLR and WSS are parts of the composite ratings; so each is computed once for a pair. Sounds are told
    apart by their content. Errors are not remembered.
    """
    values: dict[bytes, float] = {}
    lock = Lock()

    @wraps(function)
    def recalling(*, reference: ArrayLike, estimate: ArrayLike, rate: int) -> float:
        key = _key(reference, estimate, rate)
        value = values.get(key)
        if value is None:
            value = function(reference=reference, estimate=estimate, rate=rate)
            with lock:
                if len(values) >= KEPT:
                    del values[next(iter(values))]
                values[key] = value
        return value

    return recalling


def _key(reference: ArrayLike, estimate: ArrayLike, rate: int) -> bytes:
    """Digest of shapes, values and rate."""
    digest = blake2b(str(rate).encode(), digest_size=16)
    for signal in (reference, estimate):
        values = np.ascontiguousarray(signal, np.float64)
        digest.update(str(values.shape).encode())
        digest.update(values.tobytes())
    return digest.digest()
