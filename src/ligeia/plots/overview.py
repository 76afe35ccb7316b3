"""A sound of any length reduced to the columns of a picture, block by block: an hour takes the memory of a minute."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.signal import Sound
from ligeia.dsp.stft import magnitudes
from ligeia.plots.sounds import FRAME_SECONDS

Reals = NDArray[np.float64]

COLUMNS = 1600
"""Columns of a picture: about as many as it has pixels."""
FEWEST_FRAMES = 8
"""Frames that a short stretch is cut into side by side, at least, as long as they are not shorter than this:"""
SHORTEST_FRAME = 64
"""Samples of the shortest frame."""
BLOCK_SAMPLES = 1 << 18
"""Samples of each channel that are read at a time."""
LEAST_LEVEL = 1e-18
"""Power that stands for none, as a logarithm is taken of it."""


@dataclass(frozen=True)
class Overview:
    """Data for a picture of a stretch of a sound."""

    start: float
    """Start of the stretch in seconds."""
    stop: float
    """Its end."""
    rate: int
    """Sampling rate in Hz."""
    low: Reals
    """Least sample of each column, `[channels, columns]`; the samples themselves where there are few."""
    high: Reals
    """Greatest sample of each column."""
    levels: Reals
    """Mean level in dB of each frequency in each column, `[channels, bins, columns]`: a tone's is its amplitude's."""
    energy: float
    """Sum of the squares of all samples."""

    @property
    def peak(self) -> float:
        """The largest magnitude of a sample."""
        return float(max(self.high.max(initial=0.0), -self.low.min(initial=0.0)))


def overview(sound: Sound, start: int, stop: int, *, columns: int = COLUMNS) -> Overview:
    """Reduce samples `start:stop` of a sound to `columns`, or to as many as there are samples or frames.

    Raises:
        InputError: the sound cannot be read there.

    Example:
        >>> from ligeia.audio.signal import Audio
        >>> tone = Audio(np.sin(np.arange(80000) / 5)[None], rate=8000)
        >>> seen = overview(tone, 0, 80000, columns=100)
        >>> seen.low.shape, seen.levels.shape, bool(abs(seen.levels.max()) < 0.2)
        ((1, 100), (1, 129, 100), True)
    """
    return overviews([sound], start, stop, columns=columns)[0]


def overviews(sounds: Sequence[Sound], start: int, stop: int, *, columns: int = COLUMNS) -> list[Overview]:
    """Reduce the same samples of several sounds of one rate, block by block side by side: see `Remembered`.

    Raises:
        InputError: a sound cannot be read there.
    """
    reductions = [_Reduction(sound, start, stop, columns) for sound in sounds]
    frames, hop = reductions[0].frames, reductions[0].hop
    for first, last in _blocks(frames, max(BLOCK_SAMPLES // hop, 1)):
        for reduction in reductions:
            reduction.add(first, last)
    return [reduction.result() for reduction in reductions]


class Remembered:
    """A sound that remembers what it was last asked for, so that what is hard to read is read once."""

    def __init__(self, sound: Sound) -> None:
        self.sound, self.rate, self.channels, self.sample_count = sound, sound.rate, sound.channels, sound.sample_count
        self._last: tuple[int, int] | None = None
        self._samples = np.zeros((sound.channels, 0), np.float32)

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        """Return samples `start:stop` as float32 `[channels, n]`."""
        if self._last != (start, stop):
            self._samples, self._last = self.sound.read(start, stop), (start, stop)
        return self._samples


class _Reduction:
    """A stretch of a sound on its way to an overview."""

    def __init__(self, sound: Sound, start: int, stop: int, columns: int) -> None:
        self.sound, self.start, self.count = sound, start, stop - start
        self.size = _frame_size(sound.rate, self.count)
        self.hop = self.size // 4 if self.count <= columns * self.size else self.size // 2
        self.frames = ceil(self.count / self.hop)
        shape = (sound.channels, min(self.count, columns))
        self.low, self.high = np.full(shape, np.inf), np.full(shape, -np.inf)
        self.power = np.zeros((sound.channels, min(self.frames, columns), self.size // 2 + 1))
        self.energy = 0.0

    def add(self, first: int, last: int) -> None:
        """Take in the frames `first:last`, and the samples that each begins with."""
        size, hop, before = self.size, self.hop, self.size // 2
        begin, end = first * hop, min(last * hop, self.count)
        read = _read(self.sound, self.start + begin - before, self.start + (last - 1) * hop + size - before)
        inside = read[:, before : before + end - begin]
        self.energy += float(np.square(inside).sum())
        _merge(np.minimum, self.low, inside, begin, self.count)
        _merge(np.maximum, self.high, inside, begin, self.count)
        for channel, signal in enumerate(read):
            spectra = np.square(magnitudes(signal, size=size, hop=hop, center=False)[: last - first] / (size / 4))
            _merge(np.add, self.power[channel].T, spectra.T, first, self.frames)

    def result(self) -> Overview:
        """Return the overview, once all frames are in."""
        rate, edges = self.sound.rate, _edges(self.frames, self.power.shape[1])
        mean = self.power / np.diff(edges)[None, :, None]
        levels = 10 * np.log10(np.maximum(mean, LEAST_LEVEL)).transpose(0, 2, 1)
        start, stop = self.start / rate, (self.start + self.count) / rate
        return Overview(start, stop, rate, self.low, self.high, levels, self.energy)


def _frame_size(rate: int, count: int) -> int:
    """Return the length of frames in samples: shorter ones where so little is shown that few would fit in."""
    usual, least = round(FRAME_SECONDS * rate), max(count // FEWEST_FRAMES, SHORTEST_FRAME)
    return max(2 * (min(usual, least) // 2), 16)


def _blocks(total: int, step: int) -> Iterator[tuple[int, int]]:
    for first in range(0, total, step):
        yield first, min(first + step, total)


def _read(sound: Sound, start: int, stop: int) -> Reals:
    """Return samples `start:stop` `[channels, n]`; zeros outside of the sound."""
    inside = sound.read(max(start, 0), max(stop, 0)).astype(np.float64)
    before = min(max(-start, 0), stop - start)
    return np.pad(inside, ((0, 0), (before, stop - start - before - inside.shape[1])))


def _edges(total: int, columns: int) -> NDArray[np.intp]:
    """Return where the columns begin, and where the last one ends, when `total` things are spread over them."""
    return np.asarray([-(-column * total // columns) for column in range(columns + 1)])


def _merge(reduce: np.ufunc, columns: Reals, values: Reals, first: int, total: int) -> None:
    """Put values `[rows, n]`, the first of which is number `first` of `total`, into the columns where they belong."""
    edges = _edges(total, columns.shape[1])
    last = first + values.shape[1]
    begin = int(np.searchsorted(edges, first, side="right")) - 1
    end = int(np.searchsorted(edges, last, side="left"))
    starts = np.maximum(edges[begin:end], first) - first
    reduced = reduce.reduceat(values, starts, axis=1)
    columns[:, begin:end] = reduce(columns[:, begin:end], reduced)
