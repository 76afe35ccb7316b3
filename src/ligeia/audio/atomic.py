"""Atomic writing: a file appears whole or not at all."""

import contextlib
import ctypes
import os
import re
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path

from ligeia.errors import InputError

_LATER: ContextVar[bool] = ContextVar("files are synced later", default=False)


def write_bytes(path: str | os.PathLike[str], data: bytes, *, overwrite: bool = False) -> None:
    """Write `data` to `path`, which appears whole or not at all.

    Raises:
        InputError: `path` exists and `overwrite` is false, or it cannot be written.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_bytes(Path(folder, "a.lig"), b"abc")
        ...     Path(folder, "a.lig").read_bytes()
        b'abc'
    """
    with atomic_path(path, overwrite=overwrite) as temporary:
        temporary.write_bytes(data)


@contextlib.contextmanager
def atomic_path(path: str | os.PathLike[str], *, overwrite: bool = False) -> Iterator[Path]:
    """Give a temporary path with the same ending, moved to `path` when the block ends without an exception.

    The temporary file lies in the folder of `path` and is removed on any exception. Without `overwrite`, one of several
    writers of `path` wins, whenever they come, and the others get the error. A target that is not a regular file
    (`/dev/null`, a pipe) gets the bytes when the block succeeds.

    Raises:
        InputError: `path` exists and `overwrite` is false, or it cannot be written.
    """
    target = checked_target(path, overwrite=overwrite)
    is_device = target.exists() and not target.is_file()
    temporary = _fresh_name(Path(tempfile.gettempdir()) if is_device else target.parent, target.suffix)
    try:
        with _write_errors(path, temporary):
            _create(temporary)
            yield temporary
            if is_device:
                _pour(temporary, target)
            else:
                _commit(temporary, target, path, overwrite=overwrite)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


@contextlib.contextmanager
def synced_later() -> Iterator[None]:
    """Do not wait for the disk where files are written in this block.

    They still appear whole or not at all, whatever kills the process. That no failure of power takes them back is up to
    the caller, who syncs many of them together (`sync_all`): one by one a disk takes longer over short files than
    writing them does.
    """
    token = _LATER.set(True)
    try:
        yield
    finally:
        _LATER.reset(token)


def sync_all(folder: Path) -> None:
    """Wait until all that was written to the file system of a folder is on the disk.

    Raises:
        OSError: the disk failed.
    """
    call = None if sys.platform == "win32" else getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if call is None:  # another system than Linux
        if hasattr(os, "sync"):
            os.sync()
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        if call(descriptor):
            error = ctypes.get_errno()
            raise OSError(error, os.strerror(error), str(folder))
    finally:
        os.close(descriptor)


def checked_target(path: str | os.PathLike[str], *, overwrite: bool, source: Path | None = None) -> Path:
    """Return the real path that a write to `path` would replace, links followed.

    Raises:
        InputError: it is a folder, its folder does not exist, it exists and `overwrite` is false, or it is `source`,
            the recording that the work begins with.
    """
    try:
        target = Path(os.path.realpath(path))
        if target.is_dir():
            raise InputError(f"cannot write {path}: it is a folder")
        if not target.parent.is_dir():
            raise InputError(f"cannot write {path}: the folder {target.parent} does not exist")
        if target.is_file() and not overwrite:
            raise _exists(path)
        if source is not None and is_same_file(target, source):
            raise InputError(f"cannot write {path}: it is the recording itself")
        if not os.access(target.parent, os.W_OK):
            raise InputError(f"cannot write {path}: the folder {target.parent} is not writable")
    except (OSError, ValueError) as error:
        raise InputError(f"cannot write {str(path)!r}: {error}") from error
    return target


def is_same_file(target: Path, source: Path) -> bool:
    """Tell whether two paths lead to one regular file, by whatever names or links."""
    try:
        return target.is_file() and os.path.samefile(target, source)
    except OSError:  # one of them is not there
        return False


def _exists(path: str | os.PathLike[str]) -> InputError:
    return InputError(f"{path} exists; pass overwrite=True to overwrite")


@contextlib.contextmanager
def _write_errors(path: str | os.PathLike[str], temporary: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        # An error that names another file comes from reading something inside the block.
        if error.filename not in (None, str(temporary), temporary):
            raise
        raise InputError(f"cannot write {path}: {error.strerror or error}") from error


def is_temporary(name: str) -> bool:
    """Tell whether a file has such a name as a writer gives that has not ended: one that was killed leaves it behind.

    Example:
        >>> is_temporary(".ligeia-0123456789abcdef.lig"), is_temporary("a.lig")
        (True, False)
    """
    return re.match(r"\.ligeia-[0-9a-f]{16}(\.|$)", name) is not None


def _fresh_name(folder: Path, suffix: str) -> Path:
    return folder / f".ligeia-{secrets.token_hex(8)}{suffix}"


def _create(temporary: Path) -> None:
    # Not mkstemp: the file keeps these rights, and they should follow the user's umask.
    os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))


def _pour(temporary: Path, target: Path) -> None:
    try:
        with open(temporary, "rb") as source, open(target, "wb") as sink:
            shutil.copyfileobj(source, sink)
    except OSError as error:
        raise InputError(f"cannot write {target}: {error.strerror}") from error


def _commit(temporary: Path, target: Path, path: str | os.PathLike[str], *, overwrite: bool) -> None:
    if target.is_file():
        shutil.copymode(target, temporary)
    if not _LATER.get():
        _sync(temporary)
    if overwrite:
        os.replace(temporary, target)
    else:
        try:
            _take_name(temporary, target)
        except FileExistsError as error:
            raise _exists(path) from error
    if not _LATER.get():
        with contextlib.suppress(OSError):  # some systems cannot sync a folder; the file itself is safe
            _sync(target.parent)


def _take_name(temporary: Path, target: Path) -> None:
    """Give the file `temporary` the name `target`, or raise `FileExistsError`; no other writer comes in between."""
    try:
        os.link(temporary, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without links: the name is reserved by an empty file, which is then replaced
        _create(target)
        try:
            os.replace(temporary, target)
        except BaseException:
            target.unlink()
            raise


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
