"""HyperSound learns sixteen clips by heart: configurations `overfit` and `overfit_siren`, in a process of one thread.

What cannot even do this has a mistake in model, loss or optimisation; a model that can may still be too small for more.
"""

import os
import subprocess
import sys

from benchmarks.lapped import ONE_CORE
from benchmarks.rows import DATA, Rows
from ligeia.hypersound.configuration import named
from ligeia.hypersound.learning import learn
from ligeia.records.journal import Row
from ligeia.records.tables import fixed, markdown, table

FOLDER = "train/speech"
CONFIGURATIONS = ("overfit", "overfit_siren")
GOAL_DB = 15
"""SI-SNR in dB that a sound model reaches."""


def run() -> None:
    """Add the rows that are missing, in a process of one thread."""
    subprocess.run([sys.executable, "-m", "benchmarks.overfit"], check=True, env=os.environ | ONE_CORE)


def measure() -> None:
    """Add the rows that are missing."""
    rows = Rows("overfit")
    for name in CONFIGURATIONS:
        rows.add_once({"benchmark": "overfit", "configuration": name}, lambda name=name: learned(name))


def learned(name: str) -> Row:
    """Train a configuration and return the scores of the finished model, with the SI-SNR on the way."""
    config = named(name).on(DATA / FOLDER)
    result = learn(config)
    evaluated = [row for row in result.curve if "si_snr" in row]
    return {
        "network": config.model.network,
        "clips": len(result.material.validation),
        "samples": config.model.samples,
        "numbers": config.model.numbers,
        "steps": result.steps,
        "seconds": result.seconds,
        "scores": result.scores,
        "trace": [[row["step"], row["si_snr"]] for row in evaluated],
    }


def overfit_table() -> str:
    """Return the SI-SNR at the end, and the steps to the goal, network by network."""
    header = ["written network", "numbers", "clips", f"{GOAL_DB} dB after", "steps", "SI-SNR at the end"]
    lines = [_line(row) for row in Rows("overfit").rows]
    return markdown(table(header, lines)) if lines else ""


def _line(row: Row) -> list[str]:
    reached = [step for step, si_snr in row["trace"] if si_snr >= GOAL_DB]
    cells = [row["network"], f"{row['numbers']:,}", str(row["clips"])]
    cells += [f"{reached[0]} steps" if reached else "not reached", str(row["steps"])]
    return [*cells, f"{fixed(row['scores']['si_snr'], 1)} dB"]


if __name__ == "__main__":
    measure()
