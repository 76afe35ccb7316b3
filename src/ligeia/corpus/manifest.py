"""The manifest: what is to be done, written beside the results in order of name, a line for each file.

Its first line states action and settings once, with their digest. A source is known by name, size and time of change,
which listing a folder gives for nothing; the hash of its content goes into its row when it is read anyway. Hashing
here would read every source twice, and by one process: of a terabyte an hour and more before any work. What has
changed is noticed all the same: by its time, and then by its hash.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ligeia.audio.atomic import atomic_path
from ligeia.corpus.folder import Found, OnLink
from ligeia.corpus.order import Order
from ligeia.corpus.ordering import Keyed, Record, line_of, lines_in_order
from ligeia.corpus.pairs import paired
from ligeia.corpus.places import open_folder
from ligeia.errors import InputError

MANIFEST = "manifest.jsonl"
VERSION = 1


@dataclass(frozen=True)
class Manifest:
    """A manifest on disk: entries are read as they are wanted, never all at once."""

    path: Path
    files: int
    bytes: int
    """Bytes of all sources."""

    def entries(self) -> Iterator[Record]:
        """Yield the entries in order: source, bytes, stamp, output, and error where work would be in vain."""
        with self.path.open("rb") as file:
            next(file)
            yield from map(json.loads, file)


def write_manifest(order: Order, *, on_link: OnLink | None = None) -> Manifest:
    """List the sources, and write the manifest anew; it appears whole or not at all.

    Raises:
        InputError: a folder cannot be read, holds nothing to take, or two sources would give one result.
    """
    path = order.state / MANIFEST
    files = size = 0

    def lines() -> Iterator[bytes]:
        nonlocal files, size
        for entry in _entries(order, on_link):
            files, size = files + 1, size + entry["bytes"]
            yield line_of(entry)

    with atomic_path(path, overwrite=True) as temporary, temporary.open("wb") as file:
        file.write(line_of(header_of(order)))
        file.writelines(_each_once(lines_in_order(lines())))
        if not files:
            takes = ", ".join(order.what.naming(order.settings).takes)
            raise InputError(f"{order.sources} holds no file that ends in {takes}")
    return Manifest(path, files, size)


def header_of(order: Order) -> dict[str, Any]:
    """Return the first line of a manifest."""
    return {"ligeia_corpus": VERSION, **order.said, "digest": order.digest}


def read_header(state: Path) -> dict[str, Any] | None:
    """Return the first line of the manifest in a folder; None where there is none.

    Raises:
        InputError: it is not a manifest, or is of a newer version.
    """
    path = state / MANIFEST
    try:
        with path.open("rb") as file:
            header = json.loads(file.readline())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} is not a manifest: {error}") from error
    if not isinstance(header, dict) or header.get("ligeia_corpus") != VERSION:
        raise InputError(f"{path} is not a manifest of this version: it does not begin with ligeia_corpus {VERSION}")
    if not (isinstance(header.get("digest"), str) and isinstance(header.get("settings"), dict) and "action" in header):
        raise InputError(f"{path} is not a manifest: its first line lacks action, settings or digest")
    return header


def _entries(order: Order, on_link: OnLink | None) -> Iterator[Record]:
    """Yield the entries: of pairs in order, of single files as they are found."""
    naming = order.what.naming(order.settings)
    ours = open_folder(order.sources, without=order.results).list(naming.takes, on_link=on_link)
    if order.estimates is not None:
        theirs = open_folder(order.estimates).list(naming.takes, on_link=on_link)
        yield from paired(ours, theirs)
        return
    for found in ours:
        path = PurePosixPath(found.name)
        name = naming.name(Path(path.name))
        if order.whole_names and name != path.name:
            name = path.name + Path(name).suffix
        yield _entry(str(path.with_name(name)), found)


def _entry(output: str, found: Found) -> Record:
    entry: Record = {"output": output, "source": found.name, "bytes": found.bytes, "stamp": found.stamp}
    return entry if found.error is None else entry | {"error": found.error}


def _each_once(lines: Iterable[Keyed]) -> Iterator[bytes]:
    """Yield lines in order; refuse two for one result."""
    last, before = "", b""
    for key, line in lines:
        if key == last and before:
            one, other = json.loads(before)["source"], json.loads(line)["source"]
            raise InputError(
                f"{one} and {other} would both become {key}: rename one, or name all results after the whole "
                "name of their source, ending included (whole_names=True)"
            )
        last, before = key, line
        yield line
