"""Reports: the same content as Markdown, as pictures and as one page, whatever names it is given."""

import base64
import builtins
import hashlib
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from ligeia.errors import InputError
from ligeia.plots.curves import plot_lines
from ligeia.records.report import Picture, Section, picture_names, to_html, to_markdown, write_report
from ligeia.records.tables import table

HOSTILE = "<script>alert('x')</script>|`a`\n\"b\" & [c](javascript:d) {{ 7*7 }} \ud800\x00\u202e"
TABLE = table(["codec", "kbps"], [["a:1", "<24>"], ["a:2", "32"], ["b", "5"]])


def picture(name: str = "loss", title: str = "loss over steps") -> Picture:
    return Picture(name, title, lambda: plot_lines({"one": [(1, 2.0), (2, 1.0)]}, x="steps", y="loss"))


def report(text: str = "plain") -> Section:
    group = Section(
        heading=text,
        paragraphs=(text,),
        pictures=(picture(text, text),),
        table=table([text, "n"], [[text, text]]),
        sections=(Section(heading=text, table=TABLE), Section(table=TABLE)),
    )
    return Section(heading=text, paragraphs=(text, text), sections=(group, Section(heading="None", paragraphs=(".",))))


class Reader(HTMLParser):
    """Checks that tags are balanced, and collects them, their attributes and all text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def page(text: str = "plain") -> str:
    whole = report(text)
    return to_html(whole, dict.fromkeys(picture_names(whole), b"<svg/>"))


def test_all_files_are_written_and_the_same_again(tmp_path: Path) -> None:
    written = write_report(report(), tmp_path, stem="study")
    assert [path.name for path in written] == ["study.md", "study.html", "plain.svg", "plain.png"]
    assert sorted(tmp_path.iterdir()) == sorted(written)
    before = {path: path.read_bytes() for path in written}
    assert write_report(report(), tmp_path, stem="study") == written
    assert {path: path.read_bytes() for path in written} == before
    embedded = base64.b64encode((tmp_path / "plain.svg").read_bytes()).decode()
    assert f'<img src="data:image/svg+xml;base64,{embedded}" alt="plain">' in (tmp_path / "study.html").read_text()


def test_markdown() -> None:
    whole = report("a*")
    assert to_markdown(whole, dict.fromkeys(picture_names(whole), "name")) == (
        "# a\\*\n\na\\*\n\na\\*\n\n## a\\*\n\na\\*\n\n![a\\*](name.svg)\n\n"
        "| a\\* | n |\n| --- | ---: |\n| a\\* | a\\* |\n\n### a\\*\n\n"
        "| codec | kbps |\n| --- | ---: |\n| a:1 | &lt;24&gt; |\n| a:2 | 32 |\n| b | 5 |\n\n"
        "| codec | kbps |\n| --- | ---: |\n| a:1 | &lt;24&gt; |\n| a:2 | 32 |\n| b | 5 |\n\n## None\n\n.\n"
    )


def test_page_holds_everything() -> None:
    html = page()
    reader = Reader(html)
    assert html.startswith("<!DOCTYPE html>")
    assert (reader.tags["figure"], reader.tags["table"], reader.tags["nav"]) == (1, 3, 1)
    assert {f"h{level}": reader.tags[f"h{level}"] for level in (1, 2, 3, 4)} == {"h1": 1, "h2": 2, "h3": 1, "h4": 0}
    links = [value for tag, name, value in reader.attributes if tag == "a" and name == "href"]
    anchors = [f"#{value}" for _, name, value in reader.attributes if name == "id"]
    assert links == anchors == ["#part1", "#part2"]


def test_tables_align_numbers_and_mark_where_a_family_begins() -> None:
    html = page()
    assert '<th>codec</th><th class="number">kbps</th>' in html
    assert '<tr><td>a:1</td><td class="number">&lt;24&gt;</td></tr>\n<tr><td>a:2</td>' in html
    assert '<tr class="new"><td>b</td>' in html


def test_nothing_runs_and_nothing_comes_from_outside() -> None:
    html = page()
    reader = Reader(html)
    links = [value for _, name, value in reader.attributes if name in ("href", "src", "action", "style")]
    assert all(re.match(r"#part\d|data:image/svg\+xml;base64,", link) for link in links)
    assert not [name for _, name, _ in reader.attributes if name.startswith("on")]
    assert not re.search(r"https?:|url\(|@import|<script", html)
    policy = next(value for _, name, value in reader.attributes if name == "content" and "default-src" in value)
    (style,) = re.findall(r"<style>(.*?)</style>", html, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; ")
    assert set(re.findall(r"var\((--\w+)\)", style)) <= set(re.findall(r"(--\w+):", style))


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    html, harmless = page(HOSTILE), Reader(page())
    reader = Reader(html)
    assert reader.tags == harmless.tags
    assert [(tag, name) for tag, name, _ in reader.attributes] == [(tag, name) for tag, name, _ in harmless.attributes]
    shown = "<script>alert('x')</script>|`a` \"b\" & [c](javascript:d) {{ 7*7 }}"
    assert reader.text.count(shown) == 11  # title, headings, link, paragraphs, cells
    assert ("img", "alt", shown) in reader.attributes
    html.encode()
    text = to_markdown(report(HOSTILE), {})
    assert "<script" not in text
    assert "[c](" not in text
    written = write_report(report(HOSTILE), tmp_path)
    assert {path.parent for path in written} == {tmp_path}


def test_empty_report() -> None:
    assert to_markdown(Section(heading="Nothing"), {}) == "# Nothing\n"
    assert Reader(to_html(Section(heading="Nothing"), {})).tags["h1"] == 1


@pytest.mark.parametrize("name", ["../../etc/x", "..", "a b", "a/b", "größe", "x" * 300, HOSTILE, ""])
def test_hostile_pictures_get_harmless_files(name: str) -> None:
    (plain,) = picture_names(Section(pictures=(picture(name),))).values()
    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,70}", plain)


def test_names_that_meet_are_told_apart() -> None:
    pictures = [picture("a", "one"), picture("a", "one"), picture("a", "two"), picture("b"), picture("a b")]
    names = list(picture_names(Section(pictures=tuple(pictures))).values())
    assert len(set(names)) == 5
    assert {"a", "b"} <= set(names)


@pytest.mark.parametrize("module", ["matplotlib", "jinja2"])
def test_without_the_extra_there_is_the_markdown_alone(
    module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = builtins.__import__

    def blocked(name: str, *rest: Any, **more: Any) -> Any:
        if name.partition(".")[0] == module:
            raise ImportError(name)
        return original(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", blocked)
    assert [path.name for path in write_report(report(), tmp_path)] == ["report.md"]
    text = (tmp_path / "report.md").read_text()
    assert "The pictures and the HTML page are left out" in text
    assert "ligeia\\[plot\\]" in text
    assert "![" not in text


def test_figures_that_fail_are_errors_and_leave_no_file(tmp_path: Path) -> None:
    def broken() -> Any:
        raise InputError("no points to draw")

    with pytest.raises(InputError, match="no points"):
        write_report(Section(heading="x", pictures=(Picture("a", "a", broken),)), tmp_path)
    assert not list(tmp_path.iterdir())
    with pytest.raises(InputError, match="does not exist"):
        write_report(Section(heading="x"), tmp_path / "absent")
