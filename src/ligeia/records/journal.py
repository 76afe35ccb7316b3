"""rows.jsonl: one JSON object a line, safe on disk as soon as it is added, so that an interrupted run can continue."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from ligeia.errors import InputError

Row = dict[str, Any]


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
def open_journal(path: Path) -> Iterator["Journal"]:
    """A journal to add rows to, locked against a second run in the same folder.

    Raises:
        InputError: another run is writing it, or it cannot be written.
    """
    try:
        with open(path, "ab") as file:
            _lock(file, path)
            _drop_half_line(path)
            yield Journal(file)
    except OSError as error:
        if error.filename not in (None, str(path), path):
            raise
        raise InputError(f"cannot write {path}: {error.strerror}") from error


class Journal:
    """An open rows file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def add(self, row: Row) -> None:
        """Append a row and wait until it is on the disk."""
        line = json.dumps(row, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
        self._file.write(line + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())


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
    data = path.read_bytes()
    end = data.rfind(b"\n") + 1
    if end < len(data):
        os.truncate(path, end)
