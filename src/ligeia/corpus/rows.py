"""Rows of a corpus: what is there already, and what remains to be done, matched as both stream by in order."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ligeia.corpus.manifest import Manifest
from ligeia.corpus.order import Order
from ligeia.corpus.ordering import Record, in_order, latest, line_of, matched
from ligeia.corpus.places import open_folder
from ligeia.errors import InputError

ROWS = "rows.jsonl"
NAMES = ("output", "source", "stamp", "settings")
"""Texts that every row has."""
LARGEST = 1e300
"""Figures are smaller, so that sums of them are finite."""


def rows_in(path: Path) -> Iterator[Record]:
    """Yield the rows of a journal in order of name: of each, the last; a half-written last line does not count.

    Raises:
        InputError: a line is not a valid row.
    """
    try:
        for row in latest(in_order(_lines(path))):
            if not is_row(row):
                raise KeyError
            yield row
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise InputError(f"{path} holds a line that is not a row as expected; is this the right folder?") from error


def is_row(row: Record) -> bool:
    """Tell whether a row holds all that is read of it: the file may have been edited."""
    if not (all(isinstance(row.get(name), str) for name in NAMES) and _is_size(row.get("bytes"))):
        return False
    error, figures, remarks = row.get("error", False), row.get("figures"), row.get("reasons", {})
    if error is not None:
        return isinstance(error, str)
    return (
        ("estimate" in row or _is_size(row.get("output_bytes")))
        and _is_number(row.get("seconds"))
        and isinstance(figures, dict)
        and all(value is None or _is_number(value) for value in figures.values())
        and isinstance(remarks, dict)
        and all(isinstance(text, str) for text in (*remarks.values(), *row.get("notes", ())))
    )


def _is_size(value: Any) -> bool:
    return isinstance(value, int) and 0 <= value < 2**63


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) < LARGEST


def _lines(path: Path) -> Iterator[bytes]:
    if path.exists():
        with path.open("rb") as file:
            yield from (line for line in file if line.endswith(b"\n"))


def pending(order: Order, manifest: Manifest, *, retry: bool, verify: bool) -> Iterator[Record]:
    """Yield the entries that are still to be done, with the earlier row of each as "row", where there is one.

    An entry is done where its row has no error, its source is as it was, and its result is there, as long as it was;
    with `verify` nothing is done until its digests have been looked at. A row with an error counts as done unless
    `retry`, or unless the source has changed.
    """
    streams = manifest.entries(), rows_in(order.state / ROWS), _results(order)
    for entry, row, result in matched(*streams):
        if entry is None or _is_done(entry, row, result, retry=retry, verify=verify):
            continue
        yield entry | ({"row": row} if row is not None and row["error"] is None else {})


def _results(order: Order) -> Iterator[Record]:
    """Yield the results that lie in their folder, in order."""
    endings = order.what.endings(order.settings)
    found = open_folder(order.results).list(endings) if endings else ()
    return in_order(line_of({"output": file.name, "bytes": file.bytes}) for file in found)


def _is_done(entry: Record, row: Record | None, result: Record | None, *, retry: bool, verify: bool) -> bool:
    if row is None or row.get("source") != entry["source"]:
        return False
    same = row.get("stamp") == entry["stamp"] and row.get("bytes") == entry["bytes"]
    if row["error"] is not None:
        return same and not retry
    whole = "estimate" in entry or (result is not None and result["bytes"] == row.get("output_bytes"))
    return same and whole and not verify
