"""A tiny training of HyperSound on made recordings; run it for a process of it.

As a script it trains in FOLDER/run on FOLDER/data, and kills itself with SIGKILL before STEP.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from ligeia.hypersound.configuration import Configuration, read_configuration
from ligeia.hypersound.learning import Reconstruction, learn

TINY = """
[model]
rate = 8000
samples = 256
channels = 2
latent = 4
strides = [4, 8]
trunk = [8]
target = { width = 4, depth = 1, octaves = 4 }
[loss]
sizes = [64, 32]
bands = 8
frequency_power = 1.0
curriculum_epochs = 3
[data]
last_speakers = 1
validation_segments = 5
skip_seconds = 0.1
samples_per_epoch = 24
batch = 4
[training]
steps = 30
optimiser = "adamw"
learning_rates = [1e-3]
schedule = "cosine"
evaluations = 3
log_every = 5
save_seconds = 0
device = "cpu"
threads = 1
[evaluation]
metrics = ["mse", "si_snr"]
final_metrics = ["stoi"]
"""


def write_recordings(folder: Path, speakers: int = 3, each: int = 2) -> None:
    """Recordings of a second or so with the names of LibriSpeech's: decaying tones with a little noise."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(0)
    for speaker in range(1, speakers + 1):
        for number in range(each):
            time = np.arange(7000 + 500 * number) / 8000
            tone = np.sin(2 * np.pi * 110 * speaker * time) * np.exp(-(time % 0.2) * 9)
            noise = 0.01 * random.standard_normal(len(time))
            soundfile.write(folder / f"{speaker}-1-{number:04d}.flac", 0.5 * tone + noise, 8000)


def tiny(folder: Path, text: str = "") -> Configuration:
    """The configuration of the tiny training on FOLDER/data."""
    path = folder / "tiny.toml"
    path.write_text(text or TINY)
    return read_configuration(path).on(folder / "data")


def rows_of(curve: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows without the time."""
    return [{name: value for name, value in row.items() if name != "seconds"} for row in curve]


if __name__ == "__main__":
    home, at = Path(sys.argv[1]), int(sys.argv[2])
    batch = Reconstruction.batch

    def killing(self: Reconstruction, step: Any) -> Any:
        if step.number == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return batch(self, step)

    Reconstruction.batch = killing  # type: ignore[method-assign]
    learn(tiny(home), folder=home / "run")
