"""The bytes of a stream, wherever they are: in memory, in a file, or behind a binary file object."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import SEEK_END, BytesIO
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from ligeia.errors import InputError

Streamable = bytes | bytearray | memoryview | str | Path | BinaryIO
"""Anything that a stream can be read from: its bytes, the path of a file, or a binary file object."""


class Source:
    """Bytes that are read in parts, from any thread. The length is that at the beginning: later bytes do not count."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._lock = file, Lock()
        try:
            self.begin = file.tell()
            self.size = max(file.seek(0, SEEK_END) - self.begin, 0)
        except (OSError, ValueError) as error:
            raise InputError(f"the stream cannot be read: {error}") from error

    def at(self, position: int, count: int) -> bytes:
        """Return `count` bytes from `position` on; fewer where the source ends.

        Raises:
            InputError: the file cannot be read, or has been closed.
        """
        count = min(count, self.size - position)
        if count <= 0:
            return b""
        try:
            with self._lock:
                self._file.seek(self.begin + position)
                return self._file.read(count)
        except (OSError, ValueError) as error:
            raise InputError(f"the stream cannot be read any more: {error}") from error


@contextmanager
def opened(source: Streamable) -> Iterator[Source]:
    """Open what a stream is read from; a file that this opens is closed at the end, one that it gets is not.

    A file object that cannot seek is copied to a temporary file first. One that can is read from where it stands.

    Raises:
        InputError: there is no such file, or it is a directory or empty.
        TypeError: `source` is nothing that a stream can be read from.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        yield Source(BytesIO(source))
    elif isinstance(source, str | Path):
        with _file_at(Path(source)) as file:
            yield Source(file)
    elif not hasattr(source, "read"):
        raise TypeError(f"a stream is bytes, a path or a binary file object, got {type(source).__name__}")
    elif _can_seek(source):
        yield Source(source)
    else:
        from ligeia.audio.spool import spooled

        with spooled(source) as path, path.open("rb") as file:
            yield Source(file)


def _can_seek(file: BinaryIO) -> bool:
    try:
        return hasattr(file, "seekable") and file.seekable()
    except ValueError as error:
        raise InputError(f"the stream cannot be read: {error}") from error


@contextmanager
def _file_at(path: Path) -> Iterator[BinaryIO]:
    """Open a file; a pipe, or what else cannot seek, is copied to a temporary one."""
    if path.is_dir():
        raise InputError(f"{path} is a directory, not a .lig file")
    try:
        file = path.open("rb")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
    with file:
        if file.seekable():
            yield file
            return
        from ligeia.audio.spool import spooled

        with spooled(file) as copy, copy.open("rb") as spool:
            yield spool
