"""Rows on disk: appended safely, read back, whatever a crash left behind."""

from pathlib import Path

import pytest

from ligeia.errors import InputError
from ligeia.records.journal import key, open_journal, read_rows

ROW = {"clip": "a.wav", "codec": "opus:24", "seconds_limit": None, "bytes": 1}


def test_rows_come_back(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    assert read_rows(path) == []
    with open_journal(path) as journal:
        journal.add(ROW)
        journal.add({**ROW, "clip": "b ü.wav"})
    assert [row["clip"] for row in read_rows(path)] == ["a.wav", "b ü.wav"]


def test_the_later_row_counts(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    with open_journal(path) as journal:
        for size in (1, 2):
            journal.add({**ROW, "bytes": size})
        journal.add({**ROW, "seconds_limit": 5.0})
    assert [row["bytes"] for row in read_rows(path)] == [2, 1]


def test_half_a_line_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    with open_journal(path) as journal:
        journal.add(ROW)
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:20])
    assert read_rows(path) == [ROW]
    with open_journal(path) as journal:
        journal.add({**ROW, "clip": "b.wav"})
    assert [row["clip"] for row in read_rows(path)] == ["a.wav", "b.wav"]


def test_garbage_in_the_middle_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"clip": "a", "codec": "b"}\n[1]\n')
    with pytest.raises(InputError, match="line 2"):
        read_rows(path)


def test_two_runs_do_not_mix(tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    path = tmp_path / "rows.jsonl"
    with open_journal(path), pytest.raises(InputError, match="another run"), open_journal(path):
        pass


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot write"), open_journal(tmp_path):
        pass


def test_nan_is_never_written(tmp_path: Path) -> None:
    with open_journal(tmp_path / "rows.jsonl") as journal, pytest.raises(ValueError, match="not JSON compliant"):
        journal.add({**ROW, "snr": float("nan")})


def test_key() -> None:
    assert key(ROW) == ("a.wav", "None", "opus:24")
