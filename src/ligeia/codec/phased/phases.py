"""Phases of the blocks of a sound, fitted one after the other."""

from collections.abc import Callable

import numpy as np

from ligeia.audio.signal import Sound
from ligeia.codec.phased.bending import AROUND, BentSound, Finely, stretch
from ligeia.codec.phased.contour import RESOLUTION, Stretches, contour_of
from ligeia.networks.lapped import Lapped
from ligeia.networks.phase import Integers, Phase
from ligeia.networks.phased import EDGE, MAX_UNITS

UNIT_SECONDS = 0.025
"""Time from one unit of a phase to the next, about."""
FEWEST_UNITS = 2


def units_of(spec: Lapped, rate: int) -> int:
    """Return the number of units for the blocks of a sound."""
    return int(np.clip(round(spec.block_samples / rate / UNIT_SECONDS), FEWEST_UNITS, MAX_UNITS))


def phase_of(slopes: Integers, spec: Lapped) -> Phase:
    """Return the phase of blocks whose slopes are whole parts of `RESOLUTION`, `[blocks, units]`."""
    return Phase(slopes / RESOLUTION, spec.block_samples, spec.frame_size // EDGE)


def fitted_slopes(sound: Sound, spec: Lapped, step: float, on_share: Callable[[float], None] | None = None) -> Integers:
    """Return the slopes of all blocks of a sound, `[blocks, units]`, for quantisation in steps of a size."""
    count, units = -(-sound.sample_count // spec.block_samples), units_of(spec, sound.rate)
    slopes = np.zeros((count, units), np.int64)
    phase = phase_of(slopes, spec)
    stretches = Stretches(spec.frame_size, phase.edge, phase.spacing, units)
    for number in range(count):
        first = number * spec.block_samples
        samples = stretch(sound, first - AROUND, first + spec.block_samples + AROUND)
        if samples.any():
            slopes[number] = contour_of(Finely.of(samples), stretches, step)
        if on_share is not None:
            on_share((number + 1) / count)
    return slopes


def bent(sound: Sound, spec: Lapped, slopes: Integers) -> BentSound:
    """Return a sound in the time of its phases."""
    return BentSound(sound, phase_of(slopes, spec))
