from pathlib import Path

import pytest

from ligeia.cli.streams import read_stream
from ligeia.errors import FormatError, InputError


def test_a_stream_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.lig"
    path.write_bytes(b"LIG and more")
    assert read_stream(path) == b"LIG and more"


def test_a_huge_foreign_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.bin"
    with path.open("wb") as file:
        file.truncate(2**42)  # sparse: four terabytes that take no space
    with pytest.raises(FormatError, match="is not a"):
        read_stream(path)


def test_missing_directory_empty(tmp_path: Path) -> None:
    (tmp_path / "empty.lig").touch()
    for path in (tmp_path / "no.lig", tmp_path, tmp_path / "empty.lig"):
        with pytest.raises(InputError):
            read_stream(path)
