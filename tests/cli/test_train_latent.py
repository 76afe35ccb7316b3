"""`ligeia train latent`: from a folder of recordings to a family, whatever is in the folder or happens then."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ligeia.codec.family.model import FamilyModel, read_model

CONFIG = """
base = "tiny"
[data]
items = 4
seconds = 0.05
[decoder]
code = 3
widths = [8, 8]
mapping_width = 8
[loss]
points = 50
[training]
steps = 20
evaluations = 2
log_every = 5
device = "cpu"
threads = 1
"""
COMMAND = ("train", "latent", "small.toml", "--data", "data", "-o", "Tones.safetensors")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration, and five recordings below `data`, one of which cannot be read."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.toml").write_text(CONFIG)
    (tmp_path / "data").mkdir()
    time = np.arange(800) / 8000
    for number in range(4):
        soundfile.write(tmp_path / "data" / f"{number}.wav", 0.5 * np.sin(600 * (number + 1) * time), 8000)
    (tmp_path / "data" / "0_torn.wav").write_bytes(b"RIFF and no more")
    return tmp_path


def read(folder: Path) -> FamilyModel:
    return read_model(folder / "Tones.safetensors")


def test_a_family_is_written(ligeia, folder: Path) -> None:
    done = ligeia(*COMMAND)
    assert done.code == 0, done.err
    assert "learned from  4 sounds of 0.05 s" in done.out
    assert "0_torn.wav" in done.out
    model = read(folder)
    assert (model.name, model.items, model.numbers, model.samples) == ("tones", 4, 3, 400)
    assert str(folder).encode() not in (folder / "Tones.safetensors").read_bytes(), "no path of this machine"
    assert (folder / "Tones.safetensors.run" / "curve.jsonl").is_file()


def test_json_and_what_is_in_the_way(ligeia, folder: Path) -> None:
    facts = json.loads(ligeia(*COMMAND, "--json").out)
    assert (facts["recipe"], facts["family"], facts["steps"]) == ("latent", "tones", 20)
    assert facts["scores"].keys() == {"mse", "snr_db"}
    assert list(facts["data"]["left_out"]) == ["0_torn.wav"]
    first = (folder / "Tones.safetensors").read_bytes()
    assert "exists; pass --force" in ligeia(*COMMAND).line
    again = json.loads(ligeia(*COMMAND, "--resume", "--force", "--json").out)
    assert again == facts
    assert (folder / "Tones.safetensors").read_bytes() == first


def test_two_processes_learn_what_one_learns(ligeia, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ligeia(*COMMAND).code == 0
    alone = read(folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    together = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    code = "from ligeia.cli.main import run; run()"
    environment = {**os.environ, **together, "RANK": "1", "LOCAL_RANK": "1"}
    with subprocess.Popen([sys.executable, "-c", code, *COMMAND, "--force"], env=environment) as second:
        try:
            for name, value in {**together, "RANK": "0", "LOCAL_RANK": "0"}.items():
                monkeypatch.setenv(name, value)
            first = ligeia(*COMMAND, "--force")  # in this process
            assert (first.code, second.wait(timeout=120)) == (0, 0), first.err
        finally:
            second.kill()
    together = read(folder)
    assert np.asarray(together.codes) == pytest.approx(np.asarray(alone.codes), rel=0.02, abs=1e-4)
    assert together.facts["mse"] == pytest.approx(alone.facts["mse"], rel=0.01)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("[data]\nitems = 5", "5 items are asked for"),
        ("[data]\nfolder = 'none'", "the folder of recordings does not exist"),
        ("[codes]\nbatch = 9", "batch in [codes] must be at most the 4 items in [data], got 9"),
        ("[decoder]\nkind = 'piGAN'", "unknown decoder 'piGAN'; there are: film"),
        ("[training]\nsteps = 0", "steps must lie between 1 and"),
    ],
)
def test_what_cannot_be_trained(ligeia, folder: Path, change: str, words: str) -> None:
    (folder / "changed.toml").write_text(f'base = "tiny"\n{change}\n')
    command = ("train", "latent", "changed.toml", *(() if "none" in change else ("--data", "data")))
    done = ligeia(*command)
    contradiction = "batch" in change  # tables that are valid one by one: the settings are at fault, not a file
    assert (done.code, words in done.line) == (2 if contradiction else 1, True), done.err


def test_an_empty_folder(ligeia, folder: Path) -> None:
    (folder / "nothing").mkdir()
    done = ligeia("train", "latent", "small.toml", "--data", "nothing")
    assert (done.code, "holds no recordings" in done.line) == (1, True), done.err


def test_a_diverging_training_stops_with_the_last_good_model(ligeia, folder: Path) -> None:
    """Rates that make weights infinite within a few steps after the first evaluation."""
    wild = '\nschedule = "constant"\nlearning_rates = [900.0]\nwarmup_steps = 300\noptimiser = "sgd"\n'
    (folder / "small.toml").write_text(
        CONFIG.replace("steps = 20", "steps = 40").replace("evaluations = 2", "evaluations = 40") + wild
    )
    done = ligeia(*COMMAND)
    assert done.code == 1
    assert "diverged at step" in done.line, done.err
    assert "lower the learning rates (900)" in done.line
    assert not (folder / "Tones.safetensors").exists()
    model = read_model(folder / "Tones.safetensors.run" / "last_good.safetensors")
    assert np.isfinite(model.facts["mse"])
