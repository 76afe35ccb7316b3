"""Files of two folders by name: pairs, what has no partner, and what is ambiguous."""

from pathlib import Path

import pytest

from ligeia.cli.pairing import pair_folders
from ligeia.errors import InputError


def folder(path: Path, *names: str) -> Path:
    for name in names:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).touch()
    return path


def test_names_below_the_folders_whatever_their_endings(tmp_path: Path) -> None:
    reference = folder(tmp_path / "a", "one.wav", "deep/one.FLAC", "v1.2.wav", "left.wav", "cover.jpg", ".hidden.wav")
    estimate = folder(tmp_path / "b", "one.lig", "deep/one.mp3", "v1.2.opus", "deep/right.lig", ".trash/left.wav")
    found = pair_folders(reference, estimate)
    assert [(pair.name, pair.reference.name, pair.estimate.name) for pair in found.pairs] == [
        ("deep/one", "one.FLAC", "one.mp3"),
        ("one", "one.wav", "one.lig"),
        ("v1.2", "v1.2.wav", "v1.2.opus"),
    ]
    assert (found.only_reference, found.only_estimate) == (("left.wav",), ("deep/right.lig",))
    assert not found.ambiguous


def test_several_files_of_one_name(tmp_path: Path) -> None:
    reference = folder(tmp_path / "a", "one.wav", "two.wav")
    estimate = folder(tmp_path / "b", "one.wav", "one.lig", "two.wav")
    found = pair_folders(reference, estimate)
    assert [pair.name for pair in found.pairs] == ["two"]
    assert list(found.ambiguous) == ["one"]
    assert "one.lig, one.wav" in found.ambiguous["one"]
    assert (found.only_reference, found.only_estimate) == ((), ())


def test_an_accent_may_be_spelt_in_two_ways(tmp_path: Path) -> None:
    reference, estimate = folder(tmp_path / "a", "caf\u00e9.wav"), folder(tmp_path / "b", "cafe\u0301.lig")
    assert len(pair_folders(reference, estimate).pairs) == 1


def test_folders_without_sounds(tmp_path: Path) -> None:
    reference, empty = folder(tmp_path / "a", "one.wav"), folder(tmp_path / "b", "notes.txt")
    with pytest.raises(InputError, match=r"b holds no recordings and no \.lig files"):
        pair_folders(reference, empty)
