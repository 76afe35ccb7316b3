"""Recordings and `.lig` streams on disk as one kind of sound; and streams refused where a recording is meant."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.reading import AudioFile, open_audio
from ligeia.codec.container import MAGIC
from ligeia.errors import InputError

AHEAD = 10.0
"""Seconds of a stream that are decoded at once."""


def is_stream(path: Path) -> bool:
    """Tell whether a regular file begins like a `.lig` stream."""
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except (OSError, ValueError):
        return False  # whoever reads it finds words for that


def refuse_stream(path: Path, name: str = "") -> None:
    """Refuse to make a stream of a stream; `name` is what messages call it.

    Raises:
        InputError: it is one.
    """
    if is_stream(path):
        raise InputError(f"{name or path} is a .lig stream already: ligeia decode makes a recording of it")


@contextmanager
def open_sound(path: Path) -> Iterator[AudioFile]:
    """Open a recording, or the sound of a `.lig` stream: the first bytes tell which it is, whatever the ending says.

    Raises:
        InputError: the file is missing, unreadable, or not a recording.
        FormatError: it is a stream that is not valid.
    """
    with AudioFile(path, StreamSource(path)) if is_stream(path) else open_audio(path) as sound:
        yield sound


@contextmanager
def open_recording(path: Path, name: str = "") -> Iterator[AudioFile]:
    """Open a recording to make a stream of; as `open_sound`, but a `.lig` stream is refused; `name` as there.

    Raises:
        InputError: as `open_sound`, or it is a stream already.
    """
    refuse_stream(path, name)
    with open_audio(path) as sound:
        yield sound


class StreamSource:
    """The samples of a stream, as those of a recording."""

    subtype: str | None = None
    """A function has no sample format."""
    tags: Sequence[tuple[str, str]]

    def __init__(self, path: Path) -> None:
        from ligeia.codec.reader import open as open_reader

        self._reader = open_reader(path)
        self._sound = self._reader.sound()
        self.tags = list(self._reader.tags.items())
        self.rate, self.channels, self.sample_count = self._sound.rate, self._sound.channels, self._sound.sample_count
        self._held, self._begin = self._sound.read(0, 0), 0

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        """Return samples `start:stop` as float32 `[n, channels]`."""
        if not self._begin <= start <= stop <= self._begin + self._held.shape[1]:
            # Blocks overlap: what is read in small steps is decoded in large ones.
            self._held = self._sound.read(start, max(stop, start + round(AHEAD * self.rate)))
            self._begin = start
        return self._held[:, start - self._begin : stop - self._begin].T

    def close(self) -> None:
        """Close the file."""
        self._reader.close()
