"""Overviews: a sound as a page draws it from afar, its peaks and its spectrum in columns, as a few kilobytes.

A file is little-endian: `LGOV`, u32 columns, u32 bands, f32 seconds, f32 top_hz, f32 low_db, f32 high_db; then i8 peaks
[columns][2], the lowest and the highest sample of all channels with full scale 127; then u8 levels [columns][bands],
`low_db` to `high_db` as 0 to 255. A level is the mean power of channels, bins of the band and frames of the column,
relative to that of a sine of full scale in its bin. Bands are equally spaced in mel from 0 to `top_hz`, half the rate.
"""

import struct
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.signal import Sound
from ligeia.dsp.mel import hz_to_mel, mel_filters, mel_to_hz, window_size
from ligeia.dsp.stft import hann

MAGIC = b"LGOV"
HEADER = struct.Struct("<4sIIffff")
MOST_COLUMNS, BANDS = 2000, 96
LOW_DB, HIGH_DB = -100.0, 0.0
FRAMES_AT_ONCE = 256
Signal = NDArray[np.float64]


class Difference:
    """Difference of two sounds of the same shape."""

    def __init__(self, sound: Sound, reference: Sound) -> None:
        self._pair = sound, reference
        self.rate, self.sample_count = reference.rate, reference.sample_count
        self.channels = sound.channels if sound.channels == reference.channels else 1  # else of the mono mixes

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        """Return samples `start:stop` as float32 `[channels, n]`."""
        sound, reference = (one.read(start, stop) for one in self._pair)
        if len(sound) == len(reference):
            return sound - reference
        return np.asarray(sound.mean(axis=0, keepdims=True) - reference.mean(axis=0, keepdims=True))


def overview(sound: Sound, on_share: Callable[[float], None] = lambda share: None) -> bytes:
    """Return the overview of a sound, which is read once; `on_share` is told how much of it is done, 0 to 1.

    Raises:
        InputError: the sound cannot be read.

    Example:
        >>> from ligeia.audio.signal import Audio
        >>> HEADER.unpack_from(overview(Audio(np.zeros((1, 8000)), 8000)))[:3]
        (b'LGOV', 2000, 96)
    """
    columns = max(min(MOST_COLUMNS, sound.sample_count), 1)
    grid = _Grid(sound, columns)
    peaks, levels = np.zeros((columns, 2), np.int8), np.zeros((columns, BANDS), np.uint8)
    for first, last in grid.steps():
        peaks[first:last] = grid.peaks(first, last)
        levels[first:last] = grid.levels(first, last)
        on_share(last / columns)
    seconds = sound.sample_count / sound.rate
    header = HEADER.pack(MAGIC, columns, BANDS, seconds, sound.rate / 2, LOW_DB, HIGH_DB)
    return header + peaks.tobytes() + levels.tobytes()


class _Grid:
    """Columns of a sound, and frames within them."""

    def __init__(self, sound: Sound, columns: int) -> None:
        self._sound = sound
        self._edges = np.round(np.linspace(0, sound.sample_count, columns + 1)).astype(int)
        self._size = window_size(sound.rate)
        self._window = hann(self._size)
        width = sound.sample_count / columns
        # Long sounds get frames half a window apart; where columns are closer than that, each has one.
        self._frames = max(int(np.ceil(width / (self._size / 2))), 1)
        self._hop = width / self._frames
        self._filters = _filters(sound.rate, self._size)

    def steps(self) -> Iterator[tuple[int, int]]:
        """Yield ranges of columns that are done at once."""
        columns = len(self._edges) - 1
        step = max(FRAMES_AT_ONCE // self._frames, 1)
        for first in range(0, columns, step):
            yield first, min(first + step, columns)

    def peaks(self, first: int, last: int) -> NDArray[np.float64]:
        """Return the lowest and highest sample of columns `first:last`, of all channels, full scale 127."""
        begin = int(self._edges[first])
        samples = self._sound.read(begin, int(self._edges[last]))
        if samples.shape[1] == 0:
            return np.zeros((last - first, 2))
        starts = np.minimum(self._edges[first:last] - begin, samples.shape[1] - 1)
        low = np.minimum.reduceat(samples.min(axis=0), starts)
        high = np.maximum.reduceat(samples.max(axis=0), starts)
        return np.asarray(np.clip(np.rint(127 * np.stack([low, high], axis=1)), -127, 127))

    def levels(self, first: int, last: int) -> NDArray[np.float64]:
        """Return the levels of columns `first:last`, 0 to 255."""
        power = np.zeros((last - first, self._size // 2 + 1))
        centres = (np.arange(first * self._frames, last * self._frames) + 0.5) * self._hop
        starts = np.floor(centres).astype(int) - self._size // 2
        samples = self._padded(int(starts[0]), int(starts[-1]) + self._size)
        for channel in samples:
            frames = np.lib.stride_tricks.sliding_window_view(channel, self._size)[starts - starts[0]]
            spectra = np.square(np.abs(np.fft.rfft(frames * self._window)))
            power += spectra.reshape(last - first, self._frames, -1).mean(axis=1) / len(samples)
        full = np.square(self._window.sum() / 2)
        decibels = 10 * np.log10(np.maximum(power @ self._filters / full, 1e-20))
        return np.asarray(np.clip(np.rint(255 * (decibels - LOW_DB) / (HIGH_DB - LOW_DB)), 0, 255))

    def _padded(self, start: int, stop: int) -> NDArray[np.float32]:
        """Return samples `start:stop`, zeros outside the sound."""
        inside = self._sound.read(max(start, 0), max(min(stop, self._sound.sample_count), 0))
        before = max(-start, 0)
        return np.pad(inside, ((0, 0), (before, stop - start - before - inside.shape[1])))


def _filters(rate: int, size: int) -> Signal:
    """Return weights `[bins, bands]` that sum to 1 in each band; one between two bins has the power of the nearest."""
    weights = mel_filters(rate, size, BANDS).T
    centres = mel_to_hz(np.linspace(0, hz_to_mel(np.asarray(rate / 2)), BANDS + 2))[1:-1]
    for band in np.flatnonzero(weights.sum(axis=0) <= 0):
        weights[round(float(centres[band]) * size / rate), band] = 1
    return np.asarray(weights / weights.sum(axis=0))
