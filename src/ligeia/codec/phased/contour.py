"""The contour of a block: the slopes of its phase with which the sines take the fewest bits (dynamic programming).

What a slope costs is measured on stretches of the sound, one between each two units, as long as a window of the second
layer. Each is bent by every *glide*, the change of the slope's logarithm from one unit to the next, and by every
level of the slope, and transformed; the bits of its spectrum in the steps of the quantiser are the cost. No pitch is
looked for: the right glide is the one that makes the spectrum narrow, whatever made it so. Where the slope is below 1,
the highest frequencies are lost, which costs what the error is worth. The best contour of all is then found
exactly (Viterbi 1967), with the bits that the contour takes itself.

Magnitudes of the Fourier transform stand for coefficients of the MDCT: they do not depend on where a frame begins.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import pi

import numpy as np

from ligeia.codec.phased.bending import Finely
from ligeia.networks.phase import Integers, Reals

RESOLUTION = 64
"""Slopes are stored as whole parts of their logarithm: this many to a factor of e."""
HIGHEST = 32
"""Largest slope that is chosen, in these parts: a factor of 1.65 from the mean."""
GLIDES = np.array([-16, -12, -8, -6, -4, -3, -2, -1, 0, 1, 2, 3, 4, 6, 8, 12, 16])
"""Changes of the slope from one unit to the next that are tried, in the same parts."""
LEVELS = np.array([-0.5, -0.25, 0.0, 0.25, 0.5])
"""Logarithms of the slope at which costs are measured; between them they are interpolated."""
LOST = 8.7
"""Bits that an error of one squared step is worth: 12 * log2(e) / 2, the slope of rate over distortion."""
UNHEARD = 0.15
"""Squared steps per coefficient up to which nothing is lost: such ones would be 0 anyway."""
OWN = 0.5
"""Bits of the contour itself, for each octave of a change."""
BALANCINGS = 10
MOST_BALANCE = 100.0
"""Largest price of the mean slope, in bits for each unit."""


@dataclass(frozen=True)
class Stretches:
    """Stretches in which costs are measured, a window long, around the middle of each two neighbouring units."""

    frame_size: int
    edge: int
    spacing: float
    """Samples from one unit to the next."""
    units: int

    @property
    def count(self) -> int:
        """Number of stretches."""
        return self.units + 1

    @property
    def middles(self) -> Reals:
        """Places of the middles, in samples."""
        return self.edge + (np.arange(self.count) + 0.5) * self.spacing - 0.5


def contour_of(finely: Finely, stretches: Stretches, step: float) -> Integers:
    """Return the slopes of a block, int64 `[units]`, in parts of `RESOLUTION`, for a quantisation step."""
    costs = _by_slope(costs_of(finely, stretches, step))
    low, high = -MOST_BALANCE, MOST_BALANCE
    chosen = np.zeros(stretches.units, np.int64)
    for _ in range(BALANCINGS):  # until the mean slope is about 1, and not above, as slopes are divided by it
        balance = (low + high) / 2
        path = _best_path(costs, balance)
        if np.exp(path / RESOLUTION).mean() > 1:
            low = balance
        else:
            high, chosen = balance, path
    return chosen if np.ptp(chosen) else np.zeros_like(chosen)  # one slope everywhere bends nothing


def costs_of(finely: Finely, stretches: Stretches, step: float) -> Reals:
    """Return the bits of the sound between neighbouring units, `[stretches, levels, glides]`, all channels together."""
    costs = np.empty((stretches.count, len(LEVELS), len(GLIDES)))
    for column, level in enumerate(LEVELS):
        for row, glide in enumerate(GLIDES / RESOLUTION / stretches.spacing):
            costs[:, column, row] = _bits(finely, stretches, (float(level), float(glide)), step)
    return costs


def _bits(finely: Finely, stretches: Stretches, bend: tuple[float, float], step: float) -> Reals:
    """Bits of each stretch, bent by a level and a glide (of the slope's logarithm, per sample)."""
    from scipy.fft import rfft

    size, (level, glide) = stretches.frame_size, bend
    steep = float(np.exp(level))
    finer = 2 if level < 0 else 1  # what is lost lies beyond half the rate of the phase
    phases = (np.arange(2 * size * finer) + 0.5) / finer - size
    way = phases / steep if glide == 0 else np.log1p(np.clip(glide * phases / steep, -0.9, 9.0)) / glide
    window = _window(2 * size * finer) / np.sqrt(steep * np.exp(glide * way)) / (step * finer * np.sqrt(size))
    bits = np.zeros(stretches.count)
    for channel in finely.near(stretches.middles[:, None] + way):
        power = np.square(np.abs(rfft(channel * window.astype(np.float32), axis=1)))
        bits += np.log2(1 + power[:, :size]).sum(axis=1) / 2
        bits += LOST * np.maximum(power[:, size:-1] - UNHEARD, 0).sum(axis=1) * (finer - 1)
    return bits * (stretches.spacing * steep / size)


@lru_cache(maxsize=8)
def _window(length: int) -> Reals:
    """The window of long blocks of the network `Lapped`."""
    return np.sin(pi / 2 * np.sin(pi * (np.arange(length) + 0.5) / length) ** 2)


def _by_slope(costs: Reals) -> Reals:
    """Costs by the slope that a stretch ends with, and its glide, `[stretches, slopes, glides]`."""
    ends = np.arange(-HIGHEST, HIGHEST + 1)
    means = (ends[:, None] - GLIDES / 2) / RESOLUTION
    place = np.clip(np.interp(means, LEVELS, np.arange(len(LEVELS))), 0, len(LEVELS) - 1)
    low = np.minimum(place.astype(np.int64), len(LEVELS) - 2)
    part = place - low
    glide = np.arange(len(GLIDES))
    by_slope: Reals = costs[:, low, glide] * (1 - part) + costs[:, low + 1, glide] * part
    by_slope += OWN * np.log2(1 + 2 * np.abs(GLIDES))
    by_slope[:, np.abs(ends[:, None] - GLIDES) > HIGHEST] = np.inf
    return by_slope


def _best_path(costs: Reals, balance: float) -> Integers:
    """The slopes of the units on the cheapest path that begins and ends with 0, `balance` bits for each factor of 1."""
    ends = np.arange(-HIGHEST, HIGHEST + 1)
    start = np.clip(np.arange(len(ends))[:, None] - GLIDES, 0, len(ends) - 1)
    price = balance * (np.exp(ends / RESOLUTION) - 1)
    total = np.where(ends == 0, 0.0, np.inf)
    taken = np.empty((len(costs), len(ends)), np.int64)
    for number, cost in enumerate(costs):
        each = total[start] + cost
        taken[number] = each.argmin(axis=1)
        total = np.take_along_axis(each, taken[number][:, None], axis=1)[:, 0] + price
    slope, path = HIGHEST, []
    for number in range(len(costs) - 1, 0, -1):
        slope -= int(GLIDES[taken[number, slope]])
        path.append(ends[slope])
    return np.array(path[::-1], np.int64)
