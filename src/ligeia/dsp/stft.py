"""Magnitudes of the short-time Fourier transform, block by block, so that minutes of sound need little memory.

Convention: frame m holds the samples from m hop - size // 2 on where it is centred, from m hop on where it is not; no
scaling but the window's. All windows are periodic (DFT-even). These are the numbers of `torch.stft`.
"""

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ligeia.errors import UndefinedScore

Signal = NDArray[np.float64]
"""One channel, `[time]`."""
Spectra = NDArray[np.float64]
"""Magnitudes `[frames, bins]`; bin k of a transform of `size` samples lies at k rate / size Hz."""
Padding = Literal["zero", "reflect"]
"""The extension beyond the ends of a sound: zeros, or its mirror image about the outermost sample."""
BLOCK_SAMPLES = 1 << 20
"""Windowed samples that are held in memory at a time (8 MiB)."""


def hann(length: int) -> Signal:
    """Return the periodic Hann window `[length]`: 0.5 - 0.5 cos(2 pi n / length)."""
    return _raised_cosine(length, 0.5)


def hamming(length: int) -> Signal:
    """Return the periodic Hamming window `[length]`: 0.54 - 0.46 cos(2 pi n / length)."""
    return _raised_cosine(length, 0.54)


def magnitudes(
    signal: Signal,
    *,
    size: int,
    hop: int,
    window: Signal | None = None,
    center: bool = True,
    pad_mode: Padding = "zero",
) -> Spectra:
    """Return the magnitudes `[frames, size // 2 + 1]` of the short-time Fourier transform of `signal` `[time]`.

    `size` is the transform's length and `hop` the distance of frames, in samples. A `window` (default: Hann) shorter
    than `size` is centred between zeros. With `center` the signal is first extended by size // 2 samples at both ends.

    Raises:
        UndefinedScore: the signal is too short: under `size` samples without `center`, or at most size // 2 with
            `pad_mode="reflect"`.

    Example:
        >>> magnitudes(np.ones(4), size=4, hop=4, window=np.ones(4), center=False)
        array([[4., 0., 0.]])
    """
    frames = _frames(signal, size=size, hop=hop, pad_mode=pad_mode if center else None)
    spectra = np.empty((len(frames), size // 2 + 1))
    start = 0
    for block in _transformed(frames, window):
        spectra[start : start + len(block)] = block
        start += len(block)
    return spectra


def magnitude_blocks(
    signal: Signal,
    *,
    size: int,
    hop: int,
    window: Signal | None = None,
    center: bool = True,
    pad_mode: Padding = "zero",
) -> Iterator[Spectra]:
    """Yield `magnitudes` a few frames at a time, in order; equally long signals are cut alike.

    Raises:
        UndefinedScore: the signal is too short, at once and not at the first block.
    """
    return _transformed(_frames(signal, size=size, hop=hop, pad_mode=pad_mode if center else None), window)


def magnitude_pairs(
    reference: Signal,
    estimate: Signal,
    *,
    size: int,
    hop: int,
    window: Signal | None = None,
    pad_mode: Padding = "zero",
) -> Iterator[tuple[Spectra, Spectra]]:
    """Yield the `magnitude_blocks` of two equally long signals `[time]`, centred, side by side.

    Raises:
        UndefinedScore: the signals are too short, at once and not at the first block.
    """
    x, y = (
        magnitude_blocks(signal, size=size, hop=hop, window=window, pad_mode=pad_mode)
        for signal in (reference, estimate)
    )
    return zip(x, y, strict=True)


def _raised_cosine(length: int, offset: float) -> Signal:
    return np.asarray(offset - (1 - offset) * np.cos(2 * np.pi * np.arange(length) / length))


def _frames(signal: Signal, *, size: int, hop: int, pad_mode: Padding | None) -> Signal:
    """View the signal as `[frames, size]`, extended by size // 2 samples at both ends unless `pad_mode` is None."""
    least = {None: size, "zero": 1, "reflect": size // 2 + 1}[pad_mode]
    if len(signal) < least:
        raise UndefinedScore(f"too short: {len(signal)} samples, frames of {size} need {least}")
    if pad_mode is not None:
        signal = np.pad(signal, size // 2, mode="constant" if pad_mode == "zero" else "reflect")
    return sliding_window_view(signal, size)[::hop]


def _transformed(frames: Signal, window: Signal | None) -> Iterator[Spectra]:
    size = frames.shape[1]
    weights = _centred(hann(size) if window is None else window, size)
    step = max(BLOCK_SAMPLES // size, 1)
    for start in range(0, len(frames), step):
        yield np.abs(np.fft.rfft(frames[start : start + step] * weights))


def _centred(window: Signal, size: int) -> Signal:
    """Put the window between zeros; of an odd number, one more after it."""
    before = (size - len(window)) // 2
    return np.pad(window, (before, size - len(window) - before))
