"""Interface of a corpus's folder, wherever it lies: the one seam between a run and its files.

A folder lists names, gives a local path to read a file from, and one to write a file to. A folder on disk gives its own
paths; one that lies elsewhere gives temporary ones, and fetches and delivers around them. Names are relative to the
folder, with forward slashes; bytes that are not UTF-8 are kept as the system gives them (PEP 383).
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from ligeia.errors import InputError


@dataclass(frozen=True)
class Found:
    """A file as a listing shows it."""

    name: str
    bytes: int
    stamp: str
    """Changes when the content does: the time of the last change, or the tag of an object store."""
    error: str | None = None
    """Reason why it cannot be read; None where nothing speaks against it."""


OnLink = Callable[[str], None]


class Folder(Protocol):
    """A folder of files, wherever it lies."""

    @property
    def address(self) -> str:
        """Address from which `open_folder` makes the same folder, in another process or on another machine."""

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

    def make(self) -> None:
        """Make the folder, where there is none yet.

        Raises:
            InputError: it cannot be made.
        """

    def sweep(self) -> None:
        """Remove what writers that were killed have left; nobody may be writing now."""

    def sync(self) -> None:
        """Wait until all that was written here by this machine is on the disk.

        Raises:
            OSError: the disk failed.
        """


def checked_name(name: str) -> str:
    """Return a name, which comes from a file that anybody may have written.

    Raises:
        InputError: it does not lie below its folder.
    """
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or "\0" in name:
        raise InputError(f"{name!r} is not a valid name of a file: it must lie below the folder")
    return name
