"""`ligeia train atoms`: from recordings to a dictionary that writes; by two processes as by one."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ligeia.hypersound.dictionary import load_dictionary

CONFIG = """
[atoms]
rate = 8000
frame_size = 64
shapes = 16
frames = 2
bins = 4
crop_seconds = 0.25
samples_per_patch = 64
batch = 64
[data]
last_speakers = 1
skip_seconds = 0.1
segment_crops = 1.0
[training]
steps = 8
optimiser = "sgd"
betas = [0.0, 0.999]
learning_rates = [1.0]
schedule = "constant"
evaluations = 2
log_every = 4
device = "cpu"
threads = 1
"""
COMMAND = ("train", "atoms", "small.toml", "--data", "data", "-o", "new.safetensors")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration, and recordings of three speakers."""
    (tmp_path / "small.toml").write_text(CONFIG)
    (tmp_path / "data").mkdir()
    random = np.random.default_rng(0)
    for speaker in (1, 2, 3):
        tones = np.sin(np.cumsum(random.uniform(0.1, 0.6, 80).repeat(100)))
        soundfile.write(tmp_path / "data" / f"{speaker}-1-0000.wav", 0.3 * tones, 8000)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_dictionary_is_written_that_writes(ligeia, folder: Path) -> None:
    facts = json.loads(ligeia(*COMMAND, "--json").out)
    assert facts["steps"] == 8
    assert facts["scores"].keys() >= {"unexplained", "used", "snr_db"}
    assert len(load_dictionary(folder / "new.safetensors")) == 16
    assert str(folder).encode() not in (folder / "new.safetensors").read_bytes(), "no path of this machine"
    wrote = json.loads(ligeia("embed", "new.safetensors", "data/1-1-0000.wav", "-o", "a.lig", "--json").out)
    assert 0 < wrote["numbers"] <= 8000 / 16
    assert "already" in ligeia(*COMMAND).line or "exists" in ligeia(*COMMAND).line


def test_two_processes_learn_what_one_learns(ligeia, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ligeia(*COMMAND).code == 0
    alone = load_dictionary(folder / "new.safetensors").shapes
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
    assert load_dictionary(folder / "new.safetensors").shapes == pytest.approx(alone, abs=2e-3)
