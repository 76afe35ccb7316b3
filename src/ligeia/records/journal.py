"""rows.jsonl: one JSON object a line, safe on disk as soon as it is added, so that an interrupted run can continue."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from ligeia.errors import InputError

Row = dict[str, Any]

TAIL = 1 << 16
"""Bytes that are looked at together for the end of the last whole line."""


def read_rows(path: Path) -> list[Row]:
    """The rows of a benchmark; where a clip and codec come twice, the later row counts.

    Raises:
        InputError: a line in the middle is not a row.
    """
    rows: dict[tuple[str, ...], Row] = {}
    for row in read_lines(path, {"clip", "codec"}):
        rows.pop(key(row), None)
        rows[key(row)] = row
    return list(rows.values())


def read_lines(path: Path, needed: set[str]) -> list[Row]:
    """All rows of a file, none where it is missing. A half-written last line does not count.

    Raises:
        InputError: a line in the middle is not a JSON object with the `needed` fields.
    """
    if not path.exists():
        return []
    rows = []
    for number, line in enumerate(path.read_bytes().split(b"\n")[:-1], 1):
        row = _row(line, needed)
        if row is None:
            raise InputError(f"{path}, line {number}, is not a row as expected; is this the right folder?")
        rows.append(row)
    return rows


def key(row: Row) -> tuple[str, ...]:
    """The identity of a row: clip, seconds of it, codec."""
    return str(row["clip"]), str(row.get("seconds_limit")), str(row["codec"])


def _row(line: bytes, needed: set[str]) -> Row | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) and needed <= row.keys() else None


def make_folder(folder: Path) -> None:
    """Make a folder of rows, where there is none yet.

    Raises:
        InputError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot write to {folder}: {error.strerror}") from error


@contextmanager
def open_journal(path: Path, *, synced: bool = True) -> Iterator["Journal"]:
    """A journal to add rows to, locked against a second run in the same folder.

    A row is with the system as soon as it is added, and no killed process takes it back; where it is `synced`, it is on
    the disk as well, and no failure of power does. Otherwise the caller syncs many together.

    Raises:
        InputError: another run is writing it, or it cannot be written.
    """
    try:
        with open(path, "ab") as file:
            _lock(file, path)
            _drop_half_line(path)
            yield Journal(file, synced=synced)
    except OSError as error:
        if error.filename not in (None, str(path), path):
            raise
        raise InputError(f"cannot write {path}: {error.strerror}") from error


class Journal:
    """An open rows file."""

    def __init__(self, file: BinaryIO, *, synced: bool = True) -> None:
        self._file, self._synced = file, synced

    def add(self, row: Row) -> None:
        """Append a row; see `open_journal` for when it is on the disk."""
        self._file.write(_line(row))
        self._file.flush()
        if self._synced:
            self.sync()

    def sync(self) -> None:
        """Wait until all rows are on the disk."""
        os.fsync(self._file.fileno())

    def clear(self) -> None:
        """Remove all rows."""
        self._file.truncate(0)


def _line(row: Row) -> bytes:
    text = json.dumps(row, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    try:
        return text.encode() + b"\n"
    except UnicodeEncodeError:  # a name that is not UTF-8
        return json.dumps(row, allow_nan=False, separators=(",", ":")).encode() + b"\n"


def _lock(file: BinaryIO, path: Path) -> None:
    try:
        import fcntl
    except ImportError:  # not a POSIX system: two runs in one folder are then the user's affair
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise InputError(f"another run is writing {path}") from error


def _drop_half_line(path: Path) -> None:
    """Cut off the half-written line that a killed run left at the end."""
    with path.open("rb") as file:
        size = end = file.seek(0, os.SEEK_END)
        while end:
            start = max(end - TAIL, 0)
            file.seek(start)
            if (found := file.read(end - start).rfind(b"\n")) >= 0:
                end = start + found + 1
                break
            end = start
    if end < size:
        os.truncate(path, end)
