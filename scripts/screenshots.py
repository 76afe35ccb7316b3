"""Take pictures of every state of the page, on desktop and phone, light and dark: python scripts/screenshots.py.

Runs a server of its own and Chromium, with the recordings of examples/. Writes contact sheets to docs/pictures/, and
with --single DIR each picture by itself, to be looked at.
"""

import argparse
import io
import re
import sys
import tempfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soundfile
from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT))

from benchmarks.serving import browsing, serving  # noqa: E402

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PICTURES = ROOT / "docs" / "pictures"
MEMO, MUSIC, NOISY = (ROOT / "examples" / f"{name}.flac" for name in ("demo", "pluck_stereo", "noisy_memo"))
WINDOWS = {
    "desktop": {"viewport": {"width": 1280, "height": 860}},
    "phone": {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True},
}
COLUMNS, WIDTHS = {"desktop": 3, "phone": 5}, {"desktop": 500, "phone": 220}
TALLEST = {"desktop": 1400, "phone": 1750}
"""Pixels of a state that are shown at most; the phone scrolls."""
CAPTION, GAP, QUALITY = 26, 14, 42
BACK, INK = {"light": "#dddddd", "dark": "#333333"}, {"light": "#222222", "dark": "#eeeeee"}
PAUSE = 1500
"""Milliseconds in which pictures are drawn."""


def choose(page: "Page", *paths: Path) -> None:
    """Choose files in the dialogue."""
    page.set_input_files("input[type=file]", [str(path) for path in paths])


def result(page: "Page") -> None:
    """Wait for a result, and until its pictures are drawn."""
    page.get_by_role("link", name=re.compile("^Download")).first.wait_for()
    page.get_by_role("button", name="Play", exact=True).wait_for()
    page.wait_for_timeout(PAUSE)


def start(page: "Page") -> None:
    """Go to the first screen."""
    page.get_by_role("link", name="Ligeia, start").click()
    page.get_by_role("heading", level=1).wait_for()


def states(page: "Page", long: Path) -> Iterator[str]:
    """Bring the page into each state, one after the other, and yield its name."""
    page.get_by_text(re.compile("^Up to")).wait_for()
    yield "first visit"
    page.set_input_files("input[type=file]", {"name": "notes.wav", "mimeType": "audio/wav", "buffer": b"notes" * 99})
    page.get_by_role("button", name="Dismiss notes.wav").wait_for()
    yield "refused"
    page.get_by_role("button", name="Dismiss notes.wav").click()
    choose(page, long)
    page.get_by_role("button", name="Stop", exact=True).wait_for()
    yield "being made"
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("button", name="Start again").wait_for()
    start(page)
    choose(page, MEMO)
    result(page)
    yield "compressed"
    for _ in range(2):
        page.get_by_role("button", name="Zoom in").click()
    page.get_by_role("button", name=re.compile("^Error")).click()
    page.get_by_role("button", name="Loop", exact=True).click()
    page.wait_for_timeout(PAUSE)
    yield "zoom, error, loop"
    page.get_by_text(re.compile("^Blind test")).click()
    page.get_by_role("button", name=re.compile("^(Begin|Start)")).last.click()
    page.wait_for_timeout(PAUSE)
    yield "blind test"
    start(page)
    choose(page, NOISY)
    result(page)
    page.get_by_role("radio", name="Denoise").check()
    page.wait_for_function("() => document.querySelector('[aria-label=Command]').value.startsWith('ligeia denoise')")
    result(page)
    yield "denoised"
    start(page)
    choose(page, MEMO, MUSIC)
    page.get_by_role("button", name="Compress all 2").click()
    page.get_by_text("2 together").wait_for()
    yield "several"
    start(page)
    yield "history"


def shot(page: "Page", window: str) -> Image.Image:
    """Return a picture of the whole page, as far as it is shown."""
    picture = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB")
    return picture.crop((0, 0, picture.width, min(picture.height, TALLEST[window])))


def sheet(pictures: dict[str, Image.Image], window: str, colours: str) -> Image.Image:
    """Return the pictures side by side, with their names."""
    width, columns = WIDTHS[window], COLUMNS[window]
    small = {name: one.resize((width, round(one.height * width / one.width)), 1) for name, one in pictures.items()}
    rows = [list(small.items())[k : k + columns] for k in range(0, len(small), columns)]
    heights = [CAPTION + max(one.height for _, one in row) + GAP for row in rows]
    made = Image.new("RGB", (GAP + columns * (width + GAP), sum(heights)), BACK[colours])
    draw, font = ImageDraw.Draw(made), ImageFont.load_default(15)
    for y, row in zip([sum(heights[:k]) for k in range(len(rows))], rows, strict=True):
        for column, (name, one) in enumerate(row):
            x = GAP + column * (width + GAP)
            draw.text((x, y + 5), name, INK[colours], font=font)
            made.paste(one, (x, y + CAPTION))
    return made


def take(browser: "Browser", base: str, window: str, colours: str, long: Path) -> dict[str, Image.Image]:
    """Return a picture of every state, in one window, light or dark."""
    context = browser.new_context(color_scheme=colours, reduced_motion="reduce", **WINDOWS[window])
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.on("console", lambda message: print(f"{window}, {colours}: console: {message.text}", file=sys.stderr))
    page.goto(base)
    pictures = {name: shot(page, window) for name in states(page, long)}
    context.close()
    return pictures


def main() -> None:
    """Take all of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--single", type=Path, help="folder for each picture by itself")
    parser.add_argument("--out", type=Path, default=PICTURES)
    arguments = parser.parse_args()
    for folder in filter(None, (arguments.out, arguments.single)):
        folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder), "--workers", "2", writes_per_minute=1000) as service,
        browsing() as browser,
    ):
        long = Path(folder, "lecture.wav")
        samples, rate = soundfile.read(MEMO)
        soundfile.write(long, np.tile(samples, 30), rate)
        for window, colours in product(WINDOWS, ("light", "dark")):
            pictures = take(browser, service.url, window, colours, long)
            if arguments.single:
                for name, picture in pictures.items():
                    picture.save(arguments.single / f"{window} {colours} {name}.png".replace(" ", "-"))
            path = arguments.out / f"page-{window}-{colours}.webp"
            sheet(pictures, window, colours).save(path, quality=QUALITY, method=6)
            print(f"wrote {path}, {path.stat().st_size / 1000:.0f} kB", flush=True)


if __name__ == "__main__":
    main()
