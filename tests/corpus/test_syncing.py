"""What is written comes to the disk, and a disk that fails is told."""

from pathlib import Path

import pytest

from ligeia.corpus import syncing
from ligeia.corpus.places import LocalFolder
from ligeia.errors import InputError
from ligeia.records.journal import open_journal


def test_results_come_before_the_rows_that_speak_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []
    monkeypatch.setattr(LocalFolder, "sync", lambda _: called.append("results"))
    monkeypatch.setattr("ligeia.records.journal.Journal.sync", lambda _: called.append("rows"))
    with open_journal(tmp_path / "rows", synced=False) as journal, syncing.synced(LocalFolder(tmp_path), journal):
        journal.add({"output": "a"})
        assert called == []
    assert called == ["results", "rows"]


def test_a_disk_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: LocalFolder) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(LocalFolder, "sync", fail)
    with (
        pytest.raises(InputError, match="the disk of the results failed: Input/output error"),
        open_journal(tmp_path / "rows", synced=False) as journal,
        syncing.synced(LocalFolder(tmp_path), journal),
    ):
        pass


def test_a_folder_on_disk_syncs(tmp_path: Path) -> None:
    LocalFolder(tmp_path).sync()
    with pytest.raises(OSError, match="missing"):
        LocalFolder(tmp_path / "missing").sync()
