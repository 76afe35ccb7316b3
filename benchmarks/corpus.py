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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from statistics import median
from unittest.mock import patch

import ligeia
from benchmarks.rows import DATA, ROOT, Rows
from ligeia.codec.settings import EncodeSettings
from ligeia.corpus.order import Order
from ligeia.corpus.run import RunSettings, open_corpus, run_corpus
from ligeia.executors.isolated import IsolatedExecutor
from ligeia.executors.limits import Limits
from ligeia.records.journal import Row
from ligeia.records.tables import markdown, table

CLIPS, KBPS, TURNS = 1000, 24.0, 7
TIMES = 5
BLOCK = {"digits": 200, "keywords": 100, "speech": 30}
"""Sets of recordings, and how many of them are encoded at a time to see what each takes beyond the codec."""
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
COMPILED = {"LIGEIA_COMPILED": "1"}
WAYS = {"the codec alone": None, "corpus, 1 worker": 1, "corpus, 2 workers": 2}


def run() -> None:
    """Add the rows that are missing."""
    rows = Rows("corpus")
    with clips(1) as one, tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, COMPILED):
        # What is not compiled yet is compiled now, and not by the first program of the first turn.
        subprocess.run([sys.executable, "-c", ALONE, str(one), folder, str(KBPS)], check=True)
    for turn in range(TURNS):
        for way, workers in WAYS.items():
            key = {"benchmark": "corpus", "what": "files", "way": way, "turn": turn}
            rows.add_once(key, lambda workers=workers: files(workers))
    for name in BLOCK:
        key = {"benchmark": "corpus", "what": "beyond", "set": name}
        missing = [turn for turn in range(TIMES) if not rows.has(**key, turn=turn)]
        for turn, facts in zip(missing, beyond(name, len(missing)) if missing else (), strict=True):
            rows.add(key | {"turn": turn} | facts)
    for entries in ENTRIES:
        key = {"benchmark": "corpus", "what": "entries", "entries": entries}
        rows.add_once(key, lambda entries=entries: entries_of(entries))


# --- recordings ---------------------------------------------------------------------------------------


@contextmanager
def clips(count: int, name: str = SET) -> Iterator[Path]:
    """Give a folder of so many recordings of a set: links to fewer, under other names."""
    known = sorted((DATA / name).glob("*.*"))
    with tempfile.TemporaryDirectory(prefix="ligeia-") as folder:
        for number in range(count):
            source = known[number % len(known)].resolve()
            Path(folder, f"{number:06}{source.suffix}").symlink_to(source)
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


# --- beyond the codec ---------------------------------------------------------------------------------


def beyond(name: str, turns: int) -> Iterator[Row]:
    """Yield the processor's seconds of a block of clips of a set, with the codec alone and as a corpus, in turns.

    Both are done by one warm process; a corpus is written, gone through and told by this one, whose seconds count too.
    """
    limits = Limits(seconds=600, threads=1)
    # A process takes to compiled loops after a while; here from the start, so that both ways have the same.
    with (
        patch.dict(os.environ, COMPILED),
        clips(BLOCK[name], name) as sources,
        IsolatedExecutor(1, limits) as executor,
    ):
        paths = [str(path) for path in sorted(sources.iterdir())]
        for turn in range(turns + 1):
            with tempfile.TemporaryDirectory(prefix="ligeia-") as folder:
                alone = spent(executor, lambda: executor.submit(encode_all, paths, folder, KBPS).result())
                corpus = spent(executor, lambda: through(sources, Path(folder, "corpus"), executor))
            if turn:  # the first one loads everything
                yield {"files": len(paths), "kbps": KBPS, "alone_seconds": alone, "corpus_seconds": corpus}


def encode_all(paths: list[str], folder: str, kbps: float) -> int:
    """Encode recordings with the codec alone, as `ALONE` does."""
    for path in map(Path, paths):
        Path(folder, path.stem + ".lig").write_bytes(ligeia.encode(ligeia.read_audio(path), kbps=kbps))
    return len(paths)


def through(sources: Path, results: Path, executor: IsolatedExecutor) -> None:
    """Encode recordings as a corpus."""
    settings = asdict(EncodeSettings(kbps=KBPS)) | {"tags": True}
    order = Order(action="encode", sources=str(sources), results=str(results), state=results, settings=settings)
    with open_corpus(order) as corpus:
        totals = run_corpus(corpus, executor, RunSettings())
    if totals.done != (there := len(list(sources.iterdir()))):
        raise RuntimeError(f"{totals.done} of {there} clips were encoded")


def spent(executor: IsolatedExecutor, work: Callable[[], object]) -> float:
    """Return the seconds that work takes of the processor, here and in the one process of an executor."""
    before = time.process_time() + executor.submit("time:process_time").result()
    work()
    return float(time.process_time() + executor.submit("time:process_time").result() - before)


# --- entries ------------------------------------------------------------------------------------------


def entries_of(count: int) -> Row:
    """Measure in a program of its own, whose peak memory is then that of so many entries."""
    command = [sys.executable, "-m", "benchmarks.corpus_entries", str(count)]
    return dict(json.loads(subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout))


# --- tables -------------------------------------------------------------------------------------------


def corpus_table() -> str:
    """Return files a second and the processor's time of each way, and what that is beyond the codec alone."""
    rows = [row for row in Rows("corpus").rows if row["what"] == "files"]
    alone = {row["turn"]: row["cpu_seconds"] for row in rows if row["workers"] is None}
    lines = []
    for way in WAYS:
        of_way = [row for row in rows if row["way"] == way]
        if not of_way:
            continue
        speed = median(row["files"] / row["seconds"] for row in of_way)
        spent = median(1000 * row["cpu_seconds"] / row["files"] for row in of_way)
        ratios = sorted(row["cpu_seconds"] / alone[row["turn"]] - 1 for row in of_way if row["workers"] is not None)
        beyond = [f"{median(ratios):+.0%}", f"{ratios[0]:+.0%} … {ratios[-1]:+.0%}"] if ratios else ["", ""]
        lines.append([way, f"{speed:.0f}", f"{spent:.1f}", *beyond])
    header = ["1,000 short clips", "files a second", "processor, ms a file", "beyond the codec", "over the turns"]
    return markdown(table(header, lines)) if lines else ""


def beyond_table() -> str:
    """Return what a file takes beyond the codec, median of the turns."""
    lines = []
    for name in BLOCK:
        rows = [row for row in Rows("corpus").rows if row["what"] == "beyond" and row["set"] == name]
        if not rows:
            continue
        alone, corpus = (
            median(1000 * row[key] / row["files"] for row in rows) for key in ("alone_seconds", "corpus_seconds")
        )
        ratios = sorted(row["corpus_seconds"] / row["alone_seconds"] - 1 for row in rows)
        over = f"{ratios[0]:+.1%} … {ratios[-1]:+.1%}"
        lines.append([name, f"{alone:.1f} ms", f"{corpus:.1f} ms", f"{median(ratios):+.1%}", over])
    header = ["recordings", "codec alone, a file", "corpus, a file", "beyond", "over the turns"]
    return markdown(table(header, lines)) if lines else ""


def entries_table() -> str:
    """Return what a manifest costs, without any recording."""
    rows = [row for row in Rows("corpus").rows if row["what"] == "entries"]
    lines = [
        [
            f"{row['entries']:,}",
            f"{row['manifest_seconds']:.2g} s",
            f"{row['manifest_bytes'] / 2**20:.1f} MiB",
            f"{row['again_seconds']:.2g} s",
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
        "without entries",
    ]
    return markdown(table(header, lines)) if lines else ""
