"""The comparison in a browser: heard, seen, by keyboard alone, on a phone, and gone without a trace."""

import re
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from made_pairs import build_trial, tone, write_pair
from made_range_server import Folder, folder_server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

RATE = 16000
LONG_RATE = 8000
SECONDS = 6

# Every context is kept, and what reaches its destination is looked at on the way.
TAPPED = """
window.contexts = [];
window.AudioContext = class extends AudioContext {
  constructor(options) { super(options); window.contexts.push(this); }
  get destination() {
    this.tap ??= new AnalyserNode(this, {fftSize: 8192, smoothingTimeConstant: 0});
    this.tap.connect(super.destination);
    return this.tap;
  }
};
window.spectrum = () => {
  const {tap} = window.contexts.at(-1), levels = new Float32Array(tap.frequencyBinCount);
  tap.getFloatFrequencyData(levels);
  return levels;
};
window.loudest = () => {
  const {tap, sampleRate} = window.contexts.at(-1), levels = spectrum();
  const bin = levels.indexOf(Math.max(...levels));
  return levels[bin] < -90 ? 0 : bin * sampleRate / tap.fftSize;
};
"""

Open = Callable[..., "Page"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Folder]:
    """The trial page and pairs of tones: A has 440 Hz, B 880 Hz and half the amplitude."""
    folder = tmp_path_factory.mktemp("trial")
    build_trial(folder)
    pairs = {
        "short": write_pair(folder, "short", tone(440, SECONDS, RATE, 0.5), tone(880, SECONDS, RATE), RATE),
        "long": write_pair(folder, "long", tone(440, 150, LONG_RATE), tone(880, 150, LONG_RATE), LONG_RATE),
        "silent": write_pair(folder, "silent", np.zeros((1, 800), np.float32), np.zeros((1, 800), np.float32), 8000),
        "five": write_pair(
            folder, "five", np.tile(tone(440, 1, 8000), (5, 1)), np.tile(tone(880, 1, 8000), (5, 1)), 8000
        ),
    }
    with folder_server(folder) as running:
        running.pairs = pairs  # type: ignore[attr-defined]
        yield running


@pytest.fixture
def visit(server: Folder, browser: "Browser") -> Iterator[Open]:
    """Open the page with a pair; nothing may be written to the console."""
    said: list[str] = []
    pages: list[Page] = []

    def opened(pair: str = "short", more: str = "", width: int = 1100, **options: Any) -> "Page":
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        page = context.new_page()
        pages.append(page)
        page.set_default_timeout(20_000)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.add_init_script(TAPPED)
        page.goto(f"{server.address}/compare.html?{server.pairs[pair]}{more}")  # type: ignore[attr-defined]
        page.get_by_role("button", name="Play").wait_for()
        return page

    yield opened
    for page in pages:
        page.context.close()
    assert said == []


def until(page: "Page", expression: str, seconds: float = 20) -> None:
    """Wait until an expression is true; the browser's own waiting evaluates text, which the page's policy forbids."""
    deadline = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, f"never true: {expression}"
        page.wait_for_timeout(20)


def hears(page: "Page", hertz: float) -> None:
    """Wait until the loudest frequency is this one."""
    until(page, f"Math.abs(loudest() - {hertz}) < 12")


def pressed(page: "Page", name: str) -> bool:
    """Return whether a button of what is heard is pressed."""
    return page.locator(f"[data-side={name}][aria-pressed=true]").count() == 1


def status(page: "Page") -> str:
    """Return what is said to those who cannot see."""
    return page.locator("section > p[role=status]").inner_text()


def position(page: "Page") -> float:
    return float(page.locator("[data-position]").input_value())


def answer(page: "Page", count: int, key: str = "f") -> None:
    for _ in range(count):
        page.keyboard.press(key)


def test_a_b_x_and_the_error_are_heard(visit: Open) -> None:
    page = visit()
    assert page.evaluate("contexts.length") == 0  # no sound before somebody asks for it
    page.get_by_role("button", name="Play").click()
    hears(page, 440)
    page.get_by_role("button", name="B 12 kbit/s").click()
    hears(page, 880)
    page.get_by_role("button", name="X A or B").click()
    until(page, "[440, 880].some(hertz => Math.abs(loudest() - hertz) < 12)")
    assert page.evaluate("contexts.length") == 1
    assert page.evaluate("contexts[0].sampleRate") == RATE
    page.get_by_role("button", name="Pause").click()
    until(page, "contexts[0].state === 'suspended'")
    assert 0 < position(page) < SECONDS


def test_everything_goes_by_keyboard(visit: Open) -> None:
    page = visit()
    page.keyboard.press("Space")
    hears(page, 440)
    for key, side in [
        ("b", "b"),
        ("x", "x"),
        ("a", "a"),
        ("2", "b"),
        ("3", "x"),
        ("1", "a"),
        ("4", "error"),
        ("e", "error"),
    ]:
        page.keyboard.press(key)
        assert pressed(page, side), key
    assert status(page) == "Hearing the error"
    page.keyboard.press("Space")
    page.keyboard.press("Home")
    until(page, "document.querySelector('[data-position]').value === '0'")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("[")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("]")
    assert status(page) == "Loop from 0:01.000 to 0:02.100"
    page.keyboard.press("Space")
    page.keyboard.press("l")
    assert status(page) == "Loop off"
    page.keyboard.press("Escape")
    assert status(page) == "No loop"
    page.keyboard.press("Space")
    page.keyboard.press("Home")
    label = page.get_by_role("img", name="Waveform of A")
    page.keyboard.press("+")
    page.keyboard.press("+")
    page.keyboard.press(".")
    assert re.search(r"from 0:00\.38 to 0:01\.88", label.get_attribute("aria-label") or "")
    page.keyboard.press("-")
    page.keyboard.press("0")
    assert "from 0:00.00 to 0:06.00" in (label.get_attribute("aria-label") or "")
    page.keyboard.press("?")
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("b")  # not through a dialog
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="hidden")
    assert pressed(page, "error")
    page.keyboard.press("End")
    until(page, f"document.querySelector('[data-position]').value === '{SECONDS}'")


def test_keys_can_be_switched_off(visit: Open) -> None:
    page = visit()
    page.keyboard.press("?")
    page.get_by_label("Use these keys").uncheck()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("b")
    assert pressed(page, "a")


def test_a_loop_repeats_and_the_end_stops(visit: Open) -> None:
    page = visit()
    page.keyboard.press("]")  # too short to be a loop
    page.keyboard.press("ArrowRight")
    page.keyboard.press("[")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("]")
    page.keyboard.press("Space")
    hears(page, 440)
    until(page, "contexts[0].currentTime > 0.6")
    assert 1 <= position(page) <= 1.1
    page.keyboard.press("Escape")
    page.keyboard.press("End")
    page.get_by_role("button", name="Play").wait_for()
    page.keyboard.press("Space")  # from the beginning again
    until(page, "document.querySelector('[data-position]').value < 3")
    hears(page, 440)


def test_dragging_loops_a_stretch_and_a_click_goes_there(visit: Open) -> None:
    page = visit()
    box = page.get_by_role("img", name="Spectrogram of B").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 20)
    until(page, "Math.abs(document.querySelector('[data-position]').value - 3) < 0.02")
    page.mouse.move(box["x"] + box["width"] / 3, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 25, steps=4)
    page.mouse.up()
    start, end = (float(text) for text in re.findall(r"0:0(\d\.\d+)", status(page)))
    assert (start, end) == (pytest.approx(2, abs=0.02), pytest.approx(3, abs=0.02))
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    page.get_by_role("img", name=re.compile(r"Waveform of A.*from 0:01\.(89|90)")).wait_for()


def test_levels_are_matched_and_can_be_left_alone(visit: Open) -> None:
    page = visit()
    page.get_by_text("A turned down by 5.").wait_for()
    page.keyboard.press("Space")
    hears(page, 440)
    level = "Math.max(...spectrum())"
    until(page, f"window.matched = {level}, matched > -60")
    page.keyboard.press("m")
    until(page, f"{level} - matched > 5")
    page.get_by_text("A is 5.").wait_for()
    page.keyboard.press("e")
    page.get_by_label("Error louder by").fill("20")
    page.get_by_text("20 dB", exact=True).wait_for()


def test_pictures_have_values_as_text(visit: Open) -> None:
    page = visit()
    box = page.get_by_role("img", name="Spectrogram of A").bounding_box()
    assert box
    readout = page.get_by_test_id("readout")
    readout.filter(has_text="A").wait_for()
    below = box["y"] + box["height"] - box["height"] * (440 * 3 / 200) / (15 + 27 * np.log(8) / np.log(6.4))
    page.mouse.move(box["x"] + box["width"] / 2, below)
    readout.filter(has_text=re.compile(r"0:03\.0\d\d, 4[34]\d Hz: A −[67] dB")).wait_for()
    text = readout.inner_text()
    assert re.search(r"B (under −100|−9\d|−8\d) dB, error −[67] dB. Peaks: A −6 dB, B −12 dB", text), text


def test_the_overview_is_drawn_before_the_sound_is_there(browser: "Browser", server: Folder) -> None:
    page = browser.new_page()
    page.route("**/*.wav", lambda route: None)  # never answered
    page.goto(f"{server.address}/compare.html?{server.pairs['short']}")  # type: ignore[attr-defined]
    inked = """() => [...document.querySelectorAll('canvas')].slice(0, 5).every(canvas => {
        const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        return new Set(new Uint32Array(data.buffer)).size > 1; })"""
    until(page, inked)
    assert page.get_by_role("button", name="Loading").is_disabled()
    page.close()


def test_a_long_sound_comes_in_parts_and_plays_on(visit: Open, server: Folder) -> None:
    server.asked.clear()
    page = visit("long")
    page.keyboard.press("Space")
    hears(page, 440)
    page.keyboard.press("b")
    page.locator("[data-position]").fill("19.5")  # a window ends at 39.5 s, and so on
    until(page, "document.querySelector('[data-position]').value > 19.5")
    hears(page, 880)
    largest = max(int(stop) - int(start) for start, stop in re.findall(r"bytes=(\d+)-(\d+)", str(server.asked)))
    assert largest <= 20 * LONG_RATE * 2


def test_a_server_without_ranges_will_do(visit: Open, server: Folder) -> None:
    server.ranges = False
    try:
        page = visit()
        page.keyboard.press("Space")
        hears(page, 440)
    finally:
        server.ranges = True


@pytest.mark.parametrize("pair", ["silent", "five"])
def test_odd_sounds_are_played_too(visit: Open, pair: str) -> None:
    page = visit(pair)
    page.get_by_text("Equally loud" if pair == "silent" else "B turned down by").wait_for()
    page.keyboard.press("l")
    page.keyboard.press("Space")
    page.get_by_role("button", name="Pause").wait_for()
    if pair == "five":
        hears(page, 440)


def test_a_sound_that_is_gone_is_said_so(browser: "Browser", server: Folder) -> None:
    page = browser.new_page()
    page.goto(f"{server.address}/compare.html?a=gone.wav&b=gone.wav")
    assert "404" in page.get_by_role("alert").inner_text()
    page.get_by_role("button", name="Try again").click()
    page.get_by_role("alert").wait_for()
    page.close()


def test_an_interruption_is_said_and_playing_goes_on(visit: Open) -> None:
    page = visit()
    page.keyboard.press("Space")
    hears(page, 440)
    page.evaluate("contexts[0].suspend()")  # as a telephone does when somebody calls
    page.get_by_text("interrupted").wait_for()
    page.keyboard.press("Space")
    hears(page, 440)
    assert page.evaluate("contexts.map(context => context.state)") == ["closed", "running"]


def test_nothing_is_left_behind(visit: Open) -> None:
    page = visit()
    page.keyboard.press("Space")
    hears(page, 440)
    assert len(page.workers) == 1
    page.evaluate("leave()")
    until(page, "contexts.every(context => context.state === 'closed')")
    until(page, "document.getElementById('root').childElementCount === 0")
    page.keyboard.press("b")  # the keys are free again
    deadline = time.monotonic() + 10
    while page.workers:
        assert time.monotonic() < deadline, "the Worker lives on"
        page.wait_for_timeout(20)


def test_the_blind_test_hides_its_answers_until_the_end(visit: Open) -> None:
    page = visit()
    answer(page, 3)  # without a test they mean nothing
    page.get_by_text("Blind test").click()
    page.get_by_label("Trials").select_option("8")
    page.get_by_role("button", name="Start test").click()
    page.keyboard.press("Space")
    hears(page, 440)
    page.keyboard.press("x")
    heard = []
    for trial in range(8):
        page.get_by_text(f"Trial {trial + 1} of 8.").wait_for()
        assert " right" not in page.locator("details").inner_text()
        until(page, "[440, 880].some(hertz => Math.abs(loudest() - hertz) < 12)")
        heard.append("?")
        if trial == 3:
            page.keyboard.press("l")  # a loop changes nothing about the test
        page.keyboard.press("f" if trial % 2 else "j")
    result = page.get_by_test_id("abx-result").inner_text()
    hits = int(re.match(r"(\d) of 8 right", result)[1])  # type: ignore[index]
    text = page.get_by_label("Result as text").input_value()
    trials = re.findall(r"([AB])/([AB])", text.split("Trials")[1].split(":")[1])
    assert [said for _, said in trials] == ["B", "A"] * 4
    assert sum(x == said for x, said in trials) == hits
    answer(page, 2)
    assert page.get_by_test_id("abx-result").inner_text() == result


def test_x_is_what_the_result_says(visit: Open) -> None:
    page = visit()
    page.get_by_text("Blind test").click()
    page.get_by_label("Trials").select_option("5")
    page.get_by_label("Show after each answer").check()
    page.get_by_role("button", name="Start test").click()
    page.keyboard.press("Space")
    page.keyboard.press("x")
    for trial in range(5):
        page.get_by_text(f"Trial {trial + 1} of 5.").wait_for()
        page.wait_for_timeout(700)  # the analyser's window has to be full of the new X
        is_a = page.evaluate("Math.abs(loudest() - 440) < 12")
        assert is_a or page.evaluate("Math.abs(loudest() - 880) < 12")
        page.keyboard.press("f" if is_a else "j")
        assert trial == 4 or status(page).startswith("Right. ")
    assert "5 of 5 right" in page.get_by_test_id("abx-result").inner_text()


def test_a_test_that_was_stopped_says_so(visit: Open) -> None:
    page = visit(more="&theme=dark")
    page.get_by_text("Blind test").click()
    page.get_by_role("button", name="Start test").click()
    answer(page, 2)
    page.get_by_role("button", name="End the test now").click()
    page.get_by_text("stopped after 2 of 10 trials").wait_for()
    assert "Too few trials" in page.locator("details").inner_text()


@pytest.mark.parametrize(("theme", "width"), [("light", 1100), ("dark", 390)])
def test_no_rule_of_accessibility_is_broken(visit: Open, axe: "Callable[[Page], None]", theme: str, width: int) -> None:
    page = visit(more=f"&theme={theme}", width=width, has_touch=width < 500)
    page.keyboard.press("Space")
    page.keyboard.press("[")
    page.get_by_text("Blind test").click()
    page.get_by_role("button", name="Start test").click()
    if theme == "light":
        axe(page)
    answer(page, 10)
    page.keyboard.press("?")
    axe(page)
    page.keyboard.press("Escape")
    axe(page)


def test_it_fits_a_phone(visit: Open) -> None:
    page = visit(width=360, has_touch=True)
    page.get_by_text("Blind test").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    small = page.evaluate(
        """() => [...document.querySelectorAll('button, select, summary, label, input[type=range]')]
        .filter(element => {
            const {width, height} = element.getBoundingClientRect();
            return width && Math.min(width, height) < 43.5; })
        .map(element => element.outerHTML)"""
    )
    assert small == []
