"""`ligeia train`: a model from recordings, its state, and what it refuses."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from safetensors.numpy import load


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration, and recordings below `data`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    noise = 0.1 * np.random.default_rng(0).standard_normal(16000)
    soundfile.write(tmp_path / "data" / "a.wav", noise, 16000)
    (tmp_path / "small.toml").write_text(
        '[contexts]\npreset = "speech"\nhidden = 4\nbatch = 64\n[training]\nsteps = 4\ndevice = "cpu"\n'
    )
    return tmp_path


def test_a_model_is_written(ligeia, folder: Path) -> None:
    done = ligeia("train", "contexts", "small.toml", "--data", "data", "-o", "new.safetensors")
    assert done.code == 0, done.err
    assert "wrote" in done.out
    assert "bits per symbol" in done.out
    arrays = load((folder / "new.safetensors").read_bytes())
    assert arrays["weights.weight_0"].shape[1] == 4
    assert (folder / "new.safetensors.run" / "weights" / "curve.jsonl").is_file()


def test_json_and_what_is_in_the_way(ligeia, folder: Path) -> None:
    command = ("train", "contexts", "small.toml", "--data", "data", "--json")
    done = ligeia(*command)
    facts = json.loads(done.out)
    assert done.err == ""
    assert (facts["recipe"], facts["output"], facts["steps"]) == ("contexts", "small.safetensors", 4)
    assert set(facts["bits_per_symbol"]) == {"weights", "even_levels", "odd_levels"}
    assert "exists; pass --force" in ligeia(*command).line
    first = (folder / "small.safetensors").read_bytes()
    (folder / "small.safetensors").unlink()
    assert "holds an earlier training: pass --resume" in ligeia(*command).line
    assert json.loads(ligeia(*command, "--resume").out) == facts
    assert (folder / "small.safetensors").read_bytes() == first
    assert ligeia(*command, "--force").code == 0
    assert (folder / "small.safetensors").read_bytes() == first


def test_ctrl_c_names_what_continues(ligeia, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    command = ("train", "contexts", "small.toml", "--data", "data", "--json")
    monkeypatch.setattr("ligeia.codec.transform.learning.learn_contexts", interrupted)
    done = ligeia(*command)
    assert done.code == 130
    assert done.line == "ligeia: interrupted; nothing was written"
    (folder / "small.safetensors.run").mkdir()
    assert ligeia(*command, "--resume").line == "ligeia: interrupted; the same command with --resume continues"


def test_shipped_configurations_go_by_name(ligeia, folder: Path) -> None:
    done = ligeia("train", "contexts", "speech", "--data", "data")
    assert done.code == 1
    assert "no recording below data matches speech/*.flac" in done.line


def test_errors_are_one_line(ligeia, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIGEIA_DATA", raising=False)
    assert "there is nothing to resume" in ligeia("train", "contexts", "small.toml", "--resume").line
    assert "no folder of recordings" in ligeia("train", "contexts", "small.toml").line
    assert "cannot read the configuration none.toml" in ligeia("train", "contexts", "none.toml").line
    assert ligeia("train", "x", "small.toml").code == 2
    listed = ligeia("train", "--list")
    assert listed.code == 0
    assert "contexts" in listed.out
