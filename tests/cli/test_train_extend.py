import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.audio.writing import write_audio

if TYPE_CHECKING:
    from tests.cli.conftest import Ligeia

pytest.importorskip("torch")

CONFIG = """
# a test
[envelope]
layout = "narrow"
width = 4
frames = 16
batch = 2
[training]
steps = 2
evaluations = 1
device = "cpu"
"""


def test_a_network_is_trained_and_used(ligeia: "Ligeia", tone: Path, tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    random = np.random.default_rng(0)
    write_audio(folder / "a.wav", Audio(random.normal(0, 0.1, (1, 20000)), 16000))
    config, model = tmp_path / "tiny.toml", tmp_path / "tiny.safetensors"
    config.write_text(CONFIG)
    outcome = ligeia("train", "extend", config, "--data", folder, "-o", model, "--json")
    facts = json.loads(outcome.out)
    assert facts["recordings"] == ["a"]
    assert facts["bytes"] == model.stat().st_size
    wide = tmp_path / "wide.wav"
    outcome = ligeia("extend", tone, "-o", wide, "--rate", 16000, "--method", "ligeia", "--model", model, "--json")
    assert json.loads(outcome.out)["added_hz"] == [3688.0, 8000.0]
