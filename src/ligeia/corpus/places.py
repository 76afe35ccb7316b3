"""Places of the files of a corpus: a folder on disk, or one elsewhere (`remote.py`)."""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ligeia.audio.atomic import is_temporary, sync_all
from ligeia.corpus.folder import Folder, Found, OnLink, checked_name
from ligeia.corpus.remote import RemoteFolder, is_remote
from ligeia.errors import InputError


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
                        elif _is_linked_folder(entry):
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

    def make(self) -> None:
        """Make it, and those that it lies in."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"cannot make the folder {self.path}: {error.strerror}") from error
        if not os.access(self.path, os.W_OK):
            raise InputError(f"cannot write to the folder {self.path}")

    def sweep(self) -> None:
        """Remove files with the names of unfinished ones."""
        for folder, _, names in os.walk(self.path):
            for name in filter(is_temporary, names):
                with suppress(OSError):
                    os.unlink(os.path.join(folder, name))

    def sync(self) -> None:
        """Sync the file system, all files together."""
        sync_all(self.path)

    def _inside(self, name: str) -> Path:
        return self.path / checked_name(name)


def _is_linked_folder(entry: "os.DirEntry[str]") -> bool:
    """Tell whether an entry is a link to a folder; one that leads in circles, or where nobody may look, is not."""
    try:
        return entry.is_symlink() and entry.is_dir()
    except OSError:
        return False


def _found(entry: "os.DirEntry[str]", name: str) -> Found:
    try:
        status = entry.stat()
    except OSError as error:
        return Found(name, 0, "", f"{name} cannot be read: {error.strerror}")
    if not stat.S_ISREG(status.st_mode):
        return Found(name, 0, "", f"{name} is not a regular file")
    return Found(name, status.st_size, str(status.st_mtime_ns))


def open_folder(address: str, *, without: str | None = None) -> Folder:
    """Return the folder at an address, a path or a URL; the folder `without`, which may lie in it, is left out."""
    if is_remote(address):
        return RemoteFolder(address, without)
    apart = None if without is None or is_remote(without) else Path(os.path.realpath(without))
    return LocalFolder(Path(address), apart)


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
