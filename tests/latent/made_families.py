"""A tiny training of a family on made notes; run it for a process of it.

As a script it trains in FOLDER/run on FOLDER/data, and kills itself with SIGKILL before STEP.
"""

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from ligeia.latent.configuration import Configuration, named
from ligeia.latent.learning import FamilyObjective, learn

RATE, SAMPLES = 8000, 400
TINY: dict[str, dict[str, Any]] = {
    "data": {"items": 6, "seconds": SAMPLES / RATE, "rate": RATE},
    "decoder": {"code": 4, "widths": [8, 8], "mapping_width": 8, "mapping_layers": 1, "first_omega": 300.0},
    "codes": {"optimiser": "adam", "learning_rate": 0.01, "batch": 4},
    "loss": {"points": 50},
    "training": {"steps": 30, "schedule": "cosine", "learning_rates": [1e-3], "evaluations": 3, "log_every": 5},
    "evaluation": {"items": 3},
}
RUNNING = {"save_seconds": 0.0, "device": "cpu", "threads": 1}


def tiny(folder: Path, changes: Mapping[str, Mapping[str, Any]] | None = None) -> Configuration:
    """The configuration of a tiny family of the recordings in a folder, with changes."""
    tables = {name: dict(settings) for name, settings in TINY.items()}
    tables["training"] |= RUNNING
    for name, settings in (changes or {}).items():
        kind = settings.get("kind", "film")
        tables[name] = dict(settings) if kind != "film" else tables.get(name, {}) | dict(settings)
    return named("pi_gan", tables).on(folder)


def write_notes(folder: Path, count: int = 6) -> None:
    """Decaying tones of a fraction of a second, a semitone apart."""
    folder.mkdir(parents=True, exist_ok=True)
    time = np.arange(SAMPLES) / RATE
    for number in range(count):
        tone = 0.5 * np.exp(-20 * time) * np.sin(2 * np.pi * 220 * 2 ** (number / 12) * time)
        soundfile.write(folder / f"note_{number:02}.wav", tone, RATE)


if __name__ == "__main__":
    home, at = Path(sys.argv[1]), int(sys.argv[2])
    before = FamilyObjective.backward

    def backward(self: FamilyObjective, step: Any) -> float:
        if step.number == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return before(self, step)

    FamilyObjective.backward = backward  # type: ignore[method-assign]
    learn(tiny(home / "data"), folder=home / "run")
