"""Seconds and peak memory of whole commands: start-up, and decoding an hour; beside it, decoding in this process."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

import ligeia
from benchmarks.rows import ROOT, Rows
from ligeia.codec.container import Block, parse, write_block, write_header
from ligeia.codec.header import Header
from ligeia.records.journal import Row

HOUR = 3600
STARTS, REPEATS = 7, 3
DEMO = ROOT / "examples" / "demo.flac"
# A child counts the memory of the process that forked it until it becomes another program: a parent that holds an hour
# of sound would lend its size to every child. So a small process measures.
MEASURER = """
import json, os, subprocess, sys, time
started = time.perf_counter()
child = subprocess.Popen([sys.executable, "-c", "from ligeia.cli.main import run; run()", *sys.argv[1:]], stdout=2)
_, status, usage = os.wait4(child.pid, 0)
took = time.perf_counter() - started
peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
cpu = usage.ru_utime + usage.ru_stime
print(json.dumps({"status": status, "seconds": took, "cpu_seconds": cpu, "peak_bytes": peak}))
"""


def timed(*words: str | Path, sound_seconds: float | None = None) -> dict[str, float]:
    """Return seconds, those of one core, and peak bytes of `ligeia` with these words; with `sound_seconds` its speed.

    Raises:
        RuntimeError: it failed.
    """
    done = subprocess.run(
        [sys.executable, "-c", MEASURER, *map(str, words)], capture_output=True, text=True, check=True
    )
    facts: dict[str, float] = json.loads(done.stdout)
    if facts.pop("status"):
        raise RuntimeError(f"ligeia {words[0]} failed: {done.stderr[-500:]}")
    return facts if sound_seconds is None else facts | _speed(sound_seconds, facts["seconds"])


def timed_here(work: Callable[[], Any], sound_seconds: float) -> dict[str, float]:
    """Return seconds, those of one core, and speed of a call in this process."""
    started, busy = perf_counter(), process_time()
    work()
    took, cpu = perf_counter() - started, process_time() - busy
    return {"seconds": took, "cpu_seconds": cpu} | _speed(sound_seconds, took)


def _speed(sound_seconds: float, seconds: float) -> dict[str, float]:
    return {"sound_seconds": sound_seconds, "speed": sound_seconds / seconds}


def startup() -> None:
    """Time `ligeia --help` and `ligeia info`."""
    rows = Rows("startup")
    settings = ligeia.EncodeSettings(network="dense", steps=5)
    with tempfile.TemporaryDirectory() as folder:
        lig = Path(folder, "demo.lig")
        lig.write_bytes(ligeia.encode(ligeia.read_audio(DEMO), settings=settings))
        for name, words in {"ligeia --help": ["--help"], "ligeia info": ["info", lig]}.items():
            rows.add_once({"benchmark": "startup", "command": name}, lambda words=words: _start(*words))


def _start(*words: str | Path) -> Row:
    times = [timed(*words)["seconds"] for _ in range(STARTS)]
    return {"median_seconds": median(times), "min_seconds": min(times), "max_seconds": max(times)}


def decode() -> None:
    """Time decoding of the siren, here and by the command."""
    rows = Rows("decode")
    audio = ligeia.read_audio(DEMO)
    stream = ligeia.encode(audio, settings=ligeia.EncodeSettings(network="dense", steps=200))
    for turn in range(REPEATS):
        key = {"benchmark": "decode", "what": "library", "turn": turn}
        rows.add_once(key, lambda: timed_here(lambda: ligeia.decode(stream).render(), audio.seconds))
    rows.add_once({"benchmark": "decode", "what": "command, one hour"}, lambda: _decode_hour(stream))


def _decode_hour(stream: bytes) -> Row:
    """Decode an hour, made by repeating the blocks of `stream`, with the command."""
    with tempfile.TemporaryDirectory() as folder:
        lig, wav = Path(folder, "hour.lig"), Path(folder, "hour.wav")
        lig.write_bytes(repeated(stream, HOUR))
        facts = timed("decode", lig, "-o", wav, "--json", sound_seconds=HOUR)
        return facts | {"stream_bytes": lig.stat().st_size}


def repeated(stream: bytes, seconds: float) -> bytes:
    """Return a stream of `seconds` made of the blocks of `stream`, over and over."""
    parsed = parse(stream)
    header, payloads = parsed.header, parsed.payloads
    samples = int(seconds * header.rate)
    segments = type(header.segments)(samples, header.segments.hop, header.segments.overlap)
    blocks = (write_block(Block(k, payloads[k % len(payloads)])) for k in range(segments.count))
    return write_header(Header(header.spec, header.rate, segments, header.coding)) + b"".join(blocks)
