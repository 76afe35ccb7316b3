"""Folders: what is listed, and what no name leads out of."""

import os
from pathlib import Path

import pytest

from ligeia.corpus.places import LocalFolder, digest_of, open_folder
from ligeia.errors import InputError


@pytest.fixture
def folder(tmp_path: Path) -> LocalFolder:
    return LocalFolder(tmp_path)


def listed(folder: LocalFolder) -> list[str]:
    return sorted(found.name for found in folder.list((".wav",)))


def test_hidden_files_and_loops_of_links_are_left_out(folder: LocalFolder, tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / ".hidden").mkdir()
    for name in ("a.WAV", "b.txt", ".c.wav", "deep/er/d.wav", ".hidden/e.wav"):
        (tmp_path / name).touch()
    (tmp_path / "deep" / "loop").symlink_to(tmp_path)
    links: list[str] = []
    assert sorted(found.name for found in folder.list((".wav",), on_link=links.append)) == ["a.WAV", "deep/er/d.wav"]
    assert links == ["deep/loop"]


def test_what_is_no_file_is_listed_with_an_error(folder: LocalFolder, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    (tmp_path / "gone.wav").symlink_to("nowhere")
    (tmp_path / "folder.wav").mkdir()
    assert listed(folder) == ["gone.wav", "pipe.wav"]
    assert all(found.error for found in folder.list((".wav",)))


def test_a_link_that_leads_in_circles_ends_no_listing(folder: LocalFolder, tmp_path: Path) -> None:
    for name in ("a.wav", "loop", "loop.wav"):
        (tmp_path / name).touch() if name == "a.wav" else (tmp_path / name).symlink_to(name)
    found = {found.name: found.error for found in folder.list((".wav",))}
    assert found == {"a.wav": None, "loop.wav": "loop.wav cannot be read: Too many levels of symbolic links"}


def test_a_folder_that_cannot_be_read_is_told(folder: LocalFolder, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read"):
        list(LocalFolder(tmp_path / "missing").list((".wav",)))


def test_a_folder_that_cannot_be_written_is_told_before_any_work(
    folder: LocalFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.make()
    monkeypatch.setattr(os, "access", lambda path, mode: (path, mode) != (tmp_path, os.W_OK))
    with pytest.raises(InputError, match="cannot write to the folder"):
        folder.make()


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../x", "a/../../x", "a\0b"])
def test_no_name_leads_out(folder: LocalFolder, name: str) -> None:
    for give in (folder.reading, folder.writing):
        with pytest.raises(InputError, match="not a valid name"), give(name):
            pass


def test_what_is_written_is_read(folder: LocalFolder, tmp_path: Path) -> None:
    assert folder.stamp("deep/x") is None
    with open_folder(folder.address).writing("deep/x") as path:
        path.write_bytes(b"abc")
    with folder.reading("deep/x") as path:
        assert digest_of(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2
    assert folder.stamp("deep/x") == str((tmp_path / "deep" / "x").stat().st_mtime_ns)


def test_what_killed_writers_left_is_swept(folder: LocalFolder, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for name in (".ligeia-0123456789abcdef.lig", "deep/.ligeia-0123456789abcdef", ".ligeia-notes", "a.lig"):
        (tmp_path / name).touch()
    folder.sweep()
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == [".ligeia-notes", "a.lig"]
