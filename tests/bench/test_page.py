import re

from ligeia.bench.page import SCRIPT, STYLE
from ligeia.plots.style import DARK_BACKGROUND


def test_light_and_dark() -> None:
    assert "prefers-color-scheme:dark" in STYLE
    assert f"--paper:{DARK_BACKGROUND}" in STYLE
    assert STYLE.count("{") == STYLE.count("}")
    light, dark = (set(re.findall(r"(--\w+):", part)) for part in re.findall(r":root\{([^}]*)\}", STYLE))
    assert light == dark
    assert set(re.findall(r"var\((--\w+)\)", STYLE)) <= light | {"--c"}


def test_nothing_is_loaded_and_text_stays_text() -> None:
    assert not re.search(r"url\(|@import|https?:", STYLE + SCRIPT)
    assert not re.search(r"innerHTML|outerHTML|document\.write|eval|</", SCRIPT)
