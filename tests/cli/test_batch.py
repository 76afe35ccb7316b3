"""Several recordings through one command: errors do not stop the others, and the end says what happened."""

import errno
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import ligeia as library
from ligeia.cli.batch import NO_MEMORY, Job, reason_of, run_jobs
from ligeia.cli.console import Console
from ligeia.cli.targets import Place
from ligeia.errors import SettingsError

if TYPE_CHECKING:
    from tests.cli.conftest import Ligeia

SOUND = library.Audio(0.3 * np.sin(np.arange(4000) / 7)[None], 8000)
NAMES = ["a.wav", "b c.flac", "-d.wav", "new\nline.wav", "ünï.ogg", "deep/er/e.wav"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of recordings, one of them broken."""
    top = tmp_path / "in"
    for name in NAMES:
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        library.write_audio(top / name, SOUND)
    (top / "broken.wav").write_bytes(b"RIFF and nothing more")
    return top


def found(top: Path) -> list[str]:
    return sorted(str(path.relative_to(top)) for path in top.rglob("*") if path.is_file())


def test_one_bad_file_does_not_stop_the_others(ligeia: "Ligeia", folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    outcome = ligeia("encode", "--recursive", folder, "-o", out)
    expected = sorted(name.rpartition(".")[0] + ".lig" for name in NAMES)
    assert (outcome.code, found(out)) == (1, expected)
    *_, broken, summary = outcome.err.splitlines()
    assert str(folder / "broken.wav") in broken
    assert summary == "ligeia: wrote 6 of 7; 1 failed"
    back = ligeia("decode", "-r", out, "-o", f"{tmp_path}/back/", "-q")
    assert (back.code, back.out, back.err) == (0, "", "")
    assert found(tmp_path / "back") == sorted(name.rpartition(".")[0] + ".wav" for name in NAMES)
    assert library.read_audio(tmp_path / "back" / "new\nline.wav").sample_count == 4000


def test_what_exists_is_left_alone_and_the_rest_goes_on(ligeia: "Ligeia", folder: Path, tmp_path: Path) -> None:
    (folder / "broken.wav").unlink()
    out = tmp_path / "out"
    (out / "deep" / "er").mkdir(parents=True)
    (out / "deep" / "er" / "e.lig").write_bytes(b"precious")
    outcome = ligeia("encode", folder, "-r", "-o", out, "-q")
    assert outcome.code == 1
    assert outcome.line.startswith("ligeia: wrote 5 of 6; 1 exist, such as ")
    assert "--force" in outcome.line
    assert (out / "deep" / "er" / "e.lig").read_bytes() == b"precious"
    assert ligeia("encode", folder, "-r", "-o", out, "-q", "--force").code == 0
    assert (out / "deep" / "er" / "e.lig").read_bytes()[:3] == b"LIG"


def test_json_is_one_document(ligeia: "Ligeia", folder: Path, tmp_path: Path) -> None:
    outcome = ligeia("encode", folder / "a.wav", folder / "broken.wav", "-o", f"{tmp_path}/out/", "--json")
    document = json.loads(outcome.out)
    assert outcome.code == 1
    (done,), (failed,) = document["recordings"], document["failed"]
    assert (done["input"], done["output"]) == (str(folder / "a.wav"), str(tmp_path / "out" / "a.lig"))
    assert failed["input"] == str(folder / "broken.wav")
    assert failed["error"]


def test_beside_the_recordings(ligeia: "Ligeia", folder: Path) -> None:
    assert ligeia("encode", folder / "a.wav", folder / "b c.flac", "-q").code == 0
    assert {"a.lig", "b c.lig"} <= set(found(folder))
    clash = ligeia("encode", folder / "a.wav", folder / "a.wav")
    assert (clash.code, "would both be written" in clash.line) == (1, True)


def test_models_and_fits_take_several_too(ligeia: "Ligeia", folder: Path, tmp_path: Path) -> None:
    paths = [folder / "a.wav", folder / "deep" / "er" / "e.wav"]
    assert ligeia("fit", *paths, "-o", f"{tmp_path}/fit/", "--steps", 1, "--width", 4, "--depth", 1).code == 0
    assert ligeia("embed", "atoms", *paths, "-o", f"{tmp_path}/embed/").code == 0
    assert found(tmp_path / "fit") == found(tmp_path / "embed") == ["a.lig", "e.lig"]


class Fails(Job):
    """A job that ends as the name of its recording says."""

    def run(self, console):
        raise {"m.wav": MemoryError(), "f.wav": OSError(errno.ENOSPC, "No space left on device")}.get(
            self.place.recording.name, SettingsError("no such setting")
        )

    def lines(self, facts):
        return []


def test_the_machine_s_faults_are_told_and_wrong_settings_end_it_all(tmp_path: Path, capsys) -> None:
    places = [Place(Path(name), tmp_path / name) for name in ("m.wav", "f.wav")]
    with pytest.raises(BaseException, match="1") as stop:
        run_jobs(places, Fails, Console(), several=True)
    assert getattr(stop.value, "exit_code", None) == 1
    first, second, summary = capsys.readouterr().err.splitlines()
    assert first == f"ligeia: m.wav: {NO_MEMORY}"
    assert "TMPDIR" in second
    assert summary == "ligeia: wrote 0 of 2; 2 failed"
    with pytest.raises(SettingsError):
        run_jobs([Place(Path("x"), tmp_path / "x"), *places], Fails, Console(), several=True)


def test_reasons_name_the_file_or_the_folder() -> None:
    assert reason_of(OSError(errno.EACCES, "Permission denied", "a.wav")) == "a.wav: Permission denied"
    assert reason_of(OSError(errno.ENOMEM, "Cannot allocate memory")) == NO_MEMORY
    assert "TMPDIR" in reason_of(OSError(errno.ENOSPC, "No space left on device"))
    lost = FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")
    assert "set TMPDIR" in reason_of(lost)
    assert reason_of(OSError(errno.EIO, "Input/output error")) == "the machine: Input/output error"
