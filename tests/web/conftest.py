"""What tests of the page share: a real server with workers, a Chromium, and pages that must keep silent.

Everything lives for one module: the driver of the browser keeps an event loop running, beside which other tests could
not start theirs.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from made_visits import Visitor

sys.path.append(str(Path(__file__).resolve().parents[2]))  # plain `pytest` does not look there

from benchmarks.serving import NO_CHROMIUM, PAGE, ROOT, Service, browsing, chromium, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"


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
