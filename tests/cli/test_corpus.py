"""`ligeia corpus`: the command, with workers in processes of their own."""

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer

from ligeia.cli.corpus_options import size_of
from ligeia.corpus.places import open_folder
from tests.corpus.conftest import Counting, write_tone

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


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a thread of this process, which is quicker to start."""
    monkeypatch.setattr("ligeia.cli.corpus_run.executor_for", lambda _: Counting())


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize(
    ("command", "options", "ending"),
    [
        ("encode", ["--preset", "waveform", "--snr", 12, "--no-tags"], ".lig"),
        ("decode", ["--rate", 4000, "--format", "flac", "--subtype", "PCM_24"], ".flac"),
        ("denoise", ["--method", "gate", "--strength", 0.5], ".wav"),
        ("embed notes", ["--seed", 3], ".lig"),
        ("embed atoms", ["--ratio", 32], ".lig"),
        ("embed hypersound", ["--bits", 8], ".lig"),
    ],
)
def test_every_action_writes_what_its_command_writes(
    ligeia: "Ligeia", sources: Path, tmp_path: Path, command: str, options: list[object], ending: str
) -> None:
    if command in ("embed atoms", "embed hypersound"):
        pytest.importorskip("torch")
    if command == "decode":
        assert ligeia("encode", sources, "-r", "-o", f"{tmp_path}/streams/", "-q").code == 0
        sources = tmp_path / "streams"
    one = ligeia(*command.split(), sources, "-r", "-o", f"{tmp_path}/one/", *options, "-q")
    many = ligeia("corpus", *command.split(), sources, "-o", tmp_path / "many", *options, "-q")
    assert (one.code, many.code, many.err) == (0, 0, "")
    written = files_of(tmp_path / "many", ending)
    assert len(written) == 2
    assert written == files_of(tmp_path / "one", ending)


@pytest.mark.usefixtures("in_process")
def test_scores_are_those_of_the_command(ligeia: "Ligeia", sources: Path, tmp_path: Path) -> None:
    assert ligeia("encode", sources, "-r", "-o", f"{tmp_path}/streams/", "-q").code == 0
    options = ("--reference", sources, "--estimate", tmp_path / "streams", "--metrics", "snr,mel_distance")
    one = json.loads(ligeia("score", *options, "--json").out)
    many = json.loads(ligeia("corpus", "score", *options, "-o", tmp_path / "many", "--json").out)
    for name in ("snr", "mel_distance"):
        assert many["figures"][name]["mean"] == pytest.approx(one["mean"][name])
        assert many["figures"][name]["median"] == pytest.approx(one["median"][name], rel=1e-3)
    assert many["figures"]["mel_distance"]["worst"] == max(pair["values"]["mel_distance"] for pair in one["pairs"])
    assert not [path for path in (tmp_path / "many").rglob("*") if path.suffix in (".wav", ".lig")]


def test_folders_that_hold_each_other_are_refused(ligeia: "Ligeia", sources: Path, tmp_path: Path) -> None:
    for output in (sources, tmp_path):
        outcome = ligeia("corpus", "encode", sources, "-o", output)
        assert (outcome.code, "which is read: name another folder" in outcome.line) == (1, True)
    assert ligeia("corpus", "encode", tmp_path / "missing", "-o", tmp_path / "out").line.endswith("does not exist")
    assert not (tmp_path / "out").exists()


def test_names_that_clash_are_told_with_the_way_out(ligeia: "Ligeia", sources: Path, tmp_path: Path) -> None:
    shutil.copy(sources / "a.wav", sources / "a.flac")
    outcome = ligeia("corpus", "encode", sources, "-o", tmp_path / "out")
    assert outcome.code == 1
    assert "--whole-names" in outcome.line


def test_sizes() -> None:
    assert [size_of(text) for text in ("100", "2k", "1.5GiB", "3T")] == [100, 2048, 3 << 29, 3 << 40]
    for text in ("", "-1", "0", "2X", "1e9", "nan", "9" * 40, "9" * 400):
        with pytest.raises(typer.BadParameter):
            size_of(text)


def test_a_cluster_that_is_not_there_is_told(ligeia: "Ligeia", sources: Path, tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="distributed, Dask's scheduler, is not installed")
    command = ("corpus", "encode", sources, "-o", tmp_path / "out", "--scheduler", "nosuch://x")
    outcome = ligeia(*command)
    assert (outcome.code, "no Dask scheduler answers at nosuch://x" in outcome.line) == (1, True)
    outcome = ligeia(*command, "--workers", 2)
    assert (outcome.code, "either workers or a scheduler" in outcome.line) == (2, True)


def test_recordings_and_results_in_an_object_store(
    ligeia: "Ligeia", sources: Path, tmp_path: Path, in_store: str
) -> None:
    assert ligeia("corpus", "encode", sources, "-o", tmp_path / "here", "--quality", 3).code == 0
    for name in ("a.wav", "deep/c.wav"):
        with open_folder(in_store).writing(name) as path:
            shutil.copyfile(sources / name, path)
    command = ("corpus", "encode", in_store, "-o", f"{in_store}/out", "--quality", 3, "--workers", 2)
    assert "name one for manifest, rows and report (--state)" in ligeia(*command).line
    done = ligeia(*command, "--state", tmp_path / "state", "--json")
    assert (done.code, json.loads(done.out)["done"]) == (0, 2)
    for name, data in files_of(tmp_path / "here", ".lig").items():
        with open_folder(f"{in_store}/out").reading(name) as path:
            assert path.read_bytes() == data
    rows = (tmp_path / "state" / "rows.jsonl").read_text()
    assert ligeia(*command, "--state", tmp_path / "state").code == 0
    assert (tmp_path / "state" / "rows.jsonl").read_text() == rows
    inside = ligeia("corpus", "encode", f"{in_store}/out", "-o", in_store, "--state", tmp_path / "other")
    assert (inside.code, "is read: name another folder" in inside.line) == (1, True)
    secret = ligeia("corpus", "encode", "s3://me:word@bucket", "-o", tmp_path / "out")
    assert (secret.code, "word" not in secret.err.replace("password", "")) == (1, True)
