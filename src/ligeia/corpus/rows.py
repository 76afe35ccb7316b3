"""Rows of a corpus: what is there already, and what remains to be done, matched as both stream by in order."""

from collections.abc import Iterator
from pathlib import Path

from ligeia.corpus.manifest import Manifest
from ligeia.corpus.order import Order
from ligeia.corpus.ordering import Record, in_order, latest, line_of, matched
from ligeia.corpus.places import open_folder
from ligeia.errors import InputError

ROWS = "rows.jsonl"
NEEDED = {"output", "source", "error"}


def rows_in(path: Path) -> Iterator[Record]:
    """Yield the rows of a journal in order of name: of each, the last; a half-written last line does not count.

    Raises:
        InputError: a line is no row.
    """
    try:
        for row in latest(in_order(_lines(path))):
            if not row.keys() >= NEEDED:
                raise KeyError
            yield row
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(f"{path} holds a line that is not a row as expected; is this the right folder?") from error


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
    whole = result is not None and result["bytes"] == row["output_bytes"]
    return same and (whole or "output_bytes" not in row) and not verify
