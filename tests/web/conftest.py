"""What tests of the page share: a real server with workers, a Chromium, and pages that must keep silent.

Everything lives for one module: the driver of the browser keeps an event loop running, beside which other tests could
not start theirs.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

sys.path.append(str(Path(__file__).resolve().parents[2]))  # plain `pytest` does not look there

from benchmarks.service import NO_CHROMIUM, PAGE, ROOT, Service, browsing, chromium, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


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
        page.set_default_timeout(30_000)
        page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
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


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server with two workers and the built page, in a folder of its own."""
    if not (PAGE / "index.html").is_file():
        pytest.skip("no built page: run `make page`")
    with serving(tmp_path_factory.mktemp("service"), "--workers", "2") as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """A Chromium without a window."""
    if chromium() is None:
        pytest.skip(NO_CHROMIUM)
    with browsing() as running:
        yield running


@pytest.fixture
def visitor(service: Service, browser: "Browser") -> Iterator[Visitor]:
    """Opens pages of the server; the test fails if any of them writes to the console or breaks the policy."""
    visitor = Visitor(browser, service.url)
    try:
        yield visitor
        assert not visitor.complaints()
    finally:
        visitor.close()


@pytest.fixture(scope="session")
def axe() -> "Callable[[Page], None]":
    """Fail where a page, as it stands, breaks a rule of accessibility."""
    if not AXE.is_file():
        pytest.skip("no axe-core: run `make page`, which installs the tools of web/")
    source = AXE.read_text(encoding="utf-8")

    def check(page: "Page") -> None:
        page.evaluate(source)
        found = page.evaluate("axe.run({resultTypes: ['violations']})")
        assert [
            f"{rule['id']}: {rule['help']}: {', '.join(str(node['target']) for node in rule['nodes'])}"
            for rule in found["violations"]
        ] == []

    return check
