"""Recordings as callers have them: a `Sound`, an array with its rate, a path, or an open file."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from numbers import Real
from typing import Any, BinaryIO

from numpy.typing import ArrayLike

from ligeia.arguments import described
from ligeia.audio.reading import open_audio
from ligeia.audio.signal import Audio, Sound, checked_rate, is_sound
from ligeia.errors import SettingsError

Given = Sound | ArrayLike | str | os.PathLike[str] | BinaryIO
"""A `Sound` (`Audio`, an opened recording), samples `[time]` or `[channels, time]`, a path, or a binary file."""


@contextmanager
def given_sound(value: Given, rate: float | None = None, *, name: str = "the sound") -> Iterator[Sound]:
    """Yield a recording as a `Sound`; a file that has to be opened for it is closed afterwards.

    `rate` in Hz belongs to samples without one (`Audio` says which samples there may be); where the recording has a
    rate of its own, it can only repeat that. `name` names the argument in messages.

    Raises:
        TypeError: it is none of these, or samples come without a rate.
        InputError: the recording cannot be read, or has another rate.

    Example:
        >>> with given_sound([0.0, 0.5, -0.5], rate=8000) as sound:
        ...     sound.channels, sound.sample_count
        (1, 3)
    """
    opened = getattr(value, "sound", None)  # an opened stream: its `read` counts in seconds, that of its sound does not
    known: Any = opened() if callable(opened) else value
    if is_sound(known):
        yield _of_rate(known, rate, name)
    elif isinstance(value, str | os.PathLike) or (hasattr(value, "read") and not isinstance(value, type)):
        with open_audio(value) as file:  # type: ignore[arg-type]
            yield _of_rate(file, rate, name)
    else:
        yield _of_samples(value, rate, name)


def given_audio(value: Given, rate: float | None = None, *, name: str = "the sound") -> Audio:
    """Return a recording as `Audio`, read whole; see `given_sound`."""
    if isinstance(value, Audio):
        return _of_rate(value, rate, name)  # type: ignore[return-value]
    with given_sound(value, rate, name=name) as sound:
        if isinstance(sound, Audio):
            return sound
        return Audio(sound.read(0, sound.sample_count), sound.rate)


def _of_rate(sound: Sound, rate: float | None, name: str) -> Sound:
    """Refuse a rate that is not that of the sound."""
    if rate is not None and checked_rate(rate) != sound.rate:
        raise SettingsError(
            f"{name} has a rate of {sound.rate} Hz, got {rate}: leave the rate out, or resample (ligeia.resample)"
        )
    return sound


def _of_samples(value: Any, rate: float | None, name: str) -> Audio:
    """Return samples as `Audio`; hint at what is often mistaken for them."""
    kinds = "an Audio, samples with their rate, a path, or an open file"
    if hasattr(value, "render"):
        raise TypeError(f"{name} must be {kinds}, got an INR: render it first (inr.render())")
    if isinstance(value, bytes | bytearray | memoryview):
        raise TypeError(
            f"{name} must be {kinds}, got bytes: a stream is decoded first (ligeia.decode(stream).render())"
        )
    if isinstance(value, tuple) and len(value) == 2 and _is_rate(value[0]) != _is_rate(value[1]):
        raise TypeError(f"{name} must be {kinds}, got a pair of samples and rate: give both, (samples, rate=...)")
    if not (hasattr(value, "__array__") or isinstance(value, list | tuple)):
        raise TypeError(f"{name} must be {kinds}, got {described(value)}")
    if rate is None:
        raise TypeError(f"{name} is samples without a rate: say it in Hz, as in encode(samples, rate=44100)")
    return Audio(value, checked_rate(rate))


def _is_rate(value: object) -> bool:
    return isinstance(value, Real)
