"""Resampling, of a whole sound and piece by piece."""

from collections.abc import Callable, Iterable, Iterator
from math import ceil, gcd

import numpy as np
from numpy.typing import NDArray

from ligeia.arguments import checks_types
from ligeia.audio.given import Given, given_audio
from ligeia.audio.signal import Audio, Sound, checked_rate
from ligeia.errors import InputError

_MOST_SAMPLES = 2**34  # 64 GiB of float32; beyond this a wrong rate is likelier than a wish
_GREATEST_RATIO = 200_000  # 192 kHz from 1 Hz; far beyond, soxr takes gigabytes and can crash the process

_WHOLE = 1e-6
"""Largest distance, in samples, of an instant from a whole sample: times in seconds are rounded."""
CONTEXT = 512
"""Samples at the new rate, around a part, on which its own samples may depend."""


@checks_types
def resample(audio: Given, rate: float, *, source_rate: float | None = None) -> Audio:
    """Return the sound at `rate` Hz (soxr, quality VHQ); the same `Audio` where the rate is equal.

    `audio` is an `Audio`, an opened recording, a path, a binary file, or samples with their `source_rate` in Hz.

    The result has exactly `ceil(samples * rate / audio.rate)` samples in each channel.

    Raises:
        TypeError: an argument is of another type, or samples come without a rate.
        InputError: `rate` is not a positive whole number of Hz, more than 200000 times higher
            or lower, or the result would be absurdly long.

    Example:
        >>> tone = Audio(np.sin(np.arange(441) / 5)[None], rate=44100)
        >>> resample(tone, 48000).samples.shape
        (1, 480)
    """
    audio = given_audio(audio, source_rate)
    if checked_rate(rate) == audio.rate:
        return audio
    count = resampled_count(audio.sample_count, audio.rate, int(rate))
    if max(rate / audio.rate, audio.rate / rate) > _GREATEST_RATIO:
        raise InputError(f"cannot resample from {audio.rate} to {rate} Hz: the rates are too far apart")
    if count * audio.channels > _MOST_SAMPLES:
        raise InputError(f"resampling from {audio.rate} to {rate} Hz would give {count} samples per channel")
    return Audio(_converted(audio, int(rate), count), int(rate))


def resample_pieces(
    pieces: Iterable[NDArray[np.float32]], rate_in: int, rate_out: int, channels: int
) -> Iterator[NDArray[np.float32]]:
    """Resample a sound that comes piece by piece (float32 `[channels, n]`), in bounded memory.

    Raises:
        InputError: the rates are too far apart.
    """
    import soxr

    if max(rate_in / checked_rate(rate_out), rate_out / rate_in) > _GREATEST_RATIO:
        raise InputError(f"cannot resample from {rate_in} to {rate_out} Hz: the rates are too far apart")
    stream = soxr.ResampleStream(rate_in, rate_out, channels, dtype="float32", quality="VHQ")
    received = sent = 0
    for piece in pieces:
        received += piece.shape[1]
        converted = stream.resample_chunk(np.ascontiguousarray(piece.T)).reshape(-1, channels)
        sent += len(converted)
        yield converted.T
    rest = stream.resample_chunk(np.zeros((0, channels), np.float32), last=True).reshape(-1, channels)
    last = np.zeros((channels, max(resampled_count(received, rate_in, rate_out) - sent, 0)), np.float32)
    kept = rest[: last.shape[1]].T
    last[:, : kept.shape[1]] = kept
    yield last


class Resampled:
    """Another sound at `rate` Hz, read piece by piece: any part of it is resampled when it is asked for.

    It has `ceil(samples * rate / sound.rate)` samples, as `resample` would give.

    Raises:
        InputError: `rate` is not a positive whole number of Hz.

    Example:
        >>> tone = Audio(np.sin(np.arange(441) / 5)[None], rate=44100)
        >>> Resampled(tone, 16000).read(100, 170).shape
        (1, 60)
    """

    def __init__(self, sound: Sound, rate: int) -> None:
        self.sound, self.rate, self.channels = sound, checked_rate(rate), sound.channels
        self.sample_count = resampled_count(sound.sample_count, sound.rate, self.rate)

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        """Return samples `start:stop` as float32 `[channels, n]`, cut at the end of the sound.

        Raises:
            InputError: the sound cannot be read there, or the rates are too far apart.
        """
        start, stop, _ = slice(start, stop).indices(self.sample_count)
        if stop <= start:
            return np.zeros((self.channels, 0), np.float32)
        part, seconds = (start / self.rate, stop - start), self.sound.sample_count / self.sound.rate
        rates = self.sound.rate, self.rate
        pieces = resampled_part(self._original, rates, part, seconds=seconds, channels=self.channels)
        return np.concatenate(list(pieces), axis=1)

    def _original(self, first: float, rate: int, count: int) -> Iterator[NDArray[np.float32]]:
        """Yield `count` samples of the sound from `first` (seconds) on; zeros outside of it."""
        begin = round(first * rate)
        before = min(max(-begin, 0), count)
        inside = self.sound.read(max(begin, 0), max(begin + count, 0))
        yield np.pad(inside, ((0, 0), (before, count - before - inside.shape[1])))


def resampled_part(
    sampled: Callable[[float, int, int], Iterable[NDArray[np.float32]]],
    rates: tuple[int, int],
    part: tuple[float, int],
    *,
    seconds: float,
    channels: int,
) -> Iterator[NDArray[np.float32]]:
    """The samples of `part` (its start in seconds, their number), from `rates[0]` to `rates[1]` Hz, in bounded memory.

    `sampled(start, rate, count)` gives the sound, `seconds` long, in pieces, float32 `[channels, n]`, and zeros outside
    of it. It is read some way around the part, so that a part of a sound is what that part of the whole sound would be.

    Raises:
        InputError: the rates are too far apart.
    """
    (rate_in, rate_out), (start, count) = rates, part
    lead = _lead(start * rate_out, rate_out // gcd(rate_in, rate_out))
    begin = start - lead / rate_out
    least, most = (resampled_count(lead + count + more, rate_out, rate_in) for more in (0, CONTEXT))
    needed = min(most, max(least, ceil((seconds - begin) * rate_in)))
    pieces = resample_pieces(sampled(begin, rate_in, needed), rate_in, rate_out, channels)
    done = -lead
    for piece in pieces:
        yield piece[:, max(-done, 0) : max(count - done, 0)]
        done += piece.shape[1]
        if done >= count:
            return


def _lead(start: float, unit: int) -> int:
    """Samples at the new rate to read ahead of sample `start`; the rates have every `unit`-th sample in common.

    Where `start` is a sample of the whole sound, reading begins with one that both rates have.
    """
    first = round(start)
    if abs(start - first) < _WHOLE:
        return first - max(first - CONTEXT, 0) // unit * unit
    return min(-(-CONTEXT // unit), ceil(start / unit)) * unit


def resampled_count(samples: int, rate_in: int, rate_out: int) -> int:
    """Return the number of samples at `rate_out` Hz for a number at `rate_in` Hz: rounded up, in exact arithmetic."""
    return -(-samples * rate_out // rate_in)


def _converted(audio: Audio, rate: int, count: int) -> NDArray[np.float32]:
    import soxr

    fitted = np.zeros((audio.channels, count), np.float32)
    if audio.sample_count == 0:
        return fitted
    try:
        converted = soxr.resample(audio.samples.T, audio.rate, rate, quality="VHQ")
    except (ValueError, RuntimeError) as error:
        raise InputError(f"cannot resample from {audio.rate} to {rate} Hz: {error}") from error
    kept = converted[:count].T  # soxr rounds the length to the nearest
    fitted[:, : kept.shape[1]] = kept
    return fitted
