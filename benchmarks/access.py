"""Random access: five seconds from the middle of twenty minutes of stereo, by the library and by the command."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import ligeia
from benchmarks.commands import REPEATS, repeated, timed
from benchmarks.rows import ROOT, Rows
from ligeia.records.journal import Row

SECONDS, START, PART = 1200, 600, 5
MATERIAL = ROOT / "examples" / "pluck_stereo.flac"
TILES = 16
"""Repeats of the recording in what is encoded; its blocks are then repeated up to `SECONDS`."""
WORKS = {
    "open and read": "part = ligeia.open(path).read(start, start + length)",
    "decode all, render": "part = ligeia.decode(path.read_bytes()).render(start=start, stop=start + length)",
}
READER = """
import json, pathlib, re, sys, time
import ligeia
path, start, length = pathlib.Path(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
facts = {{}}
for name in ("first", "again"):  # the first time loads what it needs of the package
    began, busy = time.perf_counter(), time.process_time()
    {work}
    facts[f"{{name}}_seconds"] = time.perf_counter() - began
    facts[f"{{name}}_cpu_seconds"] = time.process_time() - busy
peak = re.search(r"VmHWM:\\s*(\\d+) kB", pathlib.Path("/proc/self/status").read_text())
print(json.dumps(facts | {{"peak_bytes": 1024 * int(peak[1]), "loads_torch": "torch" in sys.modules}}))
"""
"""The memory is that of the program alone: what `resource` tells begins with that of the process that started it."""


def run() -> None:
    """Add the rows that are missing."""
    rows = Rows("access")
    with tempfile.TemporaryDirectory() as folder:
        lig, wav = Path(folder, "long.lig"), Path(folder, "part.wav")
        lig.write_bytes(repeated(stream(), SECONDS))
        words = ["decode", lig, "-o", wav, "--start", START, "--stop", START + PART, "--force", "--json"]
        for turn in range(REPEATS):
            for what, work in WORKS.items():
                key = {"benchmark": "access", "what": what, "turn": turn}
                rows.add_once(key, lambda work=work: read(lig, work))
            key = {"benchmark": "access", "what": "ligeia decode --start --stop", "turn": turn}
            rows.add_once(key, lambda: timed(*map(str, words)))


def stream() -> bytes:
    """Return the stream whose blocks are repeated."""
    audio = ligeia.read_audio(MATERIAL)
    return ligeia.encode(ligeia.Audio(np.tile(audio.samples, TILES), audio.rate), "music", kbps=96)


def read(path: Path, work: str) -> Row:
    """Return what reading a part takes in a fresh process, imports apart."""
    code = READER.format(work=work)
    words = [sys.executable, "-c", code, str(path), str(START), str(PART)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    facts: Row = json.loads(done.stdout)
    return facts | {"stream_bytes": path.stat().st_size}
