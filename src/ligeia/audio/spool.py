"""Temporary files: what comes through a pipe or a file object is copied to one, because sound is read by seeking.

On Linux the file has no name in any folder: whatever ends the process, `kill -9` included, nothing is left behind.
"""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from ligeia.audio.limits import MOST_SPOOLED
from ligeia.errors import InputError

_BLOCK = 1 << 20
_REMEDIES = {
    errno.ENOSPC: "set TMPDIR to a folder with more room",
    errno.EDQUOT: "set TMPDIR to a folder with more room",
    errno.EFBIG: "raise the limit on the size of a file (ulimit -f)",
}


@contextmanager
def spooled(file: BinaryIO, *, limit: int = MOST_SPOOLED) -> Iterator[Path]:
    """Copy the rest of a binary file object to a private temporary file, and give its path until the block ends.

    The file object may be a pipe; it is read to its end, and left open.

    Raises:
        InputError: there are more than `limit` bytes, the object cannot be read, or there is no room for the copy.
        TypeError: it gives text instead of bytes.

    Example:
        >>> import io
        >>> with spooled(io.BytesIO(b"abc")) as path:
        ...     path.read_bytes()
        b'abc'
    """
    with temporary_file() as path:
        with open(path, "wb") as copy:
            _copy(file, copy, limit)
        yield path


def _copy(file: BinaryIO, copy: BinaryIO, limit: int) -> None:
    size = 0
    while block := _read(file):
        size += len(block)
        if size > limit:
            raise InputError(f"{name_of(file)} gives more than {limit} bytes, the most that is read from a pipe")
        with room_for_temporary():
            copy.write(block)
    with room_for_temporary():
        copy.flush()


def _read(file: BinaryIO) -> bytes:
    try:
        block = file.read(_BLOCK)
    except (OSError, ValueError) as error:  # a closed file is a ValueError
        raise InputError(f"cannot read {name_of(file)}: {getattr(error, 'strerror', None) or error}") from error
    if block is None:
        raise InputError(f"cannot read {name_of(file)}: it does not wait for data (it is non-blocking)")
    if not isinstance(block, bytes | bytearray | memoryview):
        raise TypeError(f"a file object must give bytes, got {type(block).__name__}; open it in binary mode")
    return bytes(block)


def name_of(file: object) -> str:
    """Return what errors call a file object: its name, `standard input` or `standard output`, or its type."""
    name = getattr(file, "name", None)
    with suppress(OSError, ValueError, AttributeError, TypeError):
        descriptor = file.fileno()  # type: ignore[attr-defined]
        if descriptor in (0, 1):
            return ("standard input", "standard output")[descriptor]
    return os.fsdecode(name) if isinstance(name, str | bytes) and name else f"the {type(file).__name__} object"


@contextmanager
def temporary_file() -> Iterator[Path]:
    """Give the path of a new, empty, private file, which is gone when the block or the process ends.

    Programs that are started within the block can open the path too.

    Raises:
        InputError: the temporary folder does not take it.
    """
    with room_for_temporary():
        file = tempfile.TemporaryFile()  # noqa: SIM115 - closed below; errors of the block are not errors of this
    with file:
        path = Path(f"/proc/{os.getpid()}/fd/{file.fileno()}")
        if path.exists():
            yield path
            return
    with room_for_temporary():
        folder = tempfile.TemporaryDirectory(prefix="ligeia-")
    with folder:
        path = Path(folder.name, "samples")
        path.touch()
        yield path


@contextmanager
def poured_into(file: BinaryIO) -> Iterator[Path]:
    """Give the path of a temporary file, whose bytes a binary file object gets when the block ends without exception.

    Raises:
        InputError: the file object cannot be written, or there is no room for the temporary file.
        TypeError: it takes text instead of bytes.
    """
    with temporary_file() as path:
        yield path
        with open(path, "rb") as copy:
            try:
                while block := copy.read(_BLOCK):
                    _write_all(file, block)
                file.flush()
            except (OSError, ValueError) as error:
                reason = getattr(error, "strerror", None) or error
                raise InputError(f"cannot write {name_of(file)}: {reason}") from error
            except TypeError as error:
                raise TypeError(f"{name_of(file)} does not take bytes; open it in binary mode") from error


def _write_all(file: BinaryIO, block: bytes) -> None:
    rest = memoryview(block)
    while rest:
        written = file.write(rest)
        if written is not None and not 0 < written <= len(rest):
            raise OSError(f"it took {written} of {len(rest)} bytes")
        rest = rest[len(rest) if written is None else written :]  # raw files may take a part only


@contextmanager
def room_for_temporary() -> Iterator[None]:
    """Name the temporary folder, and what to do, in errors of writing a temporary file.

    Raises:
        InputError: the temporary folder is full, or cannot be written.
    """
    try:
        yield
    except OSError as error:
        raise no_room(error) from error


def no_room(error: OSError) -> InputError:
    """Return what is said where a temporary file cannot be written: the folder, the reason, and the remedy."""
    remedy = _REMEDIES.get(error.errno or 0, "set TMPDIR to a folder that can be written")
    folder = os.environ.get("TMPDIR") or tempfile.tempdir or "the temporary folder"
    return InputError(f"cannot write a temporary file in {folder} ({error.strerror or error}); {remedy}")
