"""`<ligeia-audio>` and its example page in a real browser: from a file, from servers, with a strict policy, offline."""

import base64
import runpy
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

sys.path.append(str(Path(__file__).resolve().parents[2]))  # plain `pytest` does not look there

from benchmarks.serving import NO_CHROMIUM, browsing, chromium
from tests.web.playing import EARS, POLICY_ONE_SCRIPT, Site, page, serving_files

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
STREAMS = EXAMPLES / "streams"
VECTORS = ROOT / "tests" / "vectors"
BUILDER = ROOT / "scripts" / "build_player.py"
NAMES = ("sentence.lig", "memo.lig", "strings.lig")
SCRIPT = "src/ligeia/server/page/player/ligeia-player.classic.js"
ELSEWHERE = "sounds.example"
"""A name of this machine that is not localhost: over plain http it is no secure context."""
Open = Callable[..., "Page"]


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both builds of the player, made of the sources as they are."""
    if not runpy.run_path(str(BUILDER))["PAGE_BUILDER"]["installed"]():
        pytest.skip("no tools of the page in web/node_modules: run `make page`")
    out = tmp_path_factory.mktemp("player")
    done = subprocess.run([sys.executable, BUILDER, "--out", out], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """A Chromium without a window, which finds another name for this machine."""
    if chromium() is None:
        pytest.skip(NO_CHROMIUM)
    with browsing(f"--host-resolver-rules=MAP {ELSEWHERE} 127.0.0.1") as running:
        yield running


@pytest.fixture
def open_page(browser: "Browser") -> Iterator[Open]:
    """Open pages with ears; the test fails if one of them writes to the console, unless it is expected."""
    said: list[str] = []
    expected: list[str] = []
    contexts = []

    def opened(address: str, *, expect: tuple[str, ...] = (), **options: Any) -> "Page":
        context = browser.new_context(reduced_motion="reduce", **options)
        contexts.append(context)
        context.add_init_script(EARS)
        made = context.new_page()
        made.set_default_timeout(20_000)
        made.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        made.on("pageerror", lambda error: said.append(f"uncaught: {error}"))
        expected.extend(expect)
        made.goto(address)
        return made

    try:
        yield opened
        assert [text for text in said if not any(part in text for part in expected)] == []
    finally:
        for context in contexts:
            context.close()


@pytest.fixture
def example(builds: Path, tmp_path: Path) -> Path:
    """The example page, and its script where a clone has it."""
    folder = tmp_path / "examples"
    folder.mkdir()
    shutil.copy(EXAMPLES / "player.html", folder)
    script = tmp_path / SCRIPT
    script.parent.mkdir(parents=True)
    shutil.copy(builds / script.name, script)
    return folder / "player.html"


@pytest.fixture
def site(builds: Path) -> Iterator[Site]:
    """A server with the build of modules, the example streams and the strict policy of `ligeia serve`."""
    site = Site({name: (STREAMS / name).read_bytes() for name in NAMES})
    site.add(builds)
    with serving_files(site) as running:
        yield running


def test_the_one_script_reads_the_same_in_every_encoding(builds):
    assert (builds / "ligeia-player.classic.js").read_bytes().isascii()
    in_ascii = runpy.run_path(str(BUILDER))["in_ascii"]
    assert in_ascii('"a \u00b7 \U0001f399"') == r'"a \u00b7 \ud83c\udf99"'


def wait_for(here: "Page", condition: str) -> None:
    """Wait until an expression of the page is true; `sounds` are its elements."""
    here.wait_for_function(f"() => {{ const sounds = document.querySelectorAll('ligeia-audio'); return {condition}; }}")


def of_first(here: "Page", expression: str) -> Any:
    """Return an expression of `sound`, the first element of the page."""
    return here.evaluate(f"() => {{ const sound = document.querySelector('ligeia-audio'); return {expression}; }}")


def press(here: "Page", name: str, index: int = 0) -> None:
    """Press the button of that name of an element."""
    here.locator("ligeia-audio").nth(index).get_by_role("button", name=name).click()


def hear(here: "Page") -> None:
    """Wait until the context made last is heard."""
    here.wait_for_function("() => heard() > 0.001")


def message(here: "Page", index: int = 0) -> str:
    """Wait until an element has something to say, and return it."""
    status = here.locator("ligeia-audio").nth(index).get_by_role("status")
    status.filter(has_text=".").wait_for()
    return status.inner_text()


# --- the example page ------------------------------------------------------------------------------------


def plays_all(here: "Page") -> None:
    """Play each stream of the example page to a place that is heard; one silences the other."""
    wait_for(here, "sounds.length === 3 && [...sounds].every((one) => one.duration > 2)")
    for index in range(3):
        press(here, "Play", index)
        hear(here)
        wait_for(here, f"[...sounds].map((one) => !one.paused).indexOf(true) === {index}")
    rates = here.evaluate("contexts.map(({ context }) => context.sampleRate)")
    assert rates == [22050, 44100], "two of the streams share a context"


def test_the_example_page_holds_the_streams_beside_it() -> None:
    html = (EXAMPLES / "player.html").read_text(encoding="utf-8")
    for name in NAMES:
        content = (STREAMS / name).read_bytes()
        assert len(content) <= 20_000
        assert f'base64,{base64.b64encode(content).decode()}"' in html, "run python scripts/make_example_streams.py"


def test_from_a_file_without_a_network(open_page: Open, example: Path, axe: Callable[["Page"], None]) -> None:
    here = open_page(example.as_uri(), offline=True)
    asked: list[str] = []
    here.on("request", lambda request: asked.append(request.url))
    here.reload()
    plays_all(here)
    assert {address.partition(":")[0] for address in asked} <= {"file", "blob", "data"}
    axe(here)


def test_from_a_server(open_page: Open, example: Path) -> None:
    site = Site(
        {"examples/player.html": example.read_bytes(), SCRIPT: (example.parents[1] / SCRIPT).read_bytes()},
        policy="default-src 'self' 'unsafe-inline' data: blob: 'wasm-unsafe-eval'",
    )
    with serving_files(site):
        plays_all(open_page(site.url + "examples/player.html"))
    assert sorted(site.asked) == ["examples/player.html", SCRIPT]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone(open_page: Open, example: Path, axe: Callable[["Page"], None], scheme: str) -> None:
    here = open_page(example.as_uri(), viewport={"width": 360, "height": 740}, color_scheme=scheme, has_touch=True)
    wait_for(here, "sounds[2]?.duration > 2")
    assert here.evaluate("document.documentElement.scrollWidth") <= 360
    for part in here.locator("ligeia-audio").first.locator("button, input").all():
        box = part.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44, part.get_attribute("part")
    axe(here)


def test_with_the_keyboard_alone(open_page: Open, example: Path) -> None:
    here = open_page(example.as_uri())
    wait_for(here, "sounds[0]?.duration > 2")
    here.get_by_role("link", name="sentence.lig").focus()
    names = []
    for _ in range(5):
        here.keyboard.press("Tab")
        names.append(here.evaluate("document.activeElement.shadowRoot.activeElement.ariaLabel"))
    assert names == ["Play", "Position", "Mute", "Volume", "Loop"]
    here.keyboard.press("Space")
    assert of_first(here, "sound.loop") is True
    here.keyboard.press("Shift+Tab")
    here.keyboard.press("ArrowLeft")
    assert of_first(here, "sound.volume") == pytest.approx(0.95)
    here.keyboard.press("Shift+Tab")
    here.keyboard.press("Enter")
    assert of_first(here, "sound.muted") is True
    here.keyboard.press("Shift+Tab")
    here.keyboard.press("ArrowRight")
    assert of_first(here, "sound.currentTime") == pytest.approx(0.3)
    here.keyboard.press("End")
    assert of_first(here, "sound.currentTime") == 6
    here.keyboard.press("Home")
    here.keyboard.press("Shift+Tab")
    here.keyboard.press("Space")
    wait_for(here, "sounds[0].currentTime > 0.2")
    here.keyboard.press("Space")
    assert of_first(here, "sound.paused") is True


# --- pages of others -------------------------------------------------------------------------------------


def test_under_a_strict_policy(open_page: Open, site: Site, axe: Callable[["Page"], None]) -> None:
    """No inline script or style, no blob: modules, a Worker that is a file, WebAssembly."""
    site.files["index.html"] = page('<ligeia-audio src="sentence.lig"></ligeia-audio>')
    here = open_page(site.url + "index.html")
    wait_for(here, "sounds[0].duration === 6")
    press(here, "Play")
    hear(here)
    assert here.locator("ligeia-audio").get_by_text("A sentence over plucked strings").is_visible()
    axe(here)
    of_first(here, "(sound.currentTime = 5.7, 0)")
    wait_for(here, "sounds[0].ended && sounds[0].paused && sounds[0].currentTime === 6")
    axe(here)


def test_one_script_under_a_policy_that_allows_its_worker(open_page: Open, site: Site) -> None:
    site.policy = POLICY_ONE_SCRIPT
    script = '<script defer src="ligeia-player.classic.js"></script>'
    site.files["index.html"] = page('<ligeia-audio src="memo.lig"></ligeia-audio>', script)
    here = open_page(site.url + "index.html")
    wait_for(here, "sounds[0].duration > 7")
    press(here, "Play")
    hear(here)


def test_without_leave_for_webassembly_it_plays_all_the_same(open_page: Open, site: Site) -> None:
    site.policy = site.policy.replace(" 'wasm-unsafe-eval'", "")
    site.files["index.html"] = page('<ligeia-audio src="memo.lig"></ligeia-audio>')
    here = open_page(site.url + "index.html")
    wait_for(here, "sounds[0].duration > 7")
    press(here, "Play")
    hear(here)


@pytest.mark.parametrize("build", ["modules", "one script"])
def test_over_plain_http(open_page: Open, site: Site, build: str) -> None:
    """No secure context: there is no AudioWorklet, and nothing needs one."""
    script = '<script defer src="ligeia-player.classic.js"></script>'
    words = {} if build == "modules" else {"script": script}
    site.policy = site.policy if build == "modules" else POLICY_ONE_SCRIPT
    site.files["index.html"] = page('<ligeia-audio src="strings.lig"></ligeia-audio>', **words)
    here = open_page(f"http://{ELSEWHERE}:{site.port}/index.html")
    assert here.evaluate("[isSecureContext, 'audioWorklet' in AudioContext.prototype]") == [False, False]
    wait_for(here, "sounds[0].duration === 2.5")
    press(here, "Play")
    hear(here)


def test_it_starts_before_all_bytes_are_there(open_page: Open, site: Site) -> None:
    arrive = threading.Event()
    site.held["memo.lig"] = (5000, arrive)
    site.files["index.html"] = page('<ligeia-audio src="memo.lig"></ligeia-audio>')
    here = open_page(site.url + "index.html")
    wait_for(here, "sounds[0].readableSeconds > 1")
    assert of_first(here, "sound.readableSeconds") < 5
    press(here, "Play")
    hear(here)
    of_first(here, "(sound.currentTime = 7, sound.addEventListener('playing', () => (sound.arrived = true)))")
    wait_for(here, "sounds[0].currentTime === 7")
    arrive.set()
    wait_for(here, "sounds[0].arrived && sounds[0].ended")
    assert of_first(here, "sound.error") is None


def test_nothing_is_loaded_before_it_is_wanted(open_page: Open, site: Site) -> None:
    site.files["index.html"] = page('<ligeia-audio preload="none" src="sentence.lig"></ligeia-audio>')
    here = open_page(site.url + "index.html")
    here.get_by_role("button", name="Play").wait_for()
    assert "sentence.lig" not in site.asked
    press(here, "Play")
    hear(here)
    assert "sentence.lig" in site.asked


def test_it_loops_without_an_end(open_page: Open, site: Site) -> None:
    site.files["index.html"] = page('<ligeia-audio loop src="strings.lig"></ligeia-audio>')
    here = open_page(site.url + "index.html")
    wait_for(here, "sounds[0].duration === 2.5")
    of_first(here, "(sound.currentTime = 2.2, 0)")
    press(here, "Play")
    wait_for(here, "sounds[0].currentTime > 0.2 && sounds[0].currentTime < 1 && !sounds[0].paused")
    hear(here)


def test_volume_and_muting_are_heard(open_page: Open, site: Site) -> None:
    site.files["index.html"] = page('<ligeia-audio loop muted src="strings.lig"></ligeia-audio>')
    here = open_page(site.url + "index.html")
    press(here, "Play")
    wait_for(here, "sounds[0].currentTime > 0.3")
    assert here.evaluate("heard()") == 0
    press(here, "Mute")
    hear(here)


def test_attributes_choose_controls_and_words(open_page: Open, site: Site) -> None:
    site.files["index.html"] = page(
        '<ligeia-audio src="sentence.lig" controls="play time" label="A sentence"></ligeia-audio>'
        '<ligeia-audio src="memo.lig" controls="none"></ligeia-audio>'
    )
    here = open_page(site.url + "index.html")
    wait_for(here, "sounds[1]?.duration > 7 && sounds[0].duration === 6")
    shown = here.evaluate("""[...document.querySelectorAll("ligeia-audio")].map(({ shadowRoot }) =>
        [...shadowRoot.querySelectorAll("[part]")].filter((part) => part.checkVisibility()).map((part) => part.part[0]))
    """)
    assert shown == [["frame", "play", "time", "sound", "message"], []]
    assert here.get_by_role("group", name="A sentence").count() == 1


def test_an_element_that_goes_leaves_nothing_behind(open_page: Open, site: Site) -> None:
    site.files["index.html"] = page('<ligeia-audio src="sentence.lig"></ligeia-audio><p></p>')
    here = open_page(site.url + "index.html")
    press(here, "Play")
    hear(here)
    here.evaluate("document.querySelector('p').append(document.querySelector('ligeia-audio'))")
    wait_for(here, "sounds[0].currentTime > 0.5 && !sounds[0].paused")
    assert len(here.workers) == 1, "an element that is moved goes on"
    here.evaluate("window.gone = document.querySelector('ligeia-audio')")
    here.evaluate("gone.remove()")
    here.wait_for_function("() => contexts[0].context.state === 'closed'")
    here.wait_for_timeout(100)
    assert here.workers == []
    here.evaluate("document.querySelector('p').append(gone)")
    wait_for(here, "sounds[0].duration === 6")
    press(here, "Play")
    here.wait_for_function("() => contexts.length === 2 && heard() > 0.001")


def test_another_address_is_another_sound(open_page: Open, site: Site) -> None:
    site.files["index.html"] = page('<ligeia-audio src="sentence.lig"></ligeia-audio>')
    here = open_page(site.url + "index.html")
    press(here, "Play")
    hear(here)
    of_first(here, "(sound.src = 'strings.lig', 0)")
    wait_for(here, "sounds[0].duration === 2.5 && sounds[0].paused && sounds[0].currentTime === 0")
    press(here, "Play")
    here.wait_for_function("() => contexts.length === 2 && contexts[0].context.state === 'closed'")
    hear(here)
    assert here.evaluate("contexts[1].context.sampleRate") == 44100


# --- what goes wrong -------------------------------------------------------------------------------------


def test_errors_say_what_is_wrong(open_page: Open, site: Site, axe: Callable[["Page"], None]) -> None:
    demo = site.files["sentence.lig"]
    site.files |= {
        "page.lig": b"<!doctype html><title>Sign in</title>",
        "empty.lig": b"",
        "siren.lig": (VECTORS / "mono.lig").read_bytes(),
        "family.lig": (VECTORS / "family_film.lig").read_bytes(),
        "version.lig": demo[:3] + b"\x09" + demo[4:],
    }
    names = ("absent.lig", "page.lig", "empty.lig", "siren.lig", "family.lig", "version.lig")
    site.files["index.html"] = page("".join(f'<ligeia-audio src="{name}"></ligeia-audio>' for name in names))
    here = open_page(site.url + "index.html", expect=("404",))
    said = {name: message(here, index) for index, name in enumerate(names)}
    assert said["absent.lig"] == "absent.lig was not found (the server answered 404)."
    assert "siren" in said["siren.lig"].lower(), "it is named"
    codes = here.evaluate("[...document.querySelectorAll('ligeia-audio')].map((one) => one.error.code)")
    assert codes == ["not-found", "format", "format", "unsupported", "unsupported", codes[5]]
    assert all(said[name].startswith(f"{name} ") for name in names)
    axe(here)


def test_a_failed_address_is_tried_again_by_play(open_page: Open, site: Site) -> None:
    site.files["index.html"] = page('<ligeia-audio src="late.lig"></ligeia-audio>')
    here = open_page(site.url + "index.html", expect=("404",))
    message(here)
    site.files["late.lig"] = site.files["sentence.lig"]
    press(here, "Play")
    hear(here)
    assert of_first(here, "sound.error") is None


def test_a_damaged_stream_plays_up_to_the_damage(open_page: Open, site: Site) -> None:
    damaged = bytearray(site.files["memo.lig"])
    damaged[6000] ^= 0xFF
    site.files |= {
        "damaged.lig": bytes(damaged),
        "short.lig": site.files["memo.lig"][:6000],
        "index.html": page(
            '<ligeia-audio src="damaged.lig"></ligeia-audio><ligeia-audio src="short.lig"></ligeia-audio>'
        ),
    }
    here = open_page(site.url + "index.html")
    for index in range(2):
        wait_for(here, f"sounds[{index}]?.duration > 2")
        press(here, "Play", index)
        hear(here)
        wait_for(here, f"sounds[{index}].ended")
        assert "damaged" in message(here, index)
        times = here.evaluate(
            "[...document.querySelectorAll('ligeia-audio')].map((one) => [one.currentTime, one.duration])"
        )
        assert 2 < times[index][0] == times[index][1] < 6


def test_a_lost_connection_is_named(open_page: Open, site: Site) -> None:
    lose = threading.Event()
    site.held["memo.lig"] = (6000, lose)
    site.broken.add("memo.lig")
    site.files["index.html"] = page('<ligeia-audio src="memo.lig"></ligeia-audio>')
    here = open_page(site.url + "index.html", expect=("ERR_CONTENT_LENGTH_MISMATCH",))
    wait_for(here, "sounds[0].readableSeconds > 1")
    press(here, "Play")
    hear(here)
    lose.set()
    assert "did not arrive as a whole: it plays up to" in message(here)
    wait_for(here, "sounds[0].ended")


def test_an_address_from_a_page_that_is_a_file_says_what_to_do(open_page: Open, example: Path) -> None:
    script = f'<script defer src="../{SCRIPT}"></script>'
    (example.parent / "other.html").write_bytes(page('<ligeia-audio src="sentence.lig"></ligeia-audio>', script))
    here = open_page((example.parent / "other.html").as_uri(), expect=("CORS", "ERR_FAILED"))
    assert "data: address" in message(here)


def test_a_page_that_begins_to_play_by_itself_is_told_to_wait(open_page: Open, site: Site) -> None:
    site.files["index.html"] = page('<ligeia-audio src="sentence.lig"></ligeia-audio>')
    here = open_page(site.url + "index.html", expect=("AudioContext was not allowed to start",))
    session = here.context.new_cdp_session(here)
    found = session.send(
        "Runtime.evaluate",
        {
            "expression": "document.querySelector('ligeia-audio').play().then(() => 'plays', (error) => error.code)",
            "awaitPromise": True,
            "userGesture": False,
        },
    )
    assert found["result"]["value"] == "blocked"
    assert of_first(here, "[sound.paused, sound.error]") == [True, None]
    press(here, "Play")
    hear(here)


# --- exactness -------------------------------------------------------------------------------------------


def test_pieces_back_to_back_are_one_sound(open_page: Open, site: Site) -> None:
    """Rendered offline by the graph that is heard: no sample differs, at any rate, from any frame on."""
    site.files["index.html"] = page("")
    here = open_page(site.url + "index.html")
    differences = here.evaluate("""async () => {
      const { renderPieces } = await import("./ligeia-player.js");
      const worst = {};
      for (const rate of [3000, 8000, 11025, 16000, 22050, 44100, 48000, 96000, 192000])
        for (const origin of [0, 1, 12345, 10 * rate + 7]) {
          const whole = [0, 1].map(() => Float32Array.from({ length: 5000 }, () => 2 * Math.random() - 1));
          const pieces = [];
          for (let at = 0, size = 1; at < 5000; at += size, size = 1 + ((size * 7 + 3) % 900))
            pieces.push(whole.map((channel) => channel.slice(at, at + size)));
          const rendered = await renderPieces({ rate, channels: 2, pieces, origin });
          const differ = rendered.map((channel, index) => channel.reduce((most, value, at) =>
            Math.max(most, Math.abs(value - whole[index][at])), 0));
          worst[`${rate} from ${origin}`] = Math.max(...differ);
        }
      return worst;
    }""")
    assert {name: value for name, value in differences.items() if value != 0} == {}
    assert len(differences) == 36
