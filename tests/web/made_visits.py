"""Recordings to bring to the page, and what visitors do there again and again."""

import io
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import soundfile

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Locator, Page

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
RATE = 16_000
DROP = """([files]) => {
    const transfer = new DataTransfer();
    for (const [name, bytes] of files) transfer.items.add(new File([new Uint8Array(bytes)], name));
    for (const type of ["dragenter", "dragover", "drop"])
        document.body.dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
}"""


class Visitor:
    """Opens pages, each visitor with a cookie jar of its own, and collects whatever the browser complains about."""

    def __init__(self, browser: "Browser", base: str) -> None:
        self.browser, self.base = browser, base
        self.contexts: list[BrowserContext] = []
        self.said: list[str] = []
        self.expected: list[str] = []

    def open(self, address: str = "", **options: Any) -> "Page":
        """Return a new page of a new visitor, at `address` below the server; options as of a browser context."""
        options.setdefault("viewport", DESKTOP)
        context = self.browser.new_context(accept_downloads=True, reduced_motion="reduce", **options)
        self.contexts.append(context)
        return self.tab(context, address)

    def tab(self, context: "BrowserContext", address: str = "") -> "Page":
        """Return one more page of the same visitor."""
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on(
            "console", lambda message: self.said.append(f"{message.type}: {message.text} {message.location['url']}")
        )
        page.on("pageerror", lambda error: self.said.append(f"uncaught: {error}"))
        page.goto(address if "://" in address else self.base + address)
        return page

    def expect(self, *texts: str) -> None:
        """Allow console messages with one of these texts: the browser itself reports every answer of 400 and above."""
        self.expected += texts

    def complaints(self) -> list[str]:
        """Return the console messages that nobody expects."""
        return [text for text in self.said if not any(part in text for part in self.expected)]

    def close(self) -> None:
        """Forget all cookies and pages."""
        for context in self.contexts:
            context.close()


def recording(seconds: float = 2.0, seed: int = 0, rate: int = RATE) -> bytes:
    """Return a WAV file of syllables: a voice of falling pitch, and breaths of noise between."""
    random = np.random.default_rng(seed)
    time = np.arange(round(seconds * rate)) / rate
    pitch = 2 * np.pi * np.cumsum(140 + 30 * np.sin(2 * np.pi * 0.7 * time)) / rate
    voice = sum(np.sin(k * pitch) / k for k in range(1, 12))
    loudness = np.clip(np.sin(2 * np.pi * 2.5 * time), 0, None)
    sound = 0.2 * voice * loudness + 0.02 * random.standard_normal(len(time)) * (1 - loudness)
    file = io.BytesIO()
    soundfile.write(file, sound, rate, format="WAV", subtype="PCM_16")
    return file.getvalue()


def given(name: str, contents: bytes, kind: str = "audio/wav") -> dict[str, Any]:
    """Return a file as the browser's dialogue hands it over."""
    return {"name": name, "mimeType": kind, "buffer": contents}


def choose(page: "Page", *files: dict[str, Any]) -> None:
    """Choose files in the dialogue."""
    page.set_input_files("input[type=file]", list(files))


def drop(page: "Page", **files: bytes) -> None:
    """Drop files somewhere on the page; a name's `_` before its ending stands for the dot."""
    named = [[name.replace("_", "."), list(contents)] for name, contents in files.items()]
    page.evaluate(DROP, [named])


def stream_link(page: "Page") -> "Locator":
    """Return the link to the compressed file, which is there when a result is."""
    return page.get_by_role("link", name=re.compile("^Download Ligeia stream"))
