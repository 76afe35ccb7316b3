"""The page in Chromium: from dropping ten seconds of speech to hearing them; what a first visit loads and shows.

The service runs on this machine with two workers, as `ligeia serve` starts it.
"""

import base64
import gzip
import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median_low
from typing import TYPE_CHECKING

import soundfile

import ligeia
from benchmarks.rows import DATA, Rows
from benchmarks.serving import PAGE, browsing, serving
from ligeia.records.journal import Row
from ligeia.records.tables import markdown, table
from ligeia.studies.fits import RECORDINGS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

TURNS = 5
SECONDS, RATE = 10, 16_000
DECODER = ("worker-", "_ligeia-model")
"""Beginnings of the names of what decodes streams: loaded with the first result, and only the model that it needs."""
PLAY = "Play"
"""The name of the button that starts the comparison."""
LISTEN = """() => {
    const start = AudioBufferSourceNode.prototype.start;
    window.moments = {};
    AudioBufferSourceNode.prototype.start = function (when = 0, ...rest) {
        const ahead = Math.max(0, when - this.context.currentTime);
        if (this.context instanceof AudioContext) window.moments.sound ??= performance.now() + 1000 * ahead;
        return start.call(this, when, ...rest);
    };
    window.shifts = 0;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
}"""
"""Notes when the first sound is due on a running clock, and how far things have moved about."""
DROP = """([bytes, name]) => {
    const file = new File([Uint8Array.from(atob(bytes), (one) => one.charCodeAt(0))], name, { type: "audio/wav" });
    const transfer = new DataTransfer();
    transfer.items.add(file);
    window.moments.drop = performance.now();
    for (const type of ["dragenter", "dragover", "drop"])
        document.body.dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
}"""
VISIT = """() => {
    const [page] = performance.getEntriesByType("navigation");
    const files = [page, ...performance.getEntriesByType("resource")];
    return {
        first_paint_ms: performance.getEntriesByName("first-contentful-paint")[0].startTime,
        loaded_ms: page.loadEventEnd,
        requests: files.length,
        transferred_bytes: files.reduce((sum, file) => sum + file.transferSize, 0),
        layout_shift: window.shifts,
    };
}"""
FIGURES = (
    ("from drop to hearing, 10 s of speech", "at most 3 s", "heard_seconds", "{:.2f} s"),
    ("of that, until there is something to play", "", "ready_seconds", "{:.2f} s"),
    ("first paint", "", "first_paint_ms", "{:.0f} ms"),
    ("requests of a first visit", "", "requests", "{}"),
    ("bytes of a first visit, as served", "", "transferred_bytes", "{:,}"),
    ("shift of the layout (CLS)", "", "layout_shift", "{:.3f}"),
    ("scripts and styles of a first visit, gzipped", "", "first_gzipped_bytes", "{:,} bytes"),
    ("all scripts and styles of the page, gzipped", "at most 150,000 bytes", "page_gzipped_bytes", "{:,} bytes"),
    ("with the player's decoder and all its models", "", "gzipped_bytes", "{:,} bytes"),
)
"""Lines of the table: words, goal, field of the rows, and its form."""


def run() -> None:
    """Add the rows that are missing."""
    rows = Rows("page")
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder), "--workers", "2", writes_per_minute=1000) as service,
        browsing("--autoplay-policy=no-user-gesture-required") as browser,
    ):
        for turn in range(TURNS):
            for what, measure in MEASURES.items():
                key = {"benchmark": "page", "what": what, "turn": turn}
                rows.add_once(key, lambda measure=measure: measure(browser, service.url))
    rows.add_once({"benchmark": "page", "what": "size"}, size)


def speech() -> bytes:
    """Return ten seconds of speech as a WAV file."""
    audio = ligeia.resample(ligeia.read_audio(DATA / RECORDINGS["speech"][0]).mono(), RATE)
    file = io.BytesIO()
    soundfile.write(file, audio.samples[0, : SECONDS * RATE], RATE, format="WAV", subtype="PCM_16")
    return file.getvalue()


def visited(browser: "Browser", address: str, measure: "Callable[[Page], Row]") -> Row:
    """Return what is measured on the page of a new visitor."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    try:
        page = context.new_page()
        page.add_init_script(f"({LISTEN})()")
        page.goto(address, wait_until="networkidle")
        return measure(page)
    finally:
        context.close()


def hearing(browser: "Browser", address: str) -> Row:
    """Return how long it takes from dropping speech until it is heard, with somebody who presses Play at once."""

    def measure(page: "Page") -> Row:
        page.evaluate(DROP, [base64.b64encode(speech()).decode(), "speech.wav"])
        play = page.get_by_role("button", name=PLAY, exact=True)
        play.wait_for(timeout=60_000)
        ready = page.evaluate("performance.now() - window.moments.drop") / 1000
        play.click(timeout=60_000)
        page.wait_for_function("() => window.moments.sound", timeout=60_000)
        moments: dict[str, float] = page.evaluate("window.moments")
        return {"heard_seconds": (moments["sound"] - moments["drop"]) / 1000, "ready_seconds": ready}

    return visited(browser, address, measure)


def visit(browser: "Browser", address: str) -> Row:
    """Return what a first visit loads, and how soon it shows something."""
    return visited(browser, address, lambda page: page.evaluate(VISIT))


MEASURES: dict[str, Callable[..., Row]] = {"drop to hearing, 10 s of speech": hearing, "first visit": visit}


def built_files() -> list[Path]:
    """Return every script and style of the built page; the player for other pages is none of them."""
    kinds = (".js", ".css", ".html")
    return sorted(path for path in PAGE.rglob("*") if path.suffix in kinds and path.parent.name != "player")


def size() -> Row:
    """Return the bytes of the page, and those that a proxy sends that compresses them."""
    html = (PAGE / "index.html").read_text(encoding="utf-8")
    gzipped = {path.name: len(gzip.compress(path.read_bytes(), 9, mtime=0)) for path in built_files()}
    return {
        "files": len(gzipped),
        "bytes": sum(path.stat().st_size for path in built_files()),
        "gzipped_bytes": sum(gzipped.values()),
        "page_gzipped_bytes": sum(count for name, count in gzipped.items() if not name.startswith(DECODER)),
        "first_gzipped_bytes": sum(count for name, count in gzipped.items() if name in html or name == "index.html"),
    }


def page_table() -> str:
    """Return what the page takes, beside the goals."""
    rows, lines = Rows("page").rows, []
    for words, goal, field, form in FIGURES:
        if values := [row[field] for row in rows if field in row]:
            lines.append([words, goal, form.format(median_low(values)), form.format(max(values))])
    return markdown(table(["", "goal", "median", "most"], lines)) if lines else ""
