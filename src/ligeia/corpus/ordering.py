"""Records in order of their key, however many there are: sorted in parts on disk, merged and matched as they stream.

A million files are a few hundred megabytes of records. None of this holds more than a part of them at a time.
"""

import heapq
import json
import tempfile
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from operator import itemgetter
from typing import Any, BinaryIO

Record = dict[str, Any]

KEY = "output"
"""The field that records are known by."""
PART = 30_000
"""Records that are sorted in memory."""


def key_of(record: Record) -> str:
    """Return what a record is known by."""
    return str(record[KEY])


def line_of(record: Record) -> bytes:
    """Return a record as a line of JSON in ASCII, which also holds names that are no UTF-8."""
    return json.dumps(record, allow_nan=False, separators=(",", ":")).encode() + b"\n"


def in_order(records: Iterable[Record]) -> Iterator[Record]:
    """Yield records by their key; those with one key in the order in which they came."""
    coming = iter(records)
    parts: list[BinaryIO] = []
    try:
        while True:
            part = sorted(islice(coming, PART), key=key_of)
            if len(part) < PART and not parts:
                yield from part
                return
            if not part:
                break
            parts.append(_kept(part))
        yield from heapq.merge(*map(_records, parts), key=key_of)
    finally:
        for file in parts:
            file.close()


def _kept(part: list[Record]) -> BinaryIO:
    """Return a temporary file of records, which is gone when it is closed."""
    file: BinaryIO = tempfile.TemporaryFile(prefix="ligeia-")  # noqa: SIM115
    file.writelines(map(line_of, part))
    file.seek(0)
    return file


def _records(file: BinaryIO) -> Iterator[Record]:
    return map(json.loads, file)


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
