"""The page in a real browser, before a real server with workers: what visitors come for, from dropping to history.

Every page fails its test if it writes anything to the console; each state is looked at by axe.
"""

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from made_visits import PHONE, Visitor, choose, drop, given, recording, stream_link

import ligeia

if TYPE_CHECKING:
    from playwright.sync_api import Page

Check = Callable[["Page"], None]
SECONDS = 2.0


def compressed(page: "Page", name: str = "memo.wav", seed: int = 0) -> None:
    """Bring a recording, and wait until its result is there."""
    choose(page, given(name, recording(SECONDS, seed)))
    stream_link(page).wait_for()


def command_of(page: "Page") -> str:
    """The command that the page says does the same."""
    return page.get_by_role("textbox", name="Command").input_value()


def tab_to(page: "Page", is_there: str) -> None:
    """Press Tab until a condition of the `focused` element holds."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(f"(focused => {is_there})(document.activeElement)"):
            return
    raise AssertionError(f"nothing that Tab reaches: {is_there}")


def sideways(page: "Page") -> int:
    """How many pixels the page is wider than the window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def test_drop_hear_download_reload(visitor: Visitor, axe: Check, tmp_path: Path) -> None:
    page = visitor.open()
    page.get_by_role("heading", level=1).wait_for()
    axe(page)
    drop(page, memo_wav=recording(SECONDS))
    stream_link(page).wait_for()
    assert page.get_by_role("heading", name="memo.wav", level=1).is_visible()
    page.get_by_role("button", name="Play", exact=True).wait_for()
    axe(page)
    with page.expect_download() as download:
        stream_link(page).click()
    download.value.save_as(tmp_path / "memo.lig")
    assert download.value.suggested_filename == "memo.lig"
    sound = ligeia.decode((tmp_path / "memo.lig").read_bytes()).render()
    assert (sound.rate, sound.sample_count) == (16_000, round(SECONDS * 16_000))
    address = page.url
    page.reload()
    stream_link(page).wait_for()
    assert page.url == address
    page.get_by_role("link", name="Ligeia, start").click()
    history = page.get_by_role("region", name="Your recordings")
    history.get_by_role("link", name="memo.wav").wait_for()
    axe(page)
    history.get_by_role("link", name=re.compile("kbit")).click()
    stream_link(page).wait_for()


def test_the_wav_and_the_command_are_those_of_the_result(visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.open()
    compressed(page, "it's a memo.wav")
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("^Download Sound as WAV")).click()
    download.value.save_as(tmp_path / "memo.wav")
    assert ligeia.read_audio(tmp_path / "memo.wav").sample_count == round(SECONDS * 16_000)
    command = shlex.split(command_of(page))
    assert command == ["ligeia", "encode", "it's a memo.wav", "-o", "it's a memo.lig", "--kbps", "24"]


def test_by_keyboard_alone(visitor: Visitor) -> None:
    """Choose a file, another rate, and play; nothing is clicked."""
    page = visitor.open()
    page.on("filechooser", lambda chooser: None)  # from here on: the driver takes a moment until it hears of dialogues
    page.get_by_text("Up to 100").wait_for()
    tab_to(page, "focused.textContent.trim() === 'Choose files'")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files([given("memo.wav", recording(SECONDS))])
    stream_link(page).wait_for()
    before = page.url
    tab_to(
        page, "focused.type === 'range' && (focused.ariaLabel ?? focused.labels[0].textContent).includes('Bit rate')"
    )
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("before => location.href !== before", arg=before)
    page.wait_for_function("() => document.querySelector('[aria-label=Command]').value.endsWith('--kbps 20')")
    page.get_by_role("button", name="Play", exact=True).wait_for()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Space")
    page.get_by_role("button", name="Pause", exact=True).wait_for()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") is not None


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_on_a_phone(visitor: Visitor, axe: Check, colours: str) -> None:
    page = visitor.open(viewport=PHONE, has_touch=True, is_mobile=True, color_scheme=colours)
    page.get_by_role("heading", level=1).wait_for()
    assert sideways(page) <= 0
    axe(page)
    compressed(page)
    page.get_by_role("button", name="Play", exact=True).tap()
    page.get_by_role("button", name="Pause", exact=True).wait_for()
    assert sideways(page) <= 0
    axe(page)
    page.get_by_role("link", name="About").tap()
    page.get_by_role("heading", name="About Ligeia").wait_for()
    assert sideways(page) <= 0
    axe(page)


def test_colours_follow_the_system_and_the_button(visitor: Visitor, axe: Check) -> None:
    page = visitor.open(color_scheme="dark")
    surface = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(surface)
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    light = page.evaluate(surface)
    assert dark != light
    page.get_by_role("button", name="Dark colours").click()
    assert page.evaluate(surface) == dark
    page.reload()
    page.get_by_role("button", name="Light colours").wait_for()
    assert page.evaluate(surface) == dark
    axe(page)


def test_several_recordings_with_the_same_settings(visitor: Visitor, axe: Check) -> None:
    page = visitor.open()
    names = [f"take {k}.wav" for k in range(3)]
    choose(page, *(given(name, recording(1.0, seed)) for seed, name in enumerate(names)))
    page.get_by_role("button", name="Compress all 3").click()
    for name in names:
        page.get_by_role("link", name=f"Download the result of {name}").wait_for()
    page.get_by_text("3 together").wait_for()
    axe(page)


def test_what_is_no_recording_is_refused_in_words(visitor: Visitor, axe: Check) -> None:
    visitor.expect("status of 415", "status of 422", "status of 400")
    page = visitor.open()
    choose(page, given("notes.wav", b"these are my notes" * 100))
    alert = page.get_by_role("alert").filter(has_text=re.compile(r"\w"))
    alert.first.wait_for()
    assert not re.search(r"\b[45]\d\d\b|undefined|\[object|Error", alert.first.inner_text())
    axe(page)
    page.get_by_role("button", name="Dismiss notes.wav").click()
    page.get_by_role("region", name="Uploads").wait_for(state="detached")


def test_a_job_is_stopped(visitor: Visitor, axe: Check) -> None:
    page = visitor.open()
    choose(page, given("long.wav", recording(120.0)))
    page.get_by_role("button", name="Stop", exact=True).wait_for()
    axe(page)
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_role("button", name="Start again").wait_for(timeout=10_000)
    axe(page)


def test_a_link_opens_the_comparison_for_others_until_it_is_taken_back(visitor: Visitor, axe: Check) -> None:
    page = visitor.open()
    compressed(page)
    page.get_by_role("button", name="Share this comparison").click()
    page.get_by_role("button", name="Stop sharing").wait_for()
    address = page.get_by_role("textbox", name="Link to this comparison").input_value()
    assert address.startswith(f"{visitor.base}#/c/")
    other = visitor.open(address)
    other.get_by_role("button", name="Play", exact=True).click()
    other.get_by_role("button", name="Pause", exact=True).wait_for()
    assert other.get_by_role("button", name="Stop sharing").count() == 0
    axe(other)
    other.get_by_role("link", name="Ligeia, start").click()
    other.get_by_role("heading", level=1).wait_for()
    assert other.get_by_text("memo.wav").count() == 0
    page.get_by_role("button", name="Stop sharing").click()
    page.get_by_role("button", name="Share this comparison").wait_for()
    visitor.expect("status of 404")
    late = visitor.open(address)
    late.get_by_role("heading", level=1).wait_for()
    assert late.get_by_role("button", name="Play", exact=True).count() == 0
    axe(late)


def test_what_belongs_to_somebody_else_is_not_there(visitor: Visitor, axe: Check) -> None:
    page = visitor.open()
    compressed(page)
    visitor.expect("status of 404")
    stranger = visitor.open(page.url)
    stranger.get_by_role("heading", level=1).wait_for()
    assert stranger.get_by_text("memo.wav").count() == 0
    axe(stranger)
    job = page.url.rpartition("/")[2]
    for path in (f"api/jobs/{job}", f"api/jobs/{job}/results/lig", f"api/jobs/{job}/results/wav"):
        assert page.request.get(visitor.base + path).status == 200
        assert stranger.request.get(visitor.base + path).status == 404


def test_everything_is_forgotten(visitor: Visitor) -> None:
    page = visitor.open()
    compressed(page)
    job = page.url.rpartition("/")[2]
    page.get_by_role("link", name="Ligeia, start").click()
    page.get_by_role("button", name="Forget everything").click()
    page.get_by_role("button", name="Delete all").click()
    page.get_by_role("region", name="Your recordings").wait_for(state="detached")
    assert page.request.get(f"{visitor.base}api/jobs/{job}").status == 404
