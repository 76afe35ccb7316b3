"""A running `ligeia serve` and a Chromium that visits it, for benchmarks, pictures of the page and its tests."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "src" / "ligeia" / "server" / "page"
COMMAND = (sys.executable, "-c", "from ligeia.cli.main import run; run()", "serve")
# No sandbox: it cannot start as root or in most containers. The rest keeps the browser from talking to its maker.
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
NO_CHROMIUM = "no Chromium: install the package chromium (Debian: apt-get install chromium)"


@dataclass
class Service:
    """A server with its workers, its folder and its log."""

    url: str
    """Ends with a slash."""
    folder: Path
    process: "subprocess.Popen[bytes]"
    log: Path

    def said(self) -> str:
        """Return what it has written so far, to both streams."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def stop(self, seconds: float = 15) -> int:
        """End it as an operator would, by SIGTERM, and return its exit status.

        Raises:
            RuntimeError: it did not end in time, and was killed with its children.
        """
        self.process.terminate()
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            raise RuntimeError(
                f"the server did not end within {seconds} s of SIGTERM:\n{self.said()[-4000:]}"
            ) from None


def free_port() -> int:
    """Return a port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(folder: Path, *options: str, seconds: float = 90, **settings: object) -> Iterator[Service]:
    """Run `ligeia serve` on a free port of the loopback until the block ends.

    Args:
        folder: Where it keeps its data and, beside it, its log.
        options: Further words of the command.
        seconds: How long it may take until it is ready, workers included.
        settings: Settings by name, given as `LIGEIA_SERVE_NAME` in the environment.

    Raises:
        RuntimeError: it ended, or was not ready in time; with what it said.
    """
    port = free_port()
    environment = os.environ | {f"LIGEIA_SERVE_{name.upper()}": str(value) for name, value in settings.items()}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT / "src"), os.environ.get("PYTHONPATH"))))
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "serve.log"
    command = (*COMMAND, "--port", str(port), "--data", str(folder / "data"), *options)
    with log.open("wb") as sink:
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, start_new_session=True
        )
    service = Service(f"http://127.0.0.1:{port}/", folder, process, log)
    try:
        _wait_until_ready(service, seconds)
        yield service
    finally:
        if process.poll() is None:
            service.stop()


def _wait_until_ready(service: Service, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if service.process.poll() is not None:
            raise RuntimeError(f"the server ended with {service.process.returncode}:\n{service.said()[-4000:]}")
        try:
            with urllib.request.urlopen(service.url + "readyz", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
    raise RuntimeError(f"the server was not ready after {seconds} s:\n{service.said()[-4000:]}")


def chromium() -> str | None:
    """Return the path of a Chromium on this machine, or None."""
    names = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
    return next((found for name in names if (found := shutil.which(name))), None)


@contextmanager
def browsing(*flags: str) -> Iterator["Browser"]:
    """Run a Chromium until the block ends.

    Raises:
        RuntimeError: there is none.
    """
    from playwright.sync_api import sync_playwright

    path = chromium()
    if path is None:
        raise RuntimeError(NO_CHROMIUM)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*CHROMIUM_FLAGS, *flags])
        try:
            yield browser
        finally:
            browser.close()
