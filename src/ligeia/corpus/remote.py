"""Folders elsewhere: in an object store (s3://bucket/recordings, gs://…, az://…), or wherever else fsspec leads.

Keys come from where the libraries look for them (AWS_ACCESS_KEY_ID and so on, or the machine), never from an address,
and appear in no message: addresses and messages are written down.
"""

import os
import re
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from ligeia.corpus.folder import Found, OnLink, checked_name
from ligeia.errors import InputError, LigeiaError, needs_extra

STORES = ("s3", "s3a", "gs", "gcs", "az", "azure", "abfs", "abfss", "adl")
"""Protocols of object stores, where a file appears whole or not at all by itself."""
TAGS = ("e_tag", "ETag", "etag", "md5", "mtime", "last_modified", "LastModified", "modified", "created")
"""Keys in listings whose values change with the content, the best first; not all listings have all."""
AT_ONCE = 2**25
"""Bytes that are fetched at a time."""
UNFINISHED = ".ligeia-"
"""Prefix of files that are still being written, in storage where that takes more than one step."""
LONGEST = 200
SECRET = re.compile(r"key|secret|token|passw|credential|connection|sas", re.IGNORECASE)
"""Names of settings that no message may tell."""


@dataclass(frozen=True)
class RemoteFolder:
    """A folder that is reached through fsspec."""

    address: str
    """Its address, without keys."""
    leaves_out: str | None = None
    """Address of a folder below it that does not belong to it."""

    def list(self, takes: tuple[str, ...], *, on_link: OnLink | None = None) -> Iterator[Found]:
        """Yield the files; see `Folder.list`. A folder that is not there is empty, as object stores have it."""
        with _told(f"cannot list {self.address}"):
            walk = _of_store if _protocol(self.address) in STORES else _of_system
            for name, facts in walk(self.address):
                if name.lower().endswith(takes) and not self._is_left_out(name):
                    yield Found(name, int(facts["size"] or 0), _stamp_of(facts))

    def _is_left_out(self, name: str) -> bool:
        is_hidden = any(part.startswith(".") for part in name.split("/"))
        return is_hidden or f"{self.address}/{name}".startswith(f"{self.leaves_out}/")

    @contextmanager
    def reading(self, name: str) -> Iterator[Path]:
        """Give a copy."""
        with tempfile.TemporaryDirectory(prefix="ligeia-") as folder:
            path = Path(folder, f"source{PurePosixPath(name).suffix[:16]}")
            with _told(f"cannot read {checked_name(name)} in {self.address}"):
                system, root = _opened(self.address)
                size = int(system.info(f"{root}/{name}")["size"])
                with path.open("wb") as copy:
                    for start in range(0, size, AT_ONCE):
                        copy.write(system.cat_file(f"{root}/{name}", start=start, end=min(start + AT_ONCE, size)))
            yield path

    @contextmanager
    def writing(self, name: str) -> Iterator[Path]:
        """Give a path on this machine, and deliver what was written there."""
        with tempfile.TemporaryDirectory(prefix="ligeia-") as folder:
            path = Path(folder, f"result{PurePosixPath(checked_name(name)).suffix[:16]}")
            yield path
            with _told(f"cannot write {name} in {self.address}"):
                self._deliver(path, name)

    def stamp(self, name: str) -> str | None:
        """Return the tag of a file, or the time of its last change."""
        with _told(f"cannot look at {checked_name(name)} in {self.address}"):
            system, root = _opened(self.address)
            try:
                return _stamp_of(system.info(f"{root}/{name}"))
            except FileNotFoundError:
                return None

    def make(self) -> None:
        """Do nothing: folders come with their files."""

    def sweep(self) -> None:
        """Remove files with the names of unfinished ones; object stores have none."""
        if _protocol(self.address) in STORES:
            return
        with _told(f"cannot clean up {self.address}"):
            system, root = _opened(self.address)
            for inside, _, names in system.walk(root, on_error=_unless_missing):
                for name in names:
                    if name.startswith(UNFINISHED):
                        system.rm_file(f"{inside}/{name}")

    def sync(self) -> None:
        """Do nothing: what was delivered is there to stay."""

    def _deliver(self, path: Path, name: str) -> None:
        system, root = _opened(self.address)
        target = f"{root}/{name}"
        if _protocol(self.address) in STORES:
            system.put_file(str(path), target)
            return
        parent, _, last = target.rpartition("/")
        system.makedirs(parent, exist_ok=True)
        temporary = f"{parent}/{UNFINISHED}{secrets.token_hex(8)}-{last}"
        system.put_file(str(path), temporary)
        if type(system).mv is not _plain_system().mv:
            system.mv(temporary, target)
        else:  # one that cannot rename; its `mv` takes names for patterns
            system.cp_file(temporary, target)
            system.rm_file(temporary)


def _plain_system() -> Any:
    from fsspec import AbstractFileSystem

    return AbstractFileSystem


def is_remote(address: str) -> bool:
    """Tell whether an address is not simply a path.

    Example:
        >>> is_remote("s3://bucket/recordings"), is_remote("recordings/1")
        (True, False)
    """
    return re.match(r"[a-z][a-z0-9+.-]*://", address) is not None


def checked_address(address: str) -> str:
    """Return an address in the one form in which it is written down.

    Raises:
        InputError: it holds a password.
    """
    if re.match(r"[^/]*://[^/@]*:[^/@]*@", address):
        raise InputError("an address must not hold a password, as it is written down: put it where the library looks")
    return address.rstrip("/")


def _protocol(address: str) -> str:
    return address.partition("://")[0]


@lru_cache(maxsize=16)
def _opened(address: str) -> tuple[Any, str]:
    """Return the file system of an address, and its path there."""
    where = checked_address(address)
    with needs_extra("fsspec", "remote"):
        import fsspec
    if _protocol(address) in STORES:
        with needs_extra("obstore", "remote"):
            from obstore.fsspec import register
        register(_protocol(address))
    system, root = fsspec.core.url_to_fs(where)
    return system, str(root).rstrip("/")


def _of_store(address: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield names and facts of all objects, page by page, however many there are."""
    _opened(address)
    from obstore.store import from_url

    for page in from_url(address).list():
        for facts in page:
            yield facts["path"], facts


def _of_system(address: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield names and facts of all files, folder by folder."""
    system, root = _opened(address)
    for inside, _, files in system.walk(root, detail=True, on_error=_unless_missing):
        before = inside.removeprefix(root).strip("/")
        for name, facts in files.items():
            yield f"{before}/{name}".lstrip("/"), facts


def _unless_missing(error: Exception) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


def _stamp_of(facts: Mapping[str, Any]) -> str:
    """Return what changes with the content; one system may tell a time as a number here and as a date there."""
    value = next((facts[name] for name in TAGS if facts.get(name) is not None), facts.get("size"))
    value = value.timestamp() if isinstance(value, datetime) else value
    return f"{value:.6f}" if isinstance(value, float) else str(value)


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Say what went wrong in one line without keys, whatever the library raises."""
    try:
        yield
    except LigeiaError:
        raise
    except FileNotFoundError as error:
        raise InputError(f"{what}: it is not there") from error
    except Exception as error:
        raise InputError(f"{what}: {without_keys(error)}") from error


def without_keys(error: Exception) -> str:
    """Return an error in one line, without any key that this process knows, and without signatures in addresses."""
    text = " ".join(str(error).partition("\n\nDebug source")[0].split())
    for key in sorted(_keys(), key=len, reverse=True):
        text = text.replace(key, "***")
    text = re.sub(r"//[^/@\s]+@", "//***@", re.sub(r"\?\S+", "?***", text))
    text = text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _keys() -> set[str]:
    """Return the values of settings whose names say that they are secret."""
    from fsspec.config import conf

    waiting: list[tuple[str, Any]] = [*os.environ.items(), *conf.items()]
    found = set()
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, Mapping):
            waiting += value.items()
        elif SECRET.search(name) and len(str(value)) >= 4:
            found.add(str(value))
    return found
