"""Processing of recordings of any length, piece by piece, in bounded memory and without seams.

A method is made ready for one recording (`Prepared`): whatever concerns the whole of it, such as the profile of a
noise, is found then. `processed` then runs it on pieces with true neighbours on both sides, long enough for whatever
memory the method has to settle; they are thrown away afterwards, and pieces are cross-faded.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.signal import Sound
from ligeia.errors import SettingsError
from ligeia.progress import Reporter

Samples = NDArray[np.float32]
"""`[channels, n]`."""
FADE_SECONDS = 0.05
"""Length of the cross-fade between two pieces."""


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A method that is ready for one recording."""

    process: Callable[..., Samples]
    """Turns samples `[channels, n]` into as many."""
    positioned: bool = False
    """True if `process` wants to know the position in the recording of their first sample, as a second argument."""
    context_seconds: float = 1.0
    """Sound before and after a piece that is processed with it and thrown away."""
    piece_seconds: float = 20.0
    """Sound that is kept of one piece; it bounds the memory."""
    findings: dict[str, Any] = field(default_factory=dict)
    """Findings and actions, for the report; they may grow while pieces are processed."""


def on_grid(method: Prepared, rate: int, hop: int) -> Prepared:
    """Return the method with its pieces lengthened to whole hops (in samples): all frames then lie on one grid.

    Example:
        >>> on_grid(Prepared(process=lambda samples: samples), 16000, 300).context_seconds * 16000
        16200.0
    """
    context, piece = (
        math.ceil(seconds * rate / hop) * hop / rate for seconds in (method.context_seconds, method.piece_seconds)
    )
    return replace(method, context_seconds=context, piece_seconds=piece)


def processed(sound: Sound, method: Prepared, *, strength: float = 1.0, report: Reporter) -> Iterator[Samples]:
    """Yield the processed sound in order, float32 `[channels, n]`; as many samples in all as the sound has.

    `strength` mixes: 0 is the sound itself, 1 what the method makes of it.

    Raises:
        InputError: `strength` is not between 0 and 1.
    """
    if not 0 <= strength <= 1:
        raise SettingsError(f"strength must be between 0 and 1, got {strength}")
    rate, count = sound.rate, sound.sample_count
    hop = max(1, round(method.piece_seconds * rate))
    fade = min(round(FADE_SECONDS * rate), hop)
    waiting = np.zeros((sound.channels, 0), np.float32)
    for start in range(0, count, hop):
        stop = min(start + hop, count)
        piece = _piece(sound, method, start, min(stop + fade, count), strength)
        yield _cross_faded(waiting, piece[:, : stop - start])
        waiting = piece[:, stop - start :]
        report(stop / count)


def _piece(sound: Sound, method: Prepared, start: int, stop: int, strength: float) -> Samples:
    """Return samples `start:stop` as the method makes them."""
    context = round(method.context_seconds * sound.rate)
    first = max(0, start - context)
    before = sound.read(first, stop + context)
    after = method.process(before, first) if method.positioned else method.process(before)
    assert after.shape == before.shape, (after.shape, before.shape)
    kept = slice(start - first, stop - first)
    if strength == 1:
        return np.asarray(after[:, kept], np.float32)
    return np.asarray(before[:, kept] + np.float32(strength) * (after[:, kept] - before[:, kept]), np.float32)


def _cross_faded(end: Samples, piece: Samples) -> Samples:
    """Return `piece`, which fades in over the `end` of the one before."""
    count = min(end.shape[1], piece.shape[1])
    if count == 0:
        return piece
    rise = (np.sin(np.pi / 2 * (np.arange(count) + 0.5) / end.shape[1]) ** 2).astype(np.float32)
    mixed = piece.copy()
    mixed[:, :count] = rise * piece[:, :count] + (1 - rise) * end[:, :count]
    return mixed
