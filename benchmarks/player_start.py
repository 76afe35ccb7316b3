"""Time until `<ligeia-audio>` is heard in Chromium: from the bytes, and from the click once they are open.

Counted until the first sample leaves the device, as `AudioContext.getOutputTimestamp` tells. The streams are those of
examples/streams, and arrive a second after they were asked for; the Worker starts meanwhile. Each visit is a new page.
"""

import base64
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.rows import ROOT, Rows
from benchmarks.serving import browsing, chromium
from ligeia.records.journal import Row
from ligeia.records.tables import markdown, table

STREAMS = ROOT / "examples" / "streams"
BUILDER = ROOT / "scripts" / "build_player.py"
VISITS = 9
WATCH = """
window.starts = [];
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (when, ...rest) {
  window.starts.push({ context: this.context, when });
  return start.call(this, when, ...rest);
};
"""
MEASURE = """async ({ stream, loadFirst }) => {
  const bytes = Uint8Array.from(atob(stream), (character) => character.charCodeAt(0));
  const player = new Ligeia.Player();
  const told = (type) => new Promise((resolve) => player.addEventListener(type, resolve, { once: true }));
  const canPlay = told("canplay");
  const playing = told("playing");
  let arrive;
  player.load(new ReadableStream({ start: (controller) => (arrive = () => {
    controller.enqueue(bytes);
    controller.close();
  }) }));
  if (loadFirst) {
    arrive();
    await canPlay;
  }
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const began = performance.now();
  if (!loadFirst) arrive();
  player.play();
  await playing;
  const scheduled = performance.now();
  const { context, when } = window.starts[0];
  let stamp;
  do {
    await new Promise((resolve) => setTimeout(resolve, 20));
    stamp = context.getOutputTimestamp();
  } while (stamp.contextTime < when);
  player.unload();
  return { ms: stamp.performanceTime + (when - stamp.contextTime) * 1000 - began, scheduled_ms: scheduled - began };
}"""


def run() -> None:
    """Add the rows that are missing."""
    if chromium() is None:
        print("player_start: skipped, there is no Chromium")
        return
    rows = Rows("player_start")
    with TemporaryDirectory() as folder, browsing() as browser:
        subprocess.run([sys.executable, BUILDER, "--out", folder], check=True, stdout=subprocess.DEVNULL)
        page_file = Path(folder) / "page.html"
        page_file.write_text("<!doctype html><script src=ligeia-player.classic.js></script>", encoding="utf-8")

        def measure(stream: Path, load_first: bool) -> Row:
            seen = []
            for _ in range(VISITS):
                page = browser.new_page()
                page.add_init_script(WATCH)
                page.goto(page_file.as_uri())
                content = base64.b64encode(stream.read_bytes()).decode()
                seen.append(page.evaluate(MEASURE, {"stream": content, "loadFirst": load_first}))
                page.close()
            return {
                "first_sound_ms": round(median(one["ms"] for one in seen), 1),
                "worst_ms": round(max(one["ms"] for one in seen), 1),
                "scheduled_ms": round(median(one["scheduled_ms"] for one in seen), 1),
                "visits": VISITS,
                "chromium": browser.version,
            }

        for stream in sorted(STREAMS.glob("*.lig")):
            for since, load_first in (("bytes", False), ("click", True)):
                key = {"benchmark": "player_start", "stream": stream.name, "since": since}
                rows.add_once(key, lambda stream=stream, load_first=load_first: measure(stream, load_first))


def player_start_table() -> str:
    """Return how soon a sound is heard, the medians of the visits."""
    lines = [
        [row["stream"], row["since"], f"{row['first_sound_ms']:.0f} ms", f"{row['worst_ms']:.0f} ms"]
        for row in Rows("player_start").rows
    ]
    return markdown(table(["stream", "from the", "median", "most"], lines, texts=(0, 1))) if lines else ""
