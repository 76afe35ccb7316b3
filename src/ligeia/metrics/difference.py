"""The difference of two sounds as a sound, read piece by piece: rates, channels and delay are put in order first.

It is what `score` measures, in the memory of a few pieces, so that an hour can be looked at.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.resample import Resampled
from ligeia.audio.signal import Sound
from ligeia.metrics.alignment import HALF_LENGTH, LONGEST_WINDOW, Delay, earlier, find_delay, find_fraction
from ligeia.metrics.score import MAX_DELAY

Samples = NDArray[np.float32]
_BLOCK_SECONDS = 1.0
"""The loudest stretch is looked for in blocks of this length."""


@dataclass(frozen=True)
class Mono:
    """The mean of the channels of a sound."""

    sound: Sound
    channels: int = 1

    @property
    def rate(self) -> int:
        """Sampling rate in Hz."""
        return self.sound.rate

    @property
    def sample_count(self) -> int:
        """Number of samples."""
        return self.sound.sample_count

    def read(self, start: int, stop: int) -> Samples:
        """Return samples `start:stop` as float32 `[1, n]`."""
        return np.asarray(self.sound.read(start, stop).mean(axis=0, keepdims=True), np.float32)


@dataclass(frozen=True)
class Aligned:
    """A sound moved to the front by `lag` samples and a `fraction` of one; silence where it has nothing.

    It lasts as long as `sample_count` says.
    """

    sound: Sound
    lag: int
    fraction: float
    sample_count: int

    @property
    def rate(self) -> int:
        """Sampling rate in Hz."""
        return self.sound.rate

    @property
    def channels(self) -> int:
        """Number of channels."""
        return self.sound.channels

    def read(self, start: int, stop: int) -> Samples:
        """Return samples `start:stop` as float32 `[channels, n]`, cut at the end."""
        stop = min(stop, self.sample_count)
        margin = HALF_LENGTH if self.fraction else 0
        first, last = start + self.lag - margin, stop + self.lag + margin
        inside = self.sound.read(max(first, 0), max(last, 0))
        before = min(max(-first, 0), last - first)
        samples = np.pad(inside, ((0, 0), (before, last - first - before - inside.shape[1])))
        if not margin:
            return samples
        moved = earlier(samples.astype(np.float64), self.fraction)
        return np.asarray(moved[:, margin : moved.shape[1] - margin], np.float32)


@dataclass(frozen=True)
class Difference:
    """The estimate less the reference, sample by sample; both have one rate and as many channels."""

    reference: Sound
    estimate: Sound

    @property
    def rate(self) -> int:
        """Sampling rate in Hz."""
        return self.reference.rate

    @property
    def channels(self) -> int:
        """Number of channels."""
        return self.reference.channels

    @property
    def sample_count(self) -> int:
        """Number of samples in each channel."""
        return self.reference.sample_count

    def read(self, start: int, stop: int) -> Samples:
        """Return samples `start:stop` as float32 `[channels, n]`."""
        return self.estimate.read(start, stop) - self.reference.read(start, stop)


@dataclass(frozen=True)
class Compared:
    """Two sounds in order: same rate, channels and length, the delay of the estimate undone."""

    reference: Sound
    estimate: Sound
    error: Difference
    """Estimate less reference."""
    delay: Delay
    """Lag of the estimate, at the rate of the reference."""
    fraction: float
    """The fraction of a sample by which it lagged beyond that."""
    notes: tuple[str, ...]
    """Changes that were made to them, in words."""


def compared(*, reference: Sound, estimate: Sound, align: bool = True, max_delay: float = MAX_DELAY) -> Compared:
    """Put two sounds in order, and return them with their difference.

    The estimate is brought to the rate of the reference; sounds of different channels are mixed to mono; with `align` a
    delay of at most `max_delay` seconds, found in the loudest half minute, is undone. What the estimate lacks counts as
    silence.

    Raises:
        InputError: a sound cannot be read, or the rates are too far apart.

    Example:
        >>> from ligeia.audio.signal import Audio
        >>> tone = Audio(np.sin(np.arange(8000) ** 1.2)[None], 8000)
        >>> late = Audio(np.pad(tone.samples, ((0, 0), (30, 0))), 8000)
        >>> pair = compared(reference=tone, estimate=late)
        >>> pair.delay.samples, float(np.abs(pair.error.read(0, 8000)).max())
        (30, 0.0)
    """
    notes = []
    if estimate.rate != reference.rate:
        notes.append(f"the estimate was resampled from {estimate.rate} to {reference.rate} Hz")
        estimate = Resampled(estimate, reference.rate)
    if estimate.channels != reference.channels:
        notes.append(f"{reference.channels} and {estimate.channels} channels: both were mixed to mono")
        reference, estimate = Mono(reference), Mono(estimate)
    delay, fraction = _delay(reference, estimate, max_delay) if align else (Delay(0, 0.0, "off"), 0.0)
    if delay.samples or fraction:
        lag = f"{delay.samples + fraction:.2f}" if fraction else f"{delay.samples}"
        notes.append(f"the estimate lagged by {lag} samples, and was moved back")
    missing = reference.sample_count - (estimate.sample_count - delay.samples)
    if missing > max(delay.samples, 0):
        notes.append(f"the estimate ends {missing / reference.rate:.3g} s before the reference: silence from there")
    elif missing < 0:
        notes.append(f"the estimate is {-missing / reference.rate:.3g} s longer: that is not shown")
    moved = Aligned(estimate, delay.samples, fraction, reference.sample_count)
    return Compared(reference, moved, Difference(reference, moved), delay, fraction, tuple(notes))


def _delay(reference: Sound, estimate: Sound, max_delay: float) -> tuple[Delay, float]:
    """Return the delay, and its fraction of a sample, as `score` finds them, from the loudest stretch alone."""
    rate = reference.rate
    start, stop = _loudest(reference, LONGEST_WINDOW + 2 * max_delay)
    x, y = (Mono(sound).read(start, stop)[0].astype(np.float64) for sound in (reference, estimate))
    if not len(x) or not len(y):
        return Delay(0, 0.0, "none"), 0.0
    delay = find_delay(reference=x, estimate=y, rate=rate, max_delay=max_delay)
    if delay.method != "waveform":
        return delay, 0.0
    begin = max(-delay.samples, 0)
    count = min(len(x) - begin, len(y) - begin - delay.samples)
    late = y[begin + delay.samples : begin + delay.samples + count]
    return delay, find_fraction(reference=x[begin : begin + count], estimate=late)


def _loudest(sound: Sound, seconds: float) -> tuple[int, int]:
    """Return the loudest stretch of this length at most, to a second, reading block by block."""
    block, count = max(int(_BLOCK_SECONDS * sound.rate), 1), sound.sample_count
    length = max(int(seconds * sound.rate), block)
    if count <= length:
        return 0, count
    energies = [
        float(np.square(sound.read(at, at + block).mean(axis=0), dtype=np.float64).sum())
        for at in range(0, count, block)
    ]
    sums = np.concatenate(([0.0], np.cumsum(energies)))
    blocks = length // block
    first = int(np.argmax(sums[blocks:] - sums[:-blocks]))
    return first * block, min(first * block + length, count)
