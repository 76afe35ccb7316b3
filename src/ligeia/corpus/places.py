"""Where the files of a corpus lie: the one seam between a run and its folders.

A folder lists names, gives a local path to read a file from, and one to write a file to. A folder on disk gives its own
paths; one that lies elsewhere gives temporary ones, and fetches and delivers around them. Names are relative to the
folder, with forward slashes; bytes that are no UTF-8 are kept as the system gives them (PEP 383).
"""

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from ligeia.audio.atomic import is_temporary
from ligeia.errors import InputError


@dataclass(frozen=True)
class Found:
    """A file as a listing shows it."""

    name: str
    bytes: int
    stamp: str
    """Changes when the content does: the time of the last change, or the tag of an object store."""
    error: str | None = None
    """Why it cannot be read; None where nothing speaks against it."""


OnLink = Callable[[str], None]


class Folder(Protocol):
    """A folder of files, wherever it lies."""

    @property
    def address(self) -> str:
        """What `open_folder` makes the same folder of, in another process or on another machine."""

    def list(self, takes: tuple[str, ...], *, on_link: OnLink | None = None) -> Iterator[Found]:
        """Yield the files that end in one of `takes` (lower case), in any order; hidden ones do not count.

        `on_link` is told the names of links to folders, which are not followed.
        """

    def reading(self, name: str) -> AbstractContextManager[Path]:
        """Give a path to read a file from.

        Raises:
            InputError: there is no such file.
        """

    def writing(self, name: str) -> AbstractContextManager[Path]:
        """Give a path to write a file to, which replaces the one of this name when the block ends.

        Whatever writes to the path lets a file appear whole or not at all (`audio.atomic`).

        Raises:
            InputError: it cannot be written.
        """

    def stamp(self, name: str) -> str | None:
        """Return the stamp of a file as `list` gives it now; None where there is none."""

    def sweep(self) -> None:
        """Remove what writers that were killed have left; nobody may be writing now."""


@dataclass(frozen=True)
class LocalFolder:
    """A folder on disk, or on a disk of the network that is mounted here."""

    path: Path
    leaves_out: Path | None = None
    """A folder below it that does not belong to it."""

    @property
    def address(self) -> str:
        """Its absolute path."""
        return str(self.path)

    def list(self, takes: tuple[str, ...], *, on_link: OnLink | None = None) -> Iterator[Found]:
        """Yield the files, and as errors what should be one and is not; see `Folder.list`."""
        waiting = [""]
        while waiting:
            inside = waiting.pop()
            try:
                with os.scandir(self.path / inside) as entries:
                    for entry in entries:
                        if entry.name.startswith("."):
                            continue
                        name = f"{inside}{entry.name}"
                        if entry.is_dir(follow_symlinks=False):
                            if not self._is_left_out(entry):
                                waiting.append(f"{name}/")
                        elif entry.is_symlink() and entry.is_dir():
                            if on_link is not None:
                                on_link(name)
                        elif entry.name.lower().endswith(takes):
                            yield _found(entry, name)
            except OSError as error:
                if not inside:
                    raise InputError(f"cannot read {self.path}: {error.strerror}") from error
                yield Found(inside, 0, "", f"the folder cannot be read: {error.strerror}")

    def _is_left_out(self, entry: "os.DirEntry[str]") -> bool:
        return self.leaves_out is not None and os.path.realpath(entry.path) == str(self.leaves_out)

    @contextmanager
    def reading(self, name: str) -> Iterator[Path]:
        """Give the file itself."""
        yield self._inside(name)

    @contextmanager
    def writing(self, name: str) -> Iterator[Path]:
        """Give the path of the file itself, in a folder that exists."""
        path = self._inside(name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"cannot make the folder of {name}: {error.strerror}") from error
        yield path

    def stamp(self, name: str) -> str | None:
        """Return the time of the last change, in nanoseconds."""
        try:
            return str(os.stat(self._inside(name)).st_mtime_ns)
        except OSError:
            return None

    def sweep(self) -> None:
        """Remove files with the names of unfinished ones."""
        for folder, _, names in os.walk(self.path):
            for name in filter(is_temporary, names):
                with suppress(OSError):
                    os.unlink(os.path.join(folder, name))

    def _inside(self, name: str) -> Path:
        """Return the path of a name, which comes from a file that anybody may have written."""
        parts = PurePosixPath(name).parts
        if not parts or name.startswith("/") or ".." in parts or "\0" in name:
            raise InputError(f"{name!r} is not a valid name of a file: it must lie below the folder")
        return self.path / name


def _found(entry: "os.DirEntry[str]", name: str) -> Found:
    try:
        status = entry.stat()
    except OSError as error:
        return Found(name, 0, "", f"{name} cannot be read: {error.strerror}")
    if not stat.S_ISREG(status.st_mode):
        return Found(name, 0, "", f"{name} is not a regular file")
    return Found(name, status.st_size, str(status.st_mtime_ns))


def open_folder(address: str) -> Folder:
    """Return the folder at an address."""
    return LocalFolder(Path(address))


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
