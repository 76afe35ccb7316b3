"""Speed of the lapped codec: on one core and with all threads, alone and beside two busy processes.

A row counts only where nothing else ran: what others took of the processor is measured beside it (Linux), and what was
measured on a busy machine is printed and not kept. `python -m benchmarks codec_speed` takes two to three minutes.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from time import perf_counter, process_time, sleep
from typing import Any

import numpy as np

import ligeia
from benchmarks.lapped import ONE_CORE
from benchmarks.rows import DATA, Rows
from ligeia.codec.decode import decode_pieces
from ligeia.codec.transform.acceleration import VARIABLE
from ligeia.records.columns import Column, table_of
from ligeia.records.journal import Row
from ligeia.records.tables import markdown

STEREO = ("brahms_hungarian5_strings", "macleod_vibe_ace", "max_cinematic", "spi_guit_em9")
"""Clips of which the first 5 s are taken."""
SPEECH = "LJ*.flac"
SECONDS, REPEATS = 20, 3
MUSIC_SOUND, SPEECH_SOUND = "music, 44.1 kHz stereo", "speech, 24 kHz mono"
WORKS = {
    MUSIC_SOUND: {
        "encode --quality 6": {"quality": 6},
        "encode --kbps 96": {"kbps": 96},
        "encode --kbps 32": {"kbps": 32},
    },
    SPEECH_SOUND: {"encode --quality 6": {"quality": 6}, "encode --kbps 24": {"kbps": 24}},
}
BUSY = 2
"""Busy processes beside the codec."""
CONFIGURATIONS = tuple(product(("numpy", "compiled"), ("one", "default"), (0, BUSY)))
SPIN = "import os\nparent = os.getppid()\nwhile os.getppid() == parent: sum(range(10**5))"
OTHERS = 0.1
"""Cores that others may take while a row counts as measured alone."""
COLUMNS = (
    Column("sound", "sound"),
    Column("what", "what"),
    Column("loops", "loops"),
    Column("one thread", lambda row: _speed(row, "one", 0)),
    Column("all threads", lambda row: _speed(row, "default", 0)),
    Column("beside two busy processes: one thread", lambda row: _speed(row, "one", BUSY)),
    Column("all threads", lambda row: _speed(row, "default", BUSY)),
    Column("time, all threads to one", lambda row: _ratio(row)),
)


def run() -> None:
    """Add the rows that are missing; each configuration is a process of its own."""
    rows = Rows("codec_speed")
    for loops, threads, beside in CONFIGURATIONS:
        key = {"benchmark": "codec_speed", "loops": loops, "threads_of_blas": threads, "busy_processes": beside}
        if rows.has(**key):
            continue
        environment = {name: value for name, value in os.environ.items() if name not in ONE_CORE}
        environment |= ONE_CORE if threads == "one" else {}
        environment[VARIABLE] = str(int(loops == "compiled"))
        words = [sys.executable, "-m", "benchmarks.codec_speed", str(beside)]
        done = subprocess.run(words, env=environment, stdout=subprocess.PIPE, text=True, check=True)
        for line in done.stdout.splitlines():
            found = json.loads(line)
            if found["others_busy_cores"] <= OTHERS:
                rows.add(key | found)
            else:
                print(f"not alone ({found['others_busy_cores']:.2f} cores are taken by others): {found}", flush=True)


def measure(beside: int) -> None:
    """Print what each work takes in this process, one JSON object a line; everything is done once before."""
    for name, sound in sounds().items():
        stream = ligeia.encode(sound, quality=6)
        works: dict[str, Callable[[], Any]] = {"decode": lambda stream=stream: list(decode_pieces(stream))}
        works |= {what: lambda s=settings, a=sound: ligeia.encode(a, **s) for what, settings in WORKS[name].items()}
        for what, work in works.items():
            work()
            print(json.dumps({"sound": name, "what": what, **_best(work, beside)}), flush=True)


def sounds() -> dict[str, ligeia.Audio]:
    """Return both sounds, of `SECONDS`."""
    clips = [ligeia.read_audio(DATA / "music" / f"{name}.flac") for name in STEREO]
    part = SECONDS * 44100 // len(clips)
    music = np.concatenate([clip.samples[:, :part] for clip in clips], axis=1)
    read = [ligeia.read_audio(path).samples for path in sorted((DATA / "speech").glob(SPEECH))]
    speech = ligeia.resample(ligeia.Audio(np.concatenate(read, axis=1)[:, : SECONDS * 22050], 22050), 24000)
    return {MUSIC_SOUND: ligeia.Audio(music, 44100), SPEECH_SOUND: speech}


def _best(work: Callable[[], Any], beside: int) -> Row:
    """The fastest of a few runs beside busy processes, and what others took of the processor meanwhile."""
    with _busy(beside) as spinning:
        sleep(0.2)
        begun, ours, taken = perf_counter(), _ours(spinning), _all_busy()
        runs = []
        for _ in range(REPEATS):
            started, cpu = perf_counter(), process_time()
            work()
            runs.append((perf_counter() - started, process_time() - cpu))
        others = (_all_busy() - taken - (_ours(spinning) - ours)) / (perf_counter() - begun)
    seconds, cpu_seconds = min(runs)
    facts = {"seconds": seconds, "cpu_seconds": cpu_seconds, "sound_seconds": SECONDS, "speed": SECONDS / seconds}
    return facts | {"load_average": os.getloadavg()[0], "others_busy_cores": max(others, 0.0)}


@contextmanager
def _busy(count: int) -> Iterator[list[int]]:
    """Start so many spinning processes, and yield their numbers."""
    spinning = [subprocess.Popen([sys.executable, "-c", SPIN]) for _ in range(count)]
    try:
        yield [process.pid for process in spinning]
    finally:
        for process in spinning:
            process.kill()
            process.wait()


def _ours(spinning: list[int]) -> float:
    """Seconds of processors that this process and the busy ones have taken."""
    ticks = [Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[11:13] for number in spinning]
    return process_time() + sum(int(each) for pair in ticks for each in pair) / os.sysconf("SC_CLK_TCK")


def _all_busy() -> float:
    """Seconds of processors that everything has taken."""
    user, nice, system, _, _, interrupts, soft, *_ = map(int, Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + interrupts + soft) / os.sysconf("SC_CLK_TCK")


# --- tables -------------------------------------------------------------------------------------------


def codec_speed_table() -> str:
    """Return the speeds of both sounds, alone and beside busy processes."""
    groups: dict[tuple[str, ...], Row] = {}
    for row in Rows("codec_speed").rows:
        names = {name: row[name] for name in ("sound", "what", "loops")}
        group = groups.setdefault(tuple(names.values()), names)
        group[f"{row['threads_of_blas']} {row['busy_processes']}"] = row
    return markdown(table_of(COLUMNS, [*groups.values()], texts=(0, 1, 2))) if groups else ""


def _speed(row: Row, threads: str, busy: int) -> str:
    found = row.get(f"{threads} {busy}")
    return f"{found['speed']:.3g} x" if found else ""


def _ratio(row: Row) -> str:
    """Return by how much all threads take longer than one, beside busy processes."""
    one, default = (row.get(f"{threads} {BUSY}") for threads in ("one", "default"))
    return f"{default['seconds'] / one['seconds']:.2f}" if one and default else ""


if __name__ == "__main__":
    measure(int(sys.argv[1]))
