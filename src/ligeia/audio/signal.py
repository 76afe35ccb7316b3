"""Sound in memory; the number of samples in a stretch of it, and the signal-to-noise ratio of two energies."""

from dataclasses import dataclass
from math import ceil, inf, log10
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ligeia.arguments import check_type, described
from ligeia.audio.samples import to_samples
from ligeia.errors import InputError, SettingsError


class Sound(Protocol):
    """A sound that is read piece by piece: `Audio` in memory, or `AudioFile` on disk."""

    @property
    def rate(self) -> int:
        """Sampling rate in Hz."""
        ...

    @property
    def channels(self) -> int:
        """Number of channels."""
        ...

    @property
    def sample_count(self) -> int:
        """Number of samples in each channel."""
        ...

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        """Return samples `start:stop` as float32 `[channels, n]`, cut at the end of the sound."""
        ...


@dataclass(frozen=True, eq=False)
class Audio:
    """A piece of sound: `samples` float32 `[channels, time]`, nominally in [-1, 1], at `rate` Hz.

    It is made of an array, a list or a torch tensor, `[time]` or `[channels, time]`: floats with full scale 1, or whole
    numbers of the types in which recordings come (int16, int32, int8, uint8), which are divided by their full scale.
    `samples` is always two-dimensional, contiguous and read-only; functions return new `Audio`.

    Raises:
        TypeError: samples that are not numbers, or of a type without a full scale (int64); a rate that is not a number.
        InputError: another shape (`[time, channels]` too), no channels, NaN or infinite samples, or a rate that is not
            a positive whole number of Hz.

    Example:
        >>> import numpy as np
        >>> tone = Audio(np.sin(np.arange(8000) / 5)[None], rate=8000)
        >>> tone.channels, tone.seconds
        (1, 1.0)
    """

    samples: NDArray[np.float32]
    rate: int

    def __post_init__(self) -> None:
        rate, samples = checked_rate(self.rate), to_samples(self.samples)
        samples.setflags(write=False)
        object.__setattr__(self, "samples", samples)
        object.__setattr__(self, "rate", rate)

    def __repr__(self) -> str:
        peak = float(np.abs(self.samples).max(initial=0.0))
        return f"Audio({self.channels} x {self.sample_count} samples at {self.rate} Hz, peak {peak:.3g})"

    @property
    def channels(self) -> int:
        """Number of channels."""
        return int(self.samples.shape[0])

    @property
    def sample_count(self) -> int:
        """Number of samples in each channel."""
        return int(self.samples.shape[1])

    @property
    def seconds(self) -> float:
        """Duration in seconds."""
        return self.sample_count / self.rate

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        """Return samples `start:stop` as float32 `[channels, stop - start]`, cut at the end of the sound."""
        return self.samples[:, start:stop]

    def mono(self) -> "Audio":
        """Return the mean of the channels, as one channel."""
        return Audio(self.samples.mean(axis=0, keepdims=True), self.rate)


def checked_rate(rate: float) -> int:
    """Return `rate` as a whole number of Hz.

    Raises:
        TypeError: it is not a number.
        SettingsError: it is not a positive whole number below 2^31.
    """
    check_type("rate", rate, float)
    if not float(rate).is_integer() or not 1 <= rate <= 2**31 - 1:
        raise SettingsError(f"rate must be a positive whole number of Hz, got {rate}")
    return int(rate)


def check_sound(sound: object) -> None:
    """Refuse what is not a `Sound`: arrays and file names are easily passed in its place.

    Raises:
        TypeError: it is none.
    """
    if not is_sound(sound):
        raise TypeError(
            f"a sound is an Audio(samples, rate), or what read_audio and open_audio return; got {described(sound)}"
        )


def is_sound(value: object) -> bool:
    """Return whether a value is a `Sound`."""
    return all(hasattr(value, name) for name in ("rate", "channels", "sample_count")) and callable(
        getattr(value, "read", None)
    )


def count_samples(seconds: float, rate: int, start: float, stop: float | None) -> int:
    """Count the samples at `rate` Hz from `start` to `stop` (seconds; None or beyond the end: the end) of a sound.

    Raises:
        InputError: not 0 <= start <= stop.
    """
    stop = seconds if stop is None else min(stop, seconds)
    if not 0 <= start <= stop:
        raise InputError(f"start and stop must satisfy 0 <= start <= stop <= {seconds:g} s, got {start:g} and {stop:g}")
    return ceil(round((stop - start) * rate, 6))


def snr_from_energies(signal: float, error: float) -> float:
    """Return 10 log10(signal / error), of energies: infinite without error, NaN for silence without error."""
    if signal == 0:
        return float("nan") if error == 0 else -inf
    if error in (0, inf):
        return inf if error == 0 else -inf
    return 10 * log10(signal / error)
