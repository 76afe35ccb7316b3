"""A corpus: files a second with one and two workers beside the codec alone, and what a million entries cost.

A thousand short clips are made for each measurement, of recordings repeated under other names. Each way of doing them
is a program of its own, from its start to its end; the ways take turns, so that other work on the machine meets all.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from benchmarks.rows import DATA, ROOT, Rows
from ligeia.records.journal import Row
from ligeia.records.tables import markdown, table

CLIPS, KBPS, TURNS = 1000, 24, 2
SET = "digits"
ENTRIES = (1_000, 100_000, 1_000_000)
ALONE = """
import sys
from pathlib import Path
import ligeia
for path in sorted(Path(sys.argv[1]).iterdir()):
    Path(sys.argv[2], path.stem + ".lig").write_bytes(ligeia.encode(ligeia.read_audio(path), kbps=float(sys.argv[3])))
"""
"""The codec alone: what somebody would write who wants nothing but the streams."""
COMMAND = "from ligeia.cli.main import run; run()"
WAYS = {"the codec alone": None, "corpus, 1 worker": 1, "corpus, 2 workers": 2}


def run() -> None:
    """Add the rows that are missing."""
    rows = Rows("corpus")
    for turn in range(TURNS):
        for way, workers in WAYS.items():
            key = {"benchmark": "corpus", "what": "files", "way": way, "turn": turn}
            rows.add_once(key, lambda workers=workers: files(workers))
    for entries in ENTRIES:
        key = {"benchmark": "corpus", "what": "entries", "entries": entries}
        rows.add_once(key, lambda entries=entries: entries_of(entries))


# --- recordings ---------------------------------------------------------------------------------------


@contextmanager
def clips(count: int) -> Iterator[Path]:
    """Give a folder of so many recordings: links to fewer, under other names."""
    known = sorted((DATA / SET).glob("*.*"))
    with tempfile.TemporaryDirectory(prefix="ligeia-") as folder:
        for number in range(count):
            Path(folder, f"{number:06}.flac").symlink_to(known[number % len(known)].resolve())
        yield Path(folder)


def files(workers: int | None) -> Row:
    """Return how long all clips take: with the codec alone (None), or as a corpus."""
    with clips(CLIPS) as sources, tempfile.TemporaryDirectory(prefix="ligeia-") as results:
        if workers is None:
            command = ["-c", ALONE, str(sources), results, str(KBPS)]
        else:
            options = ["--kbps", str(KBPS), "--workers", str(workers), "-q"]
            command = ["-c", COMMAND, "corpus", "encode", str(sources), "-o", results, *options]
        facts = timed([sys.executable, *command])
        made = len(list(Path(results).glob("*.lig")))
    if made != CLIPS:
        raise RuntimeError(f"{made} of {CLIPS} clips were encoded")
    return {"files": CLIPS, "set": SET, "kbps": KBPS, "workers": workers, **facts}


def timed(command: list[str]) -> Row:
    """Run a program; return seconds by the clock, and those of the processor with all that the program started."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": time.perf_counter() - began, "cpu_seconds": spent}


# --- entries ------------------------------------------------------------------------------------------


def entries_of(count: int) -> Row:
    """Measure in a program of its own, whose peak memory is then that of so many entries."""
    command = [sys.executable, "-m", "benchmarks.corpus_entries", str(count)]
    return dict(json.loads(subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout))


# --- tables -------------------------------------------------------------------------------------------


def corpus_table() -> str:
    """Return files a second, and what a file takes beyond the codec, median of the turns."""
    rows = [row for row in Rows("corpus").rows if row["what"] == "files"]
    if not rows:
        return ""
    of_way = {way: [row for row in rows if row["way"] == way] for way in WAYS}
    alone = median(row["cpu_seconds"] for row in of_way["the codec alone"])
    lines = [_line(way, found, alone) for way, found in of_way.items() if found]
    header = ["1,000 clips of about a second", "files a second", "processor, ms a file", "beyond the codec alone"]
    return markdown(table(header, lines))


def _line(way: str, rows: list[Row], alone: float) -> list[str]:
    spent = median(row["cpu_seconds"] for row in rows)
    speed = median(row["files"] / row["seconds"] for row in rows)
    beyond = "" if rows[0]["workers"] is None else f"{spent / alone - 1:+.0%}"
    return [way, f"{speed:.1f}", f"{1000 * spent / rows[0]['files']:.1f}", beyond]


def entries_table() -> str:
    """Return what a manifest costs, without any recording."""
    rows = [row for row in Rows("corpus").rows if row["what"] == "entries"]
    lines = [
        [
            f"{row['entries']:,}",
            f"{row['manifest_seconds']:.1f} s",
            f"{row['manifest_bytes'] / 2**20:.1f} MiB",
            f"{row['again_seconds']:.1f} s",
            f"{row['peak_bytes'] / 2**20:.0f} MiB",
            f"{row['base_bytes'] / 2**20:.0f} MiB",
        ]
        for row in rows
    ]
    header = [
        "entries",
        "writing the manifest",
        "its size",
        "a run that finds all done",
        "peak memory",
        "beyond an idle program",
    ]
    return markdown(table(header, lines)) if lines else ""
