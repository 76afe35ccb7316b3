"""Files in a folder of this machine, or of a network that all machines see."""

import contextlib
import errno
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ligeia.server.storage.storage import CHUNK, Missing, checked_key, checked_prefix

PART = ".part"


class FolderStorage:
    """Keys are paths within the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, path: Path, key: str) -> None:
        """Move the file at `path` to `key`."""
        target = self._path(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        _sync(path)
        try:
            os.replace(path, target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            self._copy(path, target)
            path.unlink()

    def _copy(self, path: Path, target: Path) -> None:
        """Copy to another file system under a name of its own, which is then taken away."""
        part = target.with_name(f"{target.name}.{secrets.token_hex(4)}{PART}")
        try:
            shutil.copyfile(path, part)
            _sync(part)
            os.replace(part, target)
        finally:
            part.unlink(missing_ok=True)

    def open(self, key: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Return bytes `start:stop` of a file in chunks."""
        try:
            file = self._path(key).open("rb")
        except FileNotFoundError as error:
            raise Missing(key) from error
        return _chunks(file, start, stop)

    def size(self, key: str) -> int | None:
        """Return the number of bytes, None where there is no such file."""
        try:
            return self._path(key).stat().st_size
        except FileNotFoundError:
            return None

    def delete(self, prefix: str) -> None:
        """Remove all files whose keys begin with `prefix`."""
        path = self._folder / checked_prefix(prefix)
        if prefix.endswith("/"):
            shutil.rmtree(path, onerror=_unless_missing)
            return
        path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # others are left in it, or it is gone
            path.parent.rmdir()

    def url(self, key: str, name: str | None = None) -> str | None:
        """Return None: the service itself hands the files out."""
        return None

    def local(self, key: str) -> Path | None:
        """Return the path of a file, whether or not it is there."""
        return self._path(key)

    def listed(self) -> Iterator[tuple[str, float]]:
        """Yield all keys, and how many seconds ago each was written; those of broken copies too."""
        now = time.time()
        for folder, _, names in os.walk(self._folder):
            for name in names:
                path = Path(folder, name)
                with contextlib.suppress(FileNotFoundError):  # deleted since
                    yield path.relative_to(self._folder).as_posix(), now - path.stat().st_mtime

    def _path(self, key: str) -> Path:
        return self._folder / checked_key(key)


def _chunks(file: BinaryIO, start: int, stop: int | None) -> Iterator[bytes]:
    with file:
        file.seek(start)
        left = float("inf") if stop is None else stop - start
        while left > 0 and (chunk := file.read(int(min(CHUNK, left)))):
            left -= len(chunk)
            yield chunk


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _unless_missing(function: object, path: str, error: tuple[type[BaseException], BaseException, object]) -> None:
    if not isinstance(error[1], FileNotFoundError):
        raise error[1]
