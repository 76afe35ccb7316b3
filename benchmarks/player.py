"""The player's decoder in Chromium: how much faster than the sound lasts, and how soon the first of it is there.

The player is built anew, and served on the loopback with a page that does nothing else. Each turn is a page and a
Worker of their own, so that the first run compiles as a listener's does; further runs in the same Worker show what is
left then. Time on a busy machine says little, so that the processor time of the Worker's thread stands beside it.
"""

import functools
import http.server
import os
import runpy
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import ligeia
from benchmarks.codec_speed import MUSIC_SOUND, SPEECH_SOUND, sounds
from benchmarks.rows import ROOT, Rows
from benchmarks.serving import browsing
from ligeia.records.columns import Column, table_of
from ligeia.records.journal import Row
from ligeia.records.tables import markdown

if TYPE_CHECKING:
    from playwright.sync_api import Browser

TURNS, RUNS, PIECE_SECONDS = 3, 8, 2
SPEECH_RATE = 16000
PAGE = '<!doctype html><meta charset="utf-8"><title>Player</title><link rel="icon" href="data:,">'
OPEN = """async ({ stream, simd }) => {
    const player = await import("./ligeia-player.js");
    const bytes = new Uint8Array(await (await fetch(stream)).arrayBuffer());
    const began = performance.now();
    window.sound = await player.openInWorker(bytes, { simd });
    const opened = performance.now();
    await sound.read(0, sound.rate / 10);
    return {
        open_ms: opened - began, first_sound_ms: performance.now() - began, sound_seconds: sound.seconds,
    };
}"""
"""The first samples, from the moment that the bytes are there."""
READ = """async (piece) => {
    const start = performance.now();
    for (let at = 0; at < sound.sampleCount; at += piece * sound.rate) await sound.read(at, at + piece * sound.rate);
    return (performance.now() - start) / 1000;
}"""
"""The whole sound, in pieces."""
WORKER = "DedicatedWorker"
"""The name of a Worker's thread."""
COLUMNS = (
    Column("stream", "stream"),
    Column("loops", "loops"),
    Column("first run", lambda row: f"{row['first_speed']:.0f} x"),
    Column("best", lambda row: f"{row['best_speed']:.0f} x"),
    Column("by processor time: first run", lambda row: f"{row['first_cpu_speed']:.0f} x"),
    Column("best", lambda row: f"{row['best_cpu_speed']:.0f} x"),
    Column("first sound", lambda row: f"{row['first_sound_ms']:.0f} ms"),
    Column("of that, processor time", lambda row: f"{row['first_sound_cpu_ms']:.0f} ms"),
)

FIELDS = (
    *(f"{run}{kind}_speed" for run in ("first", "best") for kind in ("", "_cpu")),
    "first_sound_ms",
    "first_sound_cpu_ms",
)
"""Fields of each stream in the table."""


def run() -> None:
    """Add the rows that are missing."""
    builder = runpy.run_path(str(ROOT / "scripts" / "build_player.py"))
    rows = Rows("player")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        builder["build"](folder)
        names = {}
        for name, stream in streams().items():
            names[name] = f"{len(names)}.lig"
            (folder / names[name]).write_bytes(stream)
        (folder / "page.html").write_text(PAGE, encoding="utf-8")
        with served(folder) as address, browsing() as browser:
            for turn in range(TURNS):
                for name, file in names.items():
                    for loops in ("simd", "plain"):
                        key = {"benchmark": "player", "stream": name, "loops": loops, "turn": turn}
                        settings = {"stream": file, "simd": loops == "simd"}
                        rows.add_once(key, lambda settings=settings: measured(browser, address, settings))


def streams() -> dict[str, bytes]:
    """Return twenty seconds of speech and of music, as `encode` makes them of such sounds."""
    both = sounds()
    speech = ligeia.resample(both[SPEECH_SOUND], SPEECH_RATE)
    return {
        "speech, 16 kHz mono, 16 kbit/s": ligeia.encode(speech, "speech", kbps=16),
        "music, 44.1 kHz stereo, 96 kbit/s": ligeia.encode(both[MUSIC_SOUND], "music", kbps=96),
    }


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on a free port of the loopback until the block ends; yields the address of its page."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/page.html"
        finally:
            server.shutdown()


def measured(browser: "Browser", address: str, settings: dict[str, Any]) -> Row:
    """Return what one new page measures: time as it passes, and what the thread of the Worker takes of a processor."""
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(address)
        facts: Row = page.evaluate(OPEN, settings)
        before = worker_seconds()
        facts["first_sound_cpu_ms"] = 1000 * before
        passed, taken = [], []
        for _ in range(RUNS):
            passed.append(page.evaluate(READ, PIECE_SECONDS))
            taken.append(-before + (before := worker_seconds()))
    finally:
        context.close()
    length = facts["sound_seconds"]
    facts |= {"first_speed": length / passed[0], "best_speed": length / min(passed)}
    facts |= {"first_cpu_speed": length / taken[0], "best_cpu_speed": length / min(taken)}
    return facts | {"load_average": os.getloadavg()[0], "chromium": browser.version}


def worker_seconds() -> float:
    """Return the processor time that Workers of browsers below this process have taken so far (Linux)."""
    stats = {int(path.parent.name): path for path in Path("/proc").glob("[0-9]*/stat")}
    parents = {number: _parent(path) for number, path in stats.items()}
    taken = 0
    for task in (task for number in parents if _is_below(number, parents) for task in _tasks(number)):
        if (task / "comm").read_text(encoding="utf-8").startswith(WORKER):
            taken += int((task / "schedstat").read_text(encoding="utf-8").split()[0])
    return taken / 1e9


def _parent(stat: Path) -> int:
    try:
        return int(stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0  # it has ended meanwhile


def _is_below(number: int, parents: dict[int, int]) -> bool:
    while number not in (0, os.getpid()):
        number = parents.get(number, 0)
    return number != 0


def _tasks(number: int) -> list[Path]:
    return sorted(Path(f"/proc/{number}/task").glob("[0-9]*"))


def player_table() -> str:
    """Return speeds and waits, the medians of all turns."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in Rows("player").rows:
        groups.setdefault((row["stream"], row["loops"]), []).append(row)
    lines = [
        {"stream": stream, "loops": loops} | {name: median(row[name] for row in found) for name in FIELDS}
        for (stream, loops), found in groups.items()
    ]
    return markdown(table_of(COLUMNS, lines, texts=(0, 1))) if lines else ""
