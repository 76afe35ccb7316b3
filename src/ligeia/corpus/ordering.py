"""Records in order of their key, however many there are: sorted in parts on disk, merged and matched as they stream.

A million files are a few hundred megabytes of records. None of this holds more than a part of them at a time.
"""

import heapq
import json
import re
import tempfile
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from operator import itemgetter
from typing import Any, BinaryIO

Record = dict[str, Any]

Keyed = tuple[str, bytes]
"""The key of a line, and the line."""

KEY = "output"
"""The field that records are known by."""
KEY_OF_KEYED = itemgetter(0)
PART = 30_000
"""Lines that are sorted in memory."""
_KEY_FIRST = re.compile(rb'\{"output": ?("(?:[^"\\]|\\.)*")')


def key_of(record: Record) -> str:
    """Return what a record is known by."""
    return str(record[KEY])


def line_of(record: Record) -> bytes:
    """Return a record as a line of JSON in ASCII, which also holds names that are not UTF-8."""
    return json.dumps(record, allow_nan=False, separators=(",", ":")).encode() + b"\n"


def in_order(lines: Iterable[bytes]) -> Iterator[Record]:
    """Yield the records of lines by their key; those with one key in the order in which they came.

    Raises:
        ValueError: a line is not a record, or has two keys.
    """
    for key, line in lines_in_order(lines):
        record = json.loads(line)
        if key_of(record) != key:
            raise ValueError(f"a record has two keys: {key} and {key_of(record)}")
        yield record


def lines_in_order(lines: Iterable[bytes]) -> Iterator[Keyed]:
    """Yield lines, each with its key; in order as `in_order`."""
    coming = ((key_in(line), line) for line in lines)
    parts: list[BinaryIO] = []
    try:
        while True:
            part = sorted(islice(coming, PART), key=KEY_OF_KEYED)
            if len(part) < PART and not parts:
                yield from part
                return
            if not part:
                break
            parts.append(_kept(part))
        yield from heapq.merge(*map(_keyed, parts), key=KEY_OF_KEYED)
    finally:
        for file in parts:
            file.close()


def key_in(line: bytes) -> str:
    """Return the key of a line; it is read alone where it comes first, as it does in lines that we write.

    Example:
        >>> key_in(line_of({"output": "a.lig", "bytes": 1}))
        'a.lig'
    """
    found = _KEY_FIRST.match(line)
    if found is None:
        return key_of(json.loads(line))
    return str(json.loads(found[1])) if b"\\" in found[1] else found[1][1:-1].decode()


def _kept(part: list[Keyed]) -> BinaryIO:
    """Return a temporary file of lines, which is gone when it is closed."""
    file: BinaryIO = tempfile.TemporaryFile(prefix="ligeia-")  # noqa: SIM115
    file.writelines(line for _, line in part)
    file.seek(0)
    return file


def _keyed(file: BinaryIO) -> Iterator[Keyed]:
    return ((key_in(line), line) for line in file)


def latest(records: Iterable[Record]) -> Iterator[Record]:
    """Yield the last of the records with one key, of records in order."""
    last: Record | None = None
    for record in records:
        if last is not None and key_of(last) != key_of(record):
            yield last
        last = record
    if last is not None:
        yield last


def matched(*streams: Iterable[Record]) -> Iterator[tuple[Record | None, ...]]:
    """Yield what streams in order, with each key once, have under one key: None where one has nothing."""
    merged = heapq.merge(*(_marked(number, stream) for number, stream in enumerate(streams)), key=itemgetter(0))
    for _, group in groupby(merged, key=itemgetter(0)):
        found: list[Record | None] = [None] * len(streams)
        for _, number, record in group:
            found[number] = record
        yield tuple(found)


def _marked(number: int, stream: Iterable[Record]) -> Iterator[tuple[str, int, Record]]:
    return ((key_of(record), number, record) for record in stream)
