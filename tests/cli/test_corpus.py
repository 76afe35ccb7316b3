"""`ligeia corpus`: the command, with workers in processes of their own."""

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer

from ligeia.cli.corpus_options import size_of
from tests.corpus.conftest import write_tone

if TYPE_CHECKING:
    from tests.cli.conftest import Ligeia


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    for name, hertz in (("a.wav", 440.0), ("deep/c.wav", 660.0)):
        write_tone(folder / name, hertz)
    return folder


def files_of(folder: Path, ending: str) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob(f"*{ending}")}


def test_encode_writes_what_the_command_of_one_file_writes(ligeia: "Ligeia", sources: Path, tmp_path: Path) -> None:
    assert ligeia("encode", sources, "-r", "-o", f"{tmp_path}/one/", "--quality", 3, "-q").code == 0
    (sources / "bad.wav").write_text("no sound")
    many = ligeia("corpus", "encode", sources, "-o", tmp_path / "many", "--quality", 3, "--workers", 2, "--json")
    assert (many.code, many.line) == (1, "ligeia: 1 of 3 failed; --retry does them again")
    assert files_of(tmp_path / "many", ".lig") == files_of(tmp_path / "one", ".lig")
    totals = json.loads(many.out)
    assert (totals["files"], totals["done"], totals["failures"][0]["example"]) == (3, 2, "bad.wav")
    other = ligeia("corpus", "encode", sources, "-o", tmp_path / "many", "--quality", 4)
    assert (other.code, other.line.endswith("or pass --force to do everything again")) == (2, True)
    (sources / "bad.wav").unlink()
    again = ligeia("corpus", "encode", sources, "-o", tmp_path / "many", "--quality", 3)
    assert (again.code, again.err) == (0, "")
    assert "files" in again.out


def test_folders_that_hold_each_other_are_refused(ligeia: "Ligeia", sources: Path, tmp_path: Path) -> None:
    for output in (sources, tmp_path):
        outcome = ligeia("corpus", "encode", sources, "-o", output)
        assert (outcome.code, "holds the sources themselves" in outcome.line) == (1, True)
    assert ligeia("corpus", "encode", tmp_path / "missing", "-o", tmp_path / "out").line.endswith("does not exist")
    assert not (tmp_path / "out").exists()


def test_names_that_clash_are_told_with_the_way_out(ligeia: "Ligeia", sources: Path, tmp_path: Path) -> None:
    shutil.copy(sources / "a.wav", sources / "a.flac")
    outcome = ligeia("corpus", "encode", sources, "-o", tmp_path / "out")
    assert outcome.code == 1
    assert "--whole-names" in outcome.line


def test_sizes() -> None:
    assert [size_of(text) for text in ("100", "2k", "1.5GiB", "3T")] == [100, 2048, 3 << 29, 3 << 40]
    for text in ("", "-1", "0", "2X", "1e9", "nan", "9" * 40):
        with pytest.raises(typer.BadParameter):
            size_of(text)


def test_a_cluster_that_is_not_there_is_told(ligeia: "Ligeia", sources: Path, tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="distributed, Dask's scheduler, is not installed")
    command = ("corpus", "encode", sources, "-o", tmp_path / "out", "--scheduler", "nosuch://x")
    outcome = ligeia(*command)
    assert (outcome.code, "no Dask scheduler answers at nosuch://x" in outcome.line) == (1, True)
    outcome = ligeia(*command, "--workers", 2)
    assert (outcome.code, "either workers or a scheduler" in outcome.line) == (2, True)
