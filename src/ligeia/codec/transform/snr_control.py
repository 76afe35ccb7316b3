"""The last tenths of a decibel: streams in the same steps whose bits are worth more to the encoder.

Steps are a third of a decibel apart, and a sound of one or two blocks has no blocks to mix them among. A larger
Lagrangian gives away what the SNR is above the target, nearly at the price that it has.
"""

from collections.abc import Callable
from typing import Protocol, TypeVar

import numpy as np

from ligeia.codec.transform.scale_factors import Reals

TRIES = 4
LARGEST = 2.5
"""Factor of the Lagrangian at which streams are some 0.4 dB worse."""
NEAR = 0.01
"""Decibels above a target that are not worth a trial."""


class Rated(Protocol):
    """A stream that has been written."""

    @property
    def snr_db(self) -> float:
        """Its SNR."""

    @property
    def sizes(self) -> Reals:
        """Bytes of each block."""


Written = TypeVar("Written", bound=Rated)


def nearest_above(snr_db: float, written: Written, write: Callable[[float], Written]) -> Written:
    """Return the shortest stream of at least an SNR: `written`, or one that `write` makes with a larger factor."""
    low, high, best = 1.0, LARGEST, written
    for _ in range(TRIES):
        if best.snr_db < snr_db + NEAR:
            break
        middle = float(np.sqrt(low * high))
        tried = write(middle)
        if tried.snr_db < snr_db:
            high = middle
            continue
        low = middle
        if tried.sizes.sum() <= best.sizes.sum():
            best = tried
    return best
