"""Rows of the benchmarks, in results/NAME.jsonl, and the recordings that they are measured on.

LIGEIA_DATA names the folder of recordings (default ../shared/data).
"""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch

import ligeia
from ligeia.records.environment import commit, processor
from ligeia.records.journal import Row, open_journal, read_lines
from ligeia.studies.fits import RECORDINGS

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "results"
DATA = Path(os.environ.get("LIGEIA_DATA", ROOT / ".." / "shared" / "data"))
CLIPS = (*RECORDINGS["bach"], *RECORDINGS["speech"][:5])
"""Clips that are fitted whole."""
RATE, SECONDS = 22050, 10
"""Rate of these clips in Hz, and their duration at most."""


class Rows:
    """The rows of one benchmark: one JSON object a line, appended at once, so that an interrupted run can continue."""

    def __init__(self, name: str) -> None:
        self.path = RESULTS / f"{name}.jsonl"
        self.rows = read_lines(self.path, set())

    def has(self, **key: Any) -> bool:
        """Tell whether there is a row with these values."""
        return any(all(row.get(name) == value for name, value in key.items()) for row in self.rows)

    def add_once(self, key: Row, measure: Callable[[], Row]) -> None:
        """Append a row that `measure` gives, unless there is one with the values of `key`."""
        if not self.has(**key):
            self.add(key | measure())

    def add(self, row: Row) -> None:
        """Append a row, with the environment."""
        print({name: value for name, value in row.items() if name != "trace"}, flush=True)
        self.rows.append(row | environment())
        self.path.parent.mkdir(exist_ok=True)
        with open_journal(self.path) as journal:
            journal.add(self.rows[-1])


def environment() -> Row:
    """Return what a row is measured on."""
    return {
        "ligeia": ligeia.__version__,
        "commit": commit(),
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "machine": processor(),
        "date": datetime.now(UTC).date().isoformat(),
    }


def load(name: str) -> ligeia.Audio:
    """Return a clip as Siamese SIREN 2023 prepares it: mono, 22.05 kHz, the first 10 s, peak 1."""
    audio = ligeia.resample(ligeia.read_audio(DATA / name).mono(), RATE)
    samples = audio.samples[:, : SECONDS * RATE]
    return ligeia.Audio(samples / np.abs(samples).max(), RATE)
