"""Inputs of commands: recordings and .lig streams, from files, pipes and standard input, as one kind of sound."""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ligeia.cli.standard import standard_input
from ligeia.errors import FormatError, InputError, LigeiaError

if TYPE_CHECKING:
    from ligeia.audio.reading import AudioFile

STDIN = Path("-")
"""The argument that stands for standard input."""


def path_of(typed: str) -> Path:
    """Return the path that was typed: `-` alone is standard input or output, `./-` a file of that name."""
    path = Path(typed)
    return path.absolute() if path == STDIN and typed != str(STDIN) else path


def named(path: Path) -> str:
    """Return what messages call an input."""
    return "standard input" if path == STDIN else str(path)


def is_pipe(path: Path) -> bool:
    """Tell whether an input has no file of its own: standard input, a FIFO, `/dev/stdin`, `<(...)` of a shell."""
    return path == STDIN or (path.exists() and not path.is_dir() and not path.is_file())


@contextmanager
def on_disk(path: Path) -> Iterator[Path]:
    """Give a path that can be read from any position: `path`, or a temporary copy of a pipe or of standard input.

    Raises:
        InputError: the pipe gives more than a temporary file may hold, or cannot be read.
        SettingsError: standard input is a terminal, or closed.
    """
    from ligeia.audio.spool import spooled

    if not is_pipe(path):
        yield path
        return
    with _opened(path) as file, spooled(file) as copy, _called(named(path), copy):
        yield copy


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    if path != STDIN:
        _refuse_devices(path)
        with path.open("rb") as file:
            yield file
        return
    yield standard_input()


def _refuse_devices(path: Path) -> None:
    """Refuse what is neither a file nor a pipe, such as disks, sockets and /dev/zero, which never ends."""
    mode = path.stat().st_mode
    if stat.S_ISBLK(mode) or stat.S_ISCHR(mode) or stat.S_ISSOCK(mode):
        raise InputError(f"cannot read {path}: it is neither a file nor a pipe")


@contextmanager
def _called(name: str, copy: Path) -> Iterator[None]:
    """Let errors speak of the pipe called `name`, not of its temporary copy."""
    try:
        yield
    except LigeiaError as error:
        error.args = tuple(part.replace(str(copy), name) if isinstance(part, str) else part for part in error.args)
        raise


@contextmanager
def open_sound(path: Path) -> "Iterator[AudioFile]":
    """Open a recording, or the sound of a `.lig` stream; a pipe or `-`, standard input, as well as a file.

    The first bytes tell which it is, whatever the ending says.

    Raises:
        InputError: the file is missing, unreadable, or not a recording.
        FormatError: it is a stream that is not valid.
    """
    from ligeia.codec import recordings

    with on_disk(path) as file, recordings.open_sound(file) as sound:
        sound.path = Path(named(path))
        yield sound


@contextmanager
def open_recording(path: Path) -> "Iterator[AudioFile]":
    """Open a recording to make a stream of; as `open_sound`, but a `.lig` stream is refused.

    Raises:
        InputError: as `open_sound`, or it is a stream already.
    """
    from ligeia.codec import recordings

    with on_disk(path) as file, recordings.open_recording(file, named(path)) as sound:
        sound.path = Path(named(path))
        yield sound


@contextmanager
def opened_stream(path: Path) -> Iterator[BinaryIO]:
    """Open a `.lig` file, a temporary copy of a pipe, or of standard input, at its beginning.

    Raises:
        InputError: the file is missing, a directory, or empty, or a pipe gives too much.
        FormatError: the file does not begin like a `.lig` stream.
    """
    from ligeia.audio.spool import spooled

    _prepare(path)
    with _opened(path) if is_pipe(path) else path.open("rb") as file:
        begun = Begun(_magic(file, path), file, named(path))
        if not is_pipe(path):
            file.seek(0)
            yield file
            return
        with spooled(begun) as copy, copy.open("rb") as whole:  # type: ignore[arg-type]  # reading is all it takes
            yield whole


def _prepare(path: Path) -> None:
    from ligeia.codec.family.finding import look_in

    if path == STDIN:
        return
    look_in(path.absolute().parent)  # the model of a family may lie beside the stream
    if not path.exists():
        raise InputError(f"{path} does not exist")
    if path.is_dir():
        raise InputError(f"{path} is a directory, not a .lig file")


def _magic(file: BinaryIO, path: Path) -> bytes:
    """Return the first bytes, which show that this is a stream: of a foreign file no more are read."""
    from ligeia.codec.container import MAGIC

    start = file.read(len(MAGIC))
    if not start:
        raise InputError(f"{named(path)} is empty")
    if start != MAGIC[: len(start)]:
        raise FormatError(f"{named(path)} is not a .lig file: it does not begin with {MAGIC.decode()}")
    return start


@dataclass
class Begun:
    """A file object of which the first bytes have been read already."""

    start: bytes
    file: BinaryIO
    name: str

    def read(self, count: int) -> bytes:
        """Return the next bytes, `count` at most; none at the end."""
        start, self.start = self.start, b""
        return start or self.file.read(count)
