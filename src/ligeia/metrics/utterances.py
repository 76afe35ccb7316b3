"""How many utterances PESQ may find in a recording: its programme keeps 50, and what goes beyond overwrites memory.

ITU-T P.862 speaks of an utterance where the level of the filtered sound, every 4 ms, is above an adaptive threshold for
200 ms; shorter pauses than that belong to the utterance, and where noise is low weak sounds do not count. Neither
filter nor threshold is computed here: the number is the largest that any threshold gives, in the telephone band or in
all, with the weak sounds or without them.
"""

import numpy as np
from numpy.typing import NDArray

from ligeia.metrics.metric import Signal

STEP = 250
"""Levels per second: one every 4 ms."""
LONGEST_PAUSE = 50
"""Steps of a pause that does not part two utterances."""
SHORTEST = 46
"""Steps of the shortest utterance, less the four by which P.862 extends it."""
WEAK = 3.0
"""A sound is weak where its mean power is less than this many times the threshold."""
BANDS = ((300.0, 3400.0), (0.0, np.inf))
"""Telephone band and all, in Hz."""
THRESHOLDS = np.arange(-40, 0, 0.25)
"""dB below the highest level; P.862 clamps levels 40 dB below it."""


def most_utterances(signal: Signal, rate: int) -> int:
    """The most utterances that any threshold finds in `signal` `[time]` at `rate` Hz (8000 or 16000).

    Example:
        >>> half_seconds = np.repeat([1.0, 0.0, 1.0, 0.0, 1.0], 4000) * np.sin(np.arange(20000.0))
        >>> most_utterances(half_seconds, 8000)
        3
    """
    return max(_most(_powers(signal, rate, *band)) for band in BANDS)


def _powers(signal: Signal, rate: int, lowest: float, highest: float) -> Signal:
    """Power between `lowest` and `highest` Hz in each step: `[steps]`."""
    spectrum = np.fft.rfft(signal / np.abs(signal).max(initial=1e-300))
    hertz = np.fft.rfftfreq(len(signal), 1 / rate)
    spectrum[(hertz < lowest) | (hertz > highest)] = 0
    size = rate // STEP
    steps = np.fft.irfft(spectrum, len(signal))[: len(signal) // size * size].reshape(-1, size)
    return np.asarray(np.mean(np.square(steps), axis=1))


def _most(powers: Signal) -> int:
    """The most utterances that any threshold finds."""
    thresholds = powers.max(initial=0.0) * 10 ** (THRESHOLDS / 10)
    return max(_utterances(powers, threshold, weakest) for threshold in thresholds for weakest in (0.0, WEAK))


def _utterances(powers: Signal, threshold: float, weakest: float) -> int:
    """How many stretches are above the threshold for long enough, once short pauses are closed."""
    starts, stops = _stretches(powers > threshold)
    sums = np.append(0, np.cumsum(powers))
    strong = sums[stops] - sums[starts] >= weakest * threshold * (stops - starts)
    starts, stops = starts[strong], stops[strong]
    if not len(starts):
        return 0
    parted = starts[1:] - stops[:-1] > LONGEST_PAUSE
    lengths = stops[np.append(parted, True)] - starts[np.append(True, parted)]
    return int(np.sum(lengths >= SHORTEST))


def _stretches(loud: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First steps of the stretches of true, and the steps after their last."""
    edges = np.flatnonzero(np.diff(loud.astype(np.int8), prepend=0, append=0))
    return edges[::2], edges[1::2]
