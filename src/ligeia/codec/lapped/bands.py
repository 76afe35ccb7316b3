"""The bands of a superframe: runs of neighbouring units that share a level and a step (FORMAT.md §8.2)."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

LEAST_HZ = 100
"""A band is at least this wide."""
WIDENING = (9, 64)
"""And at least this part of its lowest frequency: about a third of a critical band."""
MIN_UNITS = 4


@lru_cache(maxsize=64)
def band_edges(frame: int, rate: int) -> tuple[int, ...]:
    """The first unit of each band of a superframe of `frame` units at `rate` Hz, and at the end `frame`."""
    least = max(MIN_UNITS, -(-LEAST_HZ * 2 * frame // rate))
    edges = [0]
    while edges[-1] < frame:
        growing = (edges[-1] * WIDENING[0] // WIDENING[1] + 2) // 4 * 4
        edges.append(min(edges[-1] + max(least, growing), frame))
    if len(edges) > 2 and edges[-1] - edges[-2] < least:
        del edges[-2]
    return tuple(edges)


@lru_cache(maxsize=64)
def band_of(frame: int, rate: int) -> NDArray[np.int64]:
    """The band of each unit, int64 `[frame]`."""
    edges = np.array(band_edges(frame, rate))
    return np.repeat(np.arange(len(edges) - 1), np.diff(edges))


@lru_cache(maxsize=64)
def band_tilt(frame: int, rate: int) -> NDArray[np.int64]:
    """How wide a critical band is at each band, in sixteenths of an octave above 100 Hz, int64 `[bands]`.

    That is 16 log2(centre / 700 Hz), and 0 below: critical bands widen in proportion to frequency from there on.
    """
    edges = np.array(band_edges(frame, rate), dtype=np.int64)
    doubled = (edges[:-1] + edges[1:]) * rate  # 4 * frame * centre in Hz
    return np.array([max(log2_16(int(value)) - log2_16(2800 * frame), 0) for value in doubled])


def log2_16(number: int) -> int:
    """The whole part of 16 log2(number), in whole numbers alone."""
    # number^16 has 16 log2(number) bits, one more for the whole part.
    return (number**16).bit_length() - 1
