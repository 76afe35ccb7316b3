"""`ligeia train hypersound`: from a folder of recordings to a model, whatever is in the folder or happens then."""

import json
import os
import resource
import signal
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from safetensors.numpy import load

from ligeia.cli.main import app
from ligeia.hypersound.weights import load_model
from ligeia.training import runs
from ligeia.training.checkpoint import read_state

CONFIG = """
base = "tiny"
[model]
samples = 256
channels = 2
strides = [4, 8]
trunk = [8]
target = { width = 4 }
[loss]
sizes = [64, 32]
bands = 8
[data]
validation_share = 0.0
last_speakers = 1
skip_seconds = 0.1
batch = 4
[training]
steps = 24
evaluations = 3
log_every = 6
save_seconds = 0
device = "cpu"
threads = 1
"""
COMMAND = ("train", "hypersound", "small.toml", "--data", "data", "-o", "new.safetensors")


def lay_out(folder: Path) -> None:
    """Put down a configuration, and recordings of three speakers below `data`."""
    (folder / "small.toml").write_text(CONFIG)
    (folder / "data").mkdir()
    random = np.random.default_rng(0)
    for speaker in (1, 2, 3):
        soundfile.write(folder / "data" / f"{speaker}-1-0000.wav", 0.1 * random.standard_normal(6000), 8000)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration and recordings."""
    monkeypatch.chdir(tmp_path)
    lay_out(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the training has run to its end."""
    folder = tmp_path_factory.mktemp("trained")
    lay_out(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        app(list(COMMAND), standalone_mode=False)
    return folder


def curve_of(folder: Path, run: str = "new.safetensors.run") -> list[dict[str, float]]:
    """The curve of a run, without the time."""
    rows = [json.loads(line) for line in (folder / run / "curve.jsonl").read_text().splitlines()]
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


def test_a_model_is_written_that_loads(trained: Path) -> None:
    model, facts = load_model(trained / "new.safetensors")
    assert (model.config.samples, facts["steps"]) == (256, 24)
    run = trained / "new.safetensors.run"
    assert {"best.safetensors", "last.safetensors", "curve.jsonl"} <= {path.name for path in run.iterdir()}
    assert str(trained).encode() not in (trained / "new.safetensors").read_bytes(), "no path of this machine"


def test_curves_are_drawn(trained: Path) -> None:
    pytest.importorskip("matplotlib")
    drawn = {path.name for path in (trained / "new.safetensors.run").glob("*.svg")}
    assert {"loss.svg", "si_snr.svg", "lsd_hypersound.svg"} <= drawn


def test_what_is_left_out_is_counted_and_listed(ligeia, folder: Path) -> None:
    (folder / "data" / "1-2-0000.wav").write_bytes(b"RIFF, or so it says")
    soundfile.write(folder / "data" / "2-2-0000.wav", np.zeros(300), 8000)
    facts = json.loads(ligeia(*COMMAND, "--json").out)
    assert list(facts["unreadable"]) == ["1-2-0000.wav"]
    assert "1-2-0000.wav" in facts["unreadable"]["1-2-0000.wav"], "with the reason"
    assert facts["too_short"] == ["2-2-0000.wav"]
    assert facts["scores"].keys() >= {"validation_loss", "si_snr", "mse"}
    again = ligeia(*COMMAND, "--force").out.splitlines()
    assert again[0].startswith("wrote")
    assert any("unreadable" in line and "1 recordings: 1-2-0000.wav" in line for line in again)
    assert any("too short" in line and "2-2-0000.wav" in line for line in again)


def test_stereo_other_rates_and_silence(ligeia, folder: Path) -> None:
    stereo = 0.1 * np.random.default_rng(2).standard_normal((48000, 2))
    soundfile.write(folder / "data" / "1-3-0000.flac", stereo, 48000)
    soundfile.write(folder / "data" / "3-3-0000.flac", np.zeros(8000), 8000)
    facts = json.loads(ligeia(*COMMAND, "--json").out)
    assert facts["unreadable"] == {}
    assert (facts["segments"], facts["validation_segments"]) == (10 + 10 + 14, 16)
    assert np.isfinite(facts["scores"]["validation_loss"])


def test_errors_are_one_line(ligeia, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIGEIA_DATA", raising=False)
    assert "no folder of recordings" in ligeia("train", "hypersound", "small.toml").line
    assert "is not a folder" in ligeia("train", "hypersound", "small.toml", "--data", "none").line
    assert "cannot read the configuration none" in ligeia("train", "hypersound", "none").line
    (folder / "bad.toml").write_text(CONFIG.replace("batch = 4", "bach = 4"))
    assert "setting 'bach' is unknown; did you mean batch?" in ligeia("train", "hypersound", "bad.toml").line
    listed = ligeia("train", "--list")
    assert listed.code == 0
    assert "table_2_fmlp_cr_0.125" in listed.out


def test_a_checkpoint_of_another_configuration(ligeia, trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(trained)
    before = (trained / "new.safetensors").read_bytes()
    Path("other.toml").write_text(CONFIG.replace("trunk = [8]", "trunk = [9]"))
    done = ligeia(*COMMAND[:2], "other.toml", *COMMAND[3:], "--resume", "--force")
    assert done.code == 1
    assert "new.safetensors.run is the checkpoint of other data or other settings; name a new folder" in done.line
    assert (trained / "new.safetensors").read_bytes() == before


# --- interrupted --------------------------------------------------------------------------------------

PROGRAM = "from ligeia.cli.main import run; run()"


def test_a_killed_training_resumes_to_the_same_curve(ligeia, folder: Path, trained: Path) -> None:
    other = ("train", "hypersound", "small.toml", "--data", "data", "-o", "killed.safetensors")
    killing = (
        "import os, signal; from ligeia.hypersound.learning import Reconstruction as R; b = R.batch\n"
        "R.batch = lambda self, step: os.kill(os.getpid(), signal.SIGKILL) if step.number == 13 else b(self, step)\n"
    )
    command = [sys.executable, "-c", killing + PROGRAM, *other]
    killed = subprocess.run(command, timeout=120, check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL
    assert not (folder / "killed.safetensors").exists()
    assert "pass --resume to continue it" in ligeia(*other).line
    assert ligeia(*other, "--resume").code == 0
    assert curve_of(folder, "killed.safetensors.run") == curve_of(trained)
    weights = [load((place).read_bytes()) for place in (folder / "killed.safetensors", trained / "new.safetensors")]
    assert all(np.array_equal(value, weights[1][name]) for name, value in weights[0].items())


def test_a_full_disk_leaves_the_checkpoint_before(
    ligeia, folder: Path, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A limit on the size of files stands for the full disk: saving fails in the middle of the file."""
    size = (trained / "new.safetensors.run" / "last.safetensors").stat().st_size
    other = ("train", "hypersound", "small.toml", "--data", "data", "-o", "full.safetensors")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    save = runs._Run.save

    def limited(self: runs._Run) -> None:
        if self.trainer.step != 20:
            return save(self)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, before[1]))
        try:
            return save(self)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    with monkeypatch.context() as patch:
        patch.setattr(runs._Run, "save", limited)
        full = ligeia(*other)
    assert full.code == 1
    assert "cannot write" in full.err.splitlines()[-1]
    assert "Traceback" not in full.err
    left = folder / "full.safetensors.run"
    assert not list(left.glob(".ligeia-*")), "no half-written file"
    assert read_state(left / "last.safetensors")[1]["step"] == 19
    assert ligeia(*other, "--resume").code == 0
    assert curve_of(folder, "full.safetensors.run") == curve_of(trained)


def test_two_processes_have_the_curve_of_one(folder: Path, trained: Path) -> None:
    """Started by torchrun, with the same batch over all processes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "program.py").write_text(PROGRAM)
    launch = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-port", str(port)]
    command = [*launch, "program.py", *COMMAND[:-1], "two.safetensors", "--json"]
    done = subprocess.run(command, timeout=240, check=False, capture_output=True, text=True, env={**os.environ})
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["steps"] == 24, "one process prints"
    alone, together = curve_of(trained), curve_of(folder, "two.safetensors.run")
    assert [row["step"] for row in together] == [row["step"] for row in alone]
    for row, expected in zip(together, alone, strict=True):
        assert row == pytest.approx(expected, rel=1e-3)  # sums of single precision in another order
    assert (folder / "two.safetensors").is_file()
