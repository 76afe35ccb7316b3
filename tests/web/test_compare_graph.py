"""The audio graph of the comparison, rendered offline by the code that plays: switching is exact to the sample."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from made_pairs import build_trial
from made_range_server import folder_server
from numpy.typing import NDArray

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Render = Callable[..., NDArray[np.float64]]
RATES = [8000, 16000, 44100, 48000]


@pytest.fixture(scope="module")
def render(browser: "Browser", tmp_path_factory: pytest.TempPathFactory) -> Iterator[Render]:
    """Render a scene of made_graph.js."""
    folder = tmp_path_factory.mktemp("trial")
    build_trial(folder)
    with folder_server(folder) as server:
        page = browser.new_page()
        page.goto(f"{server.address}/compare.html?a=nothing.wav")
        script = Path(__file__).with_name("made_graph.js").read_text(encoding="utf-8")
        page.evaluate("() => {" + script + "}")

        def rendered(**scene: Any) -> NDArray[np.float64]:
            scene.setdefault("frames", 4800)
            scene.setdefault("pieces", [{"from": 0, "to": scene["frames"], "when": 0}])
            return np.asarray(page.evaluate("scene => render(scene)", scene))

        yield rendered
        page.close()


@pytest.mark.parametrize("rate", RATES)
def test_the_error_of_equal_sounds_is_nothing(render: Render, rate: int) -> None:
    out = render(rate=rate, a="noise", b="noise", switches=[["error", 1000]], fade=100 / rate)
    assert out[:1000].all()
    assert not out[1101:].any()


@pytest.mark.parametrize("rate", RATES)
def test_opposite_sounds_cancel_in_the_middle_of_a_switch(render: Render, rate: int) -> None:
    fade = 200 / rate
    out = render(rate=rate, a="noise", b="minus", switches=[["b", 1000]], fade=fade)
    one = render(rate=rate, a="noise", b="noise")
    assert out[1100] == pytest.approx(0, abs=1e-6)
    assert np.array_equal(out[:1000], one[:1000])
    assert np.array_equal(out[1200:], -one[1200:])


def test_the_error_is_b_minus_a(render: Render) -> None:
    a, b, error = (
        render(rate=16000, a="noise", b="other", switches=[[which, 0]], fade=1e-9) for which in ("a", "b", "error")
    )
    assert np.allclose(error[8:], (b - a)[8:], atol=1e-6)


@pytest.mark.parametrize("where", ["b", "x"])
def test_a_switch_is_linear_and_never_louder_or_quieter(render: Render, where: str) -> None:
    steady = render(rate=48000, a="one", b="one", x="b", switches=[[where, 1000]])
    assert np.abs(steady - 1).max() < 1e-6
    falling = render(rate=48000, a="one", b="zero", x="b", switches=[[where, 1000]])
    line = np.interp(np.arange(4800), [1000, 1480], [1, 0])
    assert np.abs(falling - line).max() < 1e-6


def test_switches_in_quick_succession_never_jump(render: Render) -> None:
    switches = [["b", 1000], ["a", 1100], ["x", 1150], ["b", 1400], ["a", 1410]]
    out = render(rate=48000, a="one", b="zero", x="b", switches=switches)
    assert np.abs(np.diff(out)).max() <= 1 / 480 + 1e-6
    assert (out.min() >= -1e-6, out.max() <= 1 + 1e-6, out[-1]) == (True, True, pytest.approx(1))
    constant = render(rate=48000, a="one", b="one", x="b", switches=switches)
    assert np.abs(constant - 1).max() < 1e-6


@pytest.mark.parametrize("levels", [None, [0.5, 1], [1, 0.7071]])
@pytest.mark.parametrize("x", ["a", "b"])
def test_x_is_what_it_is_bit_for_bit(render: Render, x: str, levels: list[float] | None) -> None:
    scene = {"rate": 44100, "a": "noise", "b": "other", "x": x, "levels": levels, "fade": 0.005}
    direct, hidden = render(**scene, switches=[[x, 0]])[441:], render(**scene, switches=[["x", 0]])[441:]
    assert np.array_equal(direct, hidden)
    assert direct.any()
    if x == "a":  # the way to X sounds the same as the way to A or B
        away = [["b", 1000]]
        to_a, to_x = (render(**scene, switches=[*away, [which, 2000]])[2300:] for which in ("a", "x"))
        assert np.array_equal(to_a, to_x)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("loop", [[100, 101], [100, 357], [0, 1000], [333, 2999]])
def test_loops_repeat_exactly(render: Render, rate: int, loop: list[int]) -> None:
    begin = loop[0] + (loop[1] - loop[0]) // 3
    pieces = [{"from": 0, "to": 3000, "when": 0, "offset": begin, "loop": loop}]
    out = render(rate=rate, a="ramp", b="zero", pieces=pieces, frames=9000)
    assert np.array_equal(out, loop[0] + (begin - loop[0] + np.arange(9000)) % (loop[1] - loop[0]))


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("origin", [0, 777, 12345])
def test_windows_follow_each_other_without_a_seam(render: Render, rate: int, origin: int) -> None:
    edges = [0, 1111, 2222, 2223, 6000]
    pieces = [{"from": start, "to": stop, "when": origin + start} for start, stop in itertools.pairwise(edges)]
    frames = origin + 6000
    out = render(rate=rate, a="ramp", b="ramp", x="b", pieces=pieces, frames=frames, switches=[["x", origin + 2000]])
    ramp, fade = np.arange(6000), slice(2000, 2001 + rate // 100)
    assert np.allclose(out[origin:], ramp, rtol=1e-6)
    assert np.abs(np.delete(out[origin:] - ramp, fade)).max() < 1e-9  # times are rounded to 53 bits
    assert not out[:origin].any()
