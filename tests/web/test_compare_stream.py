"""B is heard from its coded stream, decoded in the browser, and from the server's file where that cannot be."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pytest
from made_pairs import build_trial, tone, write_pair
from made_range_server import Folder, folder_server

import ligeia
from ligeia.audio.signal import Audio

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

RATE = 16000
DECODED = "B is decoded in this browser"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Folder, str]]:
    """The trial page, a tone with what becomes of it, and streams of several kinds."""
    folder = tmp_path_factory.mktemp("trial")
    build_trial(folder)
    sound = tone(440, 4, RATE)
    stream = ligeia.encode(Audio(sound, RATE), preset="music", kbps=24)
    decoded = np.asarray(ligeia.decode(stream).render().samples)
    (folder / "good.lig").write_bytes(stream)
    (folder / "damaged.lig").write_bytes(stream[:-40] + bytes(40))
    (folder / "other.lig").write_bytes(b"no stream at all")
    (folder / "shorter.lig").write_bytes(ligeia.encode(Audio(sound[:, :RATE], RATE), kbps=24))
    query = write_pair(folder, "coded", sound, decoded, RATE)
    with folder_server(folder) as running:
        yield running, query


def visit(browser: "Browser", server: tuple[Folder, str], lig: str) -> "Page":
    """Open the comparison with one of the streams."""
    page = browser.new_page()
    page.set_default_timeout(20_000)
    page.said = []  # type: ignore[attr-defined]
    page.on("console", lambda message: page.said.append(message.text))  # type: ignore[attr-defined]
    server[0].asked.clear()
    page.goto(f"{server[0].address}/compare.html?{server[1]}&lig={lig}")
    page.get_by_role("button", name="Play").wait_for()
    page.get_by_text("Equally loud").or_(page.get_by_text("turned down by")).wait_for()  # all of it has been read
    return page


def test_the_stream_is_enough(browser: "Browser", server: tuple[Folder, str]) -> None:
    page = visit(browser, server, "good.lig")
    page.get_by_text(DECODED).wait_for()
    assert "coded_b.wav" not in [name for name, _ in server[0].asked]
    page.keyboard.press("b")
    page.keyboard.press("Space")
    page.get_by_role("button", name="Pause").wait_for()
    assert page.said == []  # type: ignore[attr-defined]
    page.close()


@pytest.mark.parametrize(
    ("lig", "note"),
    [
        ("other.lig", "was not decoded here"),
        ("damaged.lig", "was not decoded here"),
        ("gone.lig", "404"),
        ("shorter.lig", None),
    ],
)
def test_otherwise_the_servers_file_is(
    browser: "Browser", server: tuple[Folder, str], lig: str, note: str | None
) -> None:
    page = visit(browser, server, lig)
    if note:
        page.get_by_text(note).wait_for()
    assert "coded_b.wav" in [name for name, _ in server[0].asked]
    page.keyboard.press("b")
    page.keyboard.press("Space")
    page.get_by_role("button", name="Pause").wait_for()
    page.close()
