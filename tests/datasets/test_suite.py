"""Suites: text files and folders of clips, and what is wrong with the others."""

from pathlib import Path

import pytest

from ligeia.datasets.suite import MAX_BYTES, read_suite, suite_names
from ligeia.errors import InputError


@pytest.fixture(autouse=True)
def no_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIGEIA_DATA", raising=False)


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def suite(folder: Path, text: str) -> Path:
    path = folder / "suite.txt"
    path.write_text(text)
    return path


def test_groups_remarks_and_repeats(tmp_path: Path) -> None:
    touch(tmp_path, "a.wav", "b c.wav", "d.wav")
    text = "a.wav\n# nothing\n[speech] # talk\n  b c.wav  # spaces\n\nb c.wav\n[ music ]\nd.wav"
    clips = read_suite(suite(tmp_path, text))
    assert [(clip.name, clip.group) for clip in clips] == [("a.wav", ""), ("b c.wav", "speech"), ("d.wav", "music")]
    assert clips[1].path == (tmp_path / "b c.wav").resolve()


def test_folder_of_clips(tmp_path: Path) -> None:
    touch(tmp_path, "speech/deep/b.FLAC", "speech/a.wav", "c.wav", "readme.txt")
    clips = read_suite(tmp_path)
    assert [(clip.name, clip.group) for clip in clips] == [
        ("c.wav", ""),
        ("speech/a.wav", "speech"),
        ("speech/deep/b.FLAC", "speech"),
    ]


def test_where_clips_are_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "data/a.wav", "here/a.wav", "here/b.wav", "data/c.wav")
    path = suite(tmp_path / "here", "a.wav")
    assert read_suite(path)[0].path.parent.name == "here"
    assert read_suite(path, tmp_path / "data")[0].path.parent.name == "data"
    monkeypatch.setenv("LIGEIA_DATA", str(tmp_path / "data"))
    assert read_suite(path)[0].path.parent.name == "here"
    assert read_suite(suite(tmp_path / "here", "c.wav"))[0].path.parent.name == "data"


def test_absolute_paths(tmp_path: Path) -> None:
    touch(tmp_path, "a.wav")
    assert read_suite(suite(tmp_path, f"{tmp_path}/a.wav"))[0].path.name == "a.wav"


def test_invalid_suites_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none.txt: no such file or folder; installed suites: speech, speech_music"):
        read_suite(tmp_path / "none.txt")
    with pytest.raises(InputError, match="lists no clips"):
        read_suite(suite(tmp_path, "# nothing\n[speech]\n"))
    with pytest.raises(InputError, match=r"clip no.wav does not exist; looked for"):
        read_suite(suite(tmp_path, "no.wav"))
    (tmp_path / "sound.wav").write_bytes(b"RIFF\xff\xfe\x00" * 9)
    with pytest.raises(InputError, match="is it a recording"):
        read_suite(tmp_path / "sound.wav")
    (tmp_path / "huge.txt").write_bytes(b"a" * (MAX_BYTES + 1))
    with pytest.raises(InputError, match="is not a suite"):
        read_suite(tmp_path / "huge.txt")


def test_installed_suites_go_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert suite_names() == ["speech", "speech_music", "unlearned", "unseen", "unseen_speech"]
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="needs recordings: set LIGEIA_DATA"):
        read_suite("speech")
    with pytest.raises(InputError, match=r"clip speech/ls_clean_103-1240-0000.flac does not exist"):
        read_suite("speech", tmp_path)
    touch(tmp_path, "speech/mine.wav")
    assert [clip.name for clip in read_suite("speech")] == ["mine.wav"], "a folder of the same name goes before it"


@pytest.mark.parametrize("name", suite_names())
def test_clips_of_installed_suites_exist(name: str, data_folder: Path) -> None:
    clips = read_suite(name, data_folder)
    assert {clip.group for clip in clips} <= {"speech", "music"}
    assert all(clip.name == clip.path.relative_to(data_folder.resolve()).as_posix() for clip in clips)
