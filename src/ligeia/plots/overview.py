"""A sound of any length reduced to the columns of a picture, block by block: an hour takes the memory of a minute."""

from collections.abc import Iterator
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
    """What a picture shows of a stretch of a sound."""

    start: float
    """Where the stretch begins, in seconds."""
    stop: float
    """Where it ends."""
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
        >>> seen.low.shape, seen.levels.shape, round(float(seen.levels.max()), 1)
        ((1, 100), (1, 129, 100), 0.0)
    """
    count = stop - start
    size = _frame_size(sound.rate, count)
    hop = size // 4 if count <= columns * size else size // 2
    frames = ceil(count / hop)
    low, high = (np.full((sound.channels, min(count, columns)), sign * np.inf) for sign in (1, -1))
    power = np.zeros((sound.channels, min(frames, columns), size // 2 + 1))
    energy = 0.0
    for first, last in _blocks(frames, max(BLOCK_SAMPLES // hop, 1)):
        begin, end = first * hop, min(last * hop, count)
        read = _read(sound, start + begin - size // 2, start + (last - 1) * hop + size - size // 2)
        inside = read[:, size // 2 : size // 2 + end - begin]
        energy += float(np.square(inside).sum())
        _merge(np.minimum, low, inside, begin, count)
        _merge(np.maximum, high, inside, begin, count)
        for channel, signal in enumerate(read):
            spectra = np.square(magnitudes(signal, size=size, hop=hop, center=False)[: last - first] / (size / 4))
            _merge(np.add, power[channel].T, spectra.T, first, frames)
    edges = _edges(frames, power.shape[1])
    mean = power / np.diff(edges)[None, :, None]
    levels = 10 * np.log10(np.maximum(mean, LEAST_LEVEL)).transpose(0, 2, 1)
    return Overview(start / sound.rate, stop / sound.rate, sound.rate, low, high, levels, energy)


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
