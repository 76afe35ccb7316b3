import base64
import hashlib
import re
from collections import Counter
from html.parser import HTMLParser

import pytest
from made_rows import ENVIRONMENTS, HOSTILE, METRICS, benchmark, failure, ladder, metric, row

from ligeia.bench.html import page, table_html
from ligeia.bench.report import document
from ligeia.plots.style import styles
from ligeia.records.tables import table

VOID = {"meta"}


class Reader(HTMLParser):
    """Checks that tags are balanced, and collects them, their attributes and all text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID and not (self.get_starttag_text() or "").endswith("/>"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture(scope="module")
def html() -> str:
    return page(document(benchmark(), ENVIRONMENTS, METRICS, "opus"))


def test_the_page_is_whole_and_says_everything(html: str) -> None:
    reader = Reader(html)
    assert html.startswith("<!DOCTYPE html>")
    assert reader.tags["figure"] == 6
    assert reader.tags["table"] == 2 * 3 + 6
    said = " ".join(reader.text)
    for expected in ("speech", "opus:24", "opusenc: no answer", "2 x AMD EPYC", "too short", "BD-rate", "lossless"):
        assert expected in said


def test_nothing_comes_from_outside(html: str) -> None:
    reader = Reader(html)
    links = [value for _, name, value in reader.attributes if name in ("href", "src", "action", "style")]
    assert all(re.fullmatch(r"#m[0-9]+", link) for link in links)
    assert not [name for _, name, _ in reader.attributes if name.startswith("on")]
    assert not re.search(r"https?:|url\(|@import", html)


def test_only_our_own_script_and_style_may_run(html: str) -> None:
    policy = next(value for tag, name, value in Reader(html).attributes if name == "content" and "default-src" in value)
    for tag in ("script", "style"):
        ((inside),) = re.findall(rf"<{tag}>(.*?)</{tag}>", html, flags=re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy


def test_hostile_names_stay_text() -> None:
    odd = f"{HOSTILE}/a.flac"
    rows = ladder([odd], "opus", (8, 16, 32)) + ladder([odd], HOSTILE, (8, 16, 32)) + [failure(odd, "mp3:1", HOSTILE)]
    rows += [row(odd, "aac:1", version=HOSTILE, notes=[HOSTILE], reasons={"snr": HOSTILE}, environment=HOSTILE)]
    metrics = {"snr": metric("snr", summary=HOSTILE, source=HOSTILE), HOSTILE: metric(HOSTILE)}
    html = page(document(rows, {HOSTILE: {HOSTILE: HOSTILE, "x": {HOSTILE: HOSTILE}}}, metrics, "opus"))
    harmless = Reader(page(document(benchmark(), ENVIRONMENTS, METRICS, "opus")))
    reader = Reader(html)
    assert set(reader.tags) <= set(harmless.tags)
    assert {name for _, name, _ in reader.attributes} <= {name for _, name, _ in harmless.attributes}
    assert reader.tags["script"] == 1
    html.encode()


def test_same_rows_same_bytes(html: str) -> None:
    assert page(document(reversed(benchmark()), ENVIRONMENTS, METRICS, "opus")) == html


def test_every_family_has_a_colour_for_light_and_dark(html: str) -> None:
    for style in styles(["opus", "mp3", "ligeia", "dac", "flac"]).values():
        assert f"{{--c:{style.light}}}" in html
        assert f"{{--c:{style.dark}}}" in html


def test_menus_offer_metrics_and_groups_by_number(html: str) -> None:
    options = re.findall(r'<option value="([^"]*)">([^<]*)', html)
    assert options == [
        *(("0", "snr"), ("1", "stoi"), ("2", "lsd"), ("", "all metrics")),
        *(("0", "music"), ("1", "speech"), ("", "all groups")),
    ]
    figures = re.findall(r'<figure data-group="(\d)" data-metric="(\d)">', html)
    assert figures == [(group, metric) for group in "01" for metric in "012"]
    assert set(re.findall(r'<tr[^>]* data-metric="(\d)"', html)) == {"0", "1", "2"}


def test_tables() -> None:
    text = table_html(table(["codec", "kbps"], [["a:1", "<24>"], ["a:2", "32"], ["b", "5"]]), {"b": 7})
    assert '<th>codec</th><th class="number">kbps</th>' in text
    assert '<tr><td>a:1</td><td class="number">&lt;24&gt;</td></tr>\n<tr><td>a:2</td>' in text
    assert '<tr class="new" data-metric="7"><td>b</td>' in text
    assert table_html(table(["codec"], [])) == ""


def test_an_empty_report_is_a_page() -> None:
    reader = Reader(page(document([], {}, METRICS, "opus")))
    assert "There is nothing to draw." in reader.text


def test_dashed_families_from_the_ninth_on() -> None:
    rows = [one for number in range(9) for one in ladder(["g/a"], f"codec{number}", (8, 16))]
    assert page(document(rows, {}, METRICS, "opus")).count(".line{stroke-dasharray") == 1
