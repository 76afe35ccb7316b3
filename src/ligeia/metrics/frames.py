"""The frames of Hu and Loizou 2008, which segmental SNR, LLR and WSS are averages over.

Conventions: 30 ms (rounded to samples, half up), a new frame every quarter of that (rounded down), the window
0.5 (1 - cos(2 pi n / (N + 1))) with n = 1..N, and the last frame that would fit is left out, as in the authors'
programme.
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ligeia.errors import InputError, UndefinedScore
from ligeia.metrics.metric import Signal

Frames = NDArray[np.float64]
"""Windowed frames `[frames, samples]`, or something else that is known of each frame."""
Measure = Callable[[Frames, Frames], Signal]
"""What is measured in each frame of a reference and an estimate: `[frames]`."""
BLOCK_FRAMES = 2048
"""Frames that are held in memory at a time (8 MiB at 16 kHz)."""
LOWEST_RATE = 134
"""Hz; below this a frame has fewer than four samples, and its quarter is nothing."""


def frame_length(rate: int) -> int:
    """Samples in a frame of 30 ms at `rate` Hz.

    Raises:
        InputError: the rate is under 134 Hz.
    """
    if rate < LOWEST_RATE:
        raise InputError(f"frames of 30 ms need a rate of {LOWEST_RATE} Hz or more, got {rate}")
    return (30 * int(rate) + 500) // 1000


def window(length: int) -> Signal:
    """Hann window `[length]` without the zeros at its ends: 0.5 (1 - cos(2 pi n / (length + 1))), n = 1..length."""
    return np.asarray(0.5 * (1 - np.cos(2 * np.pi * np.arange(1, length + 1) / (length + 1))))


def frame_pairs(reference: Signal, estimate: Signal, rate: int) -> Iterator[tuple[Frames, Frames]]:
    """Windowed frames of two equally long signals `[time]`, side by side, some at a time.

    Raises:
        InputError: the rate is under 134 Hz.
        UndefinedScore: the signals are shorter than a frame and a quarter (37.5 ms).
    """
    length = frame_length(rate)
    if len(reference) < length + length // 4:
        raise UndefinedScore(f"too short: {len(reference) / rate:.3g} s, 37.5 ms are needed")
    weights = window(length)
    views = [sliding_window_view(signal, length)[:: length // 4][:-1] for signal in (reference, estimate)]
    for start in range(0, len(views[0]), BLOCK_FRAMES):
        x, y = (view[start : start + BLOCK_FRAMES] * weights for view in views)
        yield x, y


def per_frame(measure: Measure, reference: Signal, estimate: Signal, rate: int) -> Signal:
    """What `measure` gives for each frame of two equally long signals `[time]`: `[frames]`.

    Raises:
        InputError: the rate is under 134 Hz.
        UndefinedScore: the signals are shorter than 37.5 ms.
    """
    return np.concatenate([measure(x, y) for x, y in frame_pairs(reference, estimate, rate)])


def mean_of_lowest(values: Signal, share: float = 0.95) -> float:
    """Mean of the lowest `share` of the values (their number rounded half up, but at least one)."""
    kept = max(int(np.floor(share * len(values) + 0.5)), 1)
    return float(np.mean(np.sort(values)[:kept]))
