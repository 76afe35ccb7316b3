"""Rows: one JSON object a line, appended as soon as it is known, so that an interrupted run goes on."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

import ligeia
from ligeia.records.environment import commit, processor
from ligeia.records.journal import open_journal, read_lines

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "results"


def environment() -> dict[str, Any]:
    """What a row was measured on."""
    return {
        "ligeia": ligeia.__version__,
        "commit": commit(),
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "machine": processor(),
        "date": datetime.now(UTC).date().isoformat(),
    }


class Rows:
    """The rows of one benchmark, in `results/NAME.jsonl`."""

    def __init__(self, name: str) -> None:
        self.path = RESULTS / f"{name}.jsonl"
        self.rows = read_lines(self.path, set())

    def has(self, **key: Any) -> bool:
        """Whether there is a row with these values."""
        return any(all(row.get(name) == value for name, value in key.items()) for row in self.rows)

    def add(self, row: dict[str, Any]) -> None:
        """Append a row, with the environment."""
        row = {**row, **environment()}
        self.rows.append(row)
        self.path.parent.mkdir(exist_ok=True)
        with open_journal(self.path) as journal:
            journal.add(row)
        print({name: value for name, value in row.items() if name not in ("trace", *environment())}, flush=True)
