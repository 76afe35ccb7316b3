"""A stream on its way to a recording: how it is rendered, and its pieces as they come."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.signal import count_samples
from ligeia.codec.container import Stream
from ligeia.codec.decode import damage_in, decode_pieces
from ligeia.codec.framing import open_stream
from ligeia.codec.source import Source
from ligeia.codec.synthesis.decoding import enhanced


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """Settings by which a stream is rendered."""

    rate: int | None = None
    """Sampling rate in Hz; None: that of the original."""
    start: float = 0.0
    """Seconds."""
    stop: float | None = None
    salvage: bool = False
    """Replace damaged blocks by silence."""
    enhance: str = "auto"
    """Let a network rewrite speech: one of `synthesis.decoding.CHOICES`."""
    max_seconds: float | None = None
    """Longest sound, however few bytes it has; None: as much as they justify."""


@dataclass(frozen=True)
class Rendering:
    """The sound of a stream, as it will be written."""

    stream: Stream
    rate: int
    channels: int
    sample_count: int
    """Samples of each channel that are expected."""
    pieces: Iterable[NDArray[np.float32]]
    """Float32 `[channels, n]`, one after the other; each is computed when it is asked for."""


def rendering(source: Source, how: Rendered) -> Rendering:
    """Return how the sound of a stream is rendered; nothing is computed yet.

    Raises:
        FormatError: the stream is not valid, is known to be damaged where it is needed, or claims too much.
        InputError: a setting is out of range.
    """
    stream = enhanced(open_stream(source, salvage=how.salvage), how.enhance)
    header = stream.header
    rate = how.rate or header.rate
    pieces = decode_pieces(
        stream, rate, start=how.start, stop=how.stop, enhance=how.enhance, max_seconds=how.max_seconds
    )
    length = count_samples(header.segments.sample_count / header.rate, rate, how.start, how.stop)
    damage = damage_in(stream, rate, (how.start, length), resampled=rate < header.rate)
    if damage is not None and not how.salvage:
        raise damage  # what is known to be missing is not worth the time of decoding what comes before
    return Rendering(stream, rate, header.spec.channels, length, pieces)
