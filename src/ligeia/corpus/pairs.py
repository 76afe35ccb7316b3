"""Pairs of files from two folders: those of one name, whatever their endings."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import PurePosixPath
from unicodedata import normalize

from ligeia.corpus.folder import Found
from ligeia.corpus.ordering import Record, in_order, key_of, line_of, matched


def paired(references: Iterable[Found], estimates: Iterable[Found]) -> Iterator[Record]:
    """Yield an entry for each name in order; one that has no partner, or several, with an error.

    Example:
        >>> [entry.get("error") for entry in paired([Found("a.wav", 1, "1")], [Found("a.lig", 1, "2")])]
        [None]
    """
    for reference, estimate in matched(_single(references), _single(estimates)):
        one, other = reference or estimate, estimate or reference
        assert one is not None
        assert other is not None
        entry: Record = {"output": key_of(one), "source": one["source"], "estimate": other["source"]}
        entry |= {"bytes": one["bytes"] + other["bytes"], "stamp": f"{one['stamp']} {other['stamp']}"}
        if one is other:
            side = "estimate" if estimate is None else "reference"
            entry |= {"bytes": one["bytes"], "stamp": one["stamp"], "error": f"{one['source']} has no {side}"}
        elif errors := [side["error"] for side in (one, other) if "error" in side]:
            entry |= {"error": errors[0]}
        yield entry


def _single(files: Iterable[Found]) -> Iterator[Record]:
    """Yield one record for each name, in order; with an error where several files have it."""
    for _, group in groupby(in_order(map(_line, files)), key=key_of):
        first, *others = group
        if others:
            names = ", ".join(record["source"] for record in (first, *others[:2]))
            first |= {"error": f"several files of one folder have this name, move all but one away: {names}"}
        yield first


def _line(found: Found) -> bytes:
    """Return a file by its name without ending; two systems may spell one accent differently."""
    name = normalize("NFC", str(PurePosixPath(found.name).with_suffix("")))
    record: Record = {"output": name, "source": found.name, "bytes": found.bytes, "stamp": found.stamp}
    return line_of(record if found.error is None else record | {"error": found.error})
