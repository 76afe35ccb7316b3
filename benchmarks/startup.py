"""Start-up: wall-clock seconds of `ligeia --help` and `ligeia info`, whole processes."""

import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

import ligeia
from benchmarks.rows import ROOT, Rows

REPEATS = 7
SIREN = ligeia.EncodeSettings(network="siren", steps=5)
CODE = "from ligeia.cli.main import run; run()"


def run() -> None:
    """Add the rows that are missing."""
    rows = Rows("startup")
    with tempfile.TemporaryDirectory() as folder:
        lig = Path(folder, "demo.lig")
        lig.write_bytes(ligeia.encode(ligeia.read_audio(ROOT / "examples" / "demo.flac"), settings=SIREN))
        for name, arguments in {"ligeia --help": ["--help"], "ligeia info": ["info", str(lig)]}.items():
            key = {"benchmark": "startup", "command": name}
            if not rows.has(**key):
                times = [timed(arguments) for _ in range(REPEATS)]
                rows.add({**key, "median_seconds": median(times), "min_seconds": min(times), "max_seconds": max(times)})


def timed(arguments: list[str]) -> float:
    """Seconds that the command takes."""
    started = perf_counter()
    subprocess.run([sys.executable, "-c", CODE, *arguments], check=True, capture_output=True)
    return perf_counter() - started
