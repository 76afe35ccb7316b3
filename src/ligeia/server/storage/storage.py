"""Interface that the service expects of a place for files."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

CHUNK = 1 << 18
"""Bytes that are handed on at once."""
_KEY = re.compile(r"(sounds|jobs)/[0-9a-z]{1,64}(/[0-9a-z_][0-9a-z_.-]{0,120})?")


class Missing(Exception):  # not a LigeiaError: strangers are told in other words
    """There is no file under a key."""


class Storage(Protocol):
    """Files by keys, such as `jobs/<id>/wav-1f2e`. A key is written once, or always with the same bytes."""

    def put(self, path: Path, key: str) -> None:
        """Move the file at `path` to `key`, where it appears whole or not at all."""

    def open(self, key: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Return bytes `start:stop` of a file in chunks.

        Raises:
            Missing: there is none; at once, not with the first chunk.
        """

    def size(self, key: str) -> int | None:
        """Return the number of bytes, None where there is no such file."""

    def delete(self, prefix: str) -> None:
        """Remove all files whose keys begin with `prefix`, which is a key, or ends with a slash. None is fine."""

    def url(self, key: str, name: str | None = None) -> str | None:
        """Return an address that gives the file for an hour, as a download called `name`; None where there is none."""

    def local(self, key: str) -> Path | None:
        """Return the path of the file on this machine, None where it is elsewhere."""

    def listed(self) -> Iterator[tuple[str, float]]:
        """Yield all keys, and how many seconds ago each was written."""


def checked_key(key: str) -> str:
    """Return the key.

    Raises:
        ValueError: it is not of the form that the service makes; nothing that a stranger says is part of one.
    """
    if not _KEY.fullmatch(key):
        raise ValueError(f"{key!r} is not a valid key")
    return key


def checked_prefix(prefix: str) -> str:
    """Return a prefix of keys: one of them, or the folder of a sound or a job.

    Raises:
        ValueError: it is neither.
    """
    checked_key(prefix.removesuffix("/"))
    return prefix


def fetched(storage: Storage, key: str, folder: Path) -> Path:
    """Return a path at which the file can be read: its own, or that of a copy in `folder`.

    Raises:
        Missing: there is no such file.
    """
    path = storage.local(key)
    if path is not None:
        if not path.is_file():
            raise Missing(key)
        return path
    path = folder / key.rpartition("/")[2]
    with path.open("wb") as copy:
        for chunk in storage.open(key):
            copy.write(chunk)
    return path
