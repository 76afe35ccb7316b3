import builtins
import re
from pathlib import Path

import pytest
from made_rows import ENVIRONMENTS, HOSTILE, METRICS, benchmark, ladder, lossless, metric

from ligeia.bench.report import document, picture_names, report_markdown, write_report
from ligeia.errors import InputError

SNR = {"snr": METRICS["snr"]}


@pytest.fixture
def no_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    original = builtins.__import__

    def blocked(name: str, *rest: object, **more: object) -> object:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return original(name, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", blocked)


def test_all_files_are_written_and_the_same_again(tmp_path: Path) -> None:
    written = write_report(benchmark(), ENVIRONMENTS, tmp_path, metrics=SNR)
    names = [
        "report.md",
        "report.html",
        *(f"rd_{group}_snr{e}" for group in ("music", "speech") for e in (".svg", ".png")),
    ]
    assert [path.name for path in written] == names
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
    before = {path: path.read_bytes() for path in written}
    assert write_report(reversed(benchmark()), ENVIRONMENTS, tmp_path, metrics=SNR) == written
    assert {path: path.read_bytes() for path in written} == before


def test_markdown_shows_pictures_and_tables(tmp_path: Path) -> None:
    text = report_markdown(document(benchmark(), ENVIRONMENTS, METRICS, "opus"))
    headings = re.findall(r"^(#+ .*)$", text, flags=re.MULTILINE)
    group = ["### Rate and quality", "### Time and memory", "### Beside opus"]
    appendix = ["## Failures", "## Undefined values", "## Remarks", "## Metrics", "## Codecs", "## Environment"]
    assert headings == ["# Ligeia beside other codecs", "## music", *group, "## speech", *group, *appendix]
    assert "![speech: snr over rate](rd_speech_snr.svg)" in text
    assert "| opus:24 | 3 | 24.0 | 23.0 | 27.6 \\[27.5, 27.7\\] |" in text
    assert "| snr | ↑ | mp3 | 100.0 | −6.00 dB |" in text
    assert "| mp3 | opusenc: no answer within 20 s | mp3:16 on speech/a.flac, mp3:16 on speech/b.flac | 2 |" in text


def test_every_line_of_a_table_has_all_cells() -> None:
    text = report_markdown(document(benchmark(), ENVIRONMENTS, METRICS, "opus"))
    for block in re.findall(r"(?:^\|.*\n)+", text, flags=re.MULTILINE):
        assert len({line.replace("\\|", "").count("|") for line in block.splitlines()}) == 1


@pytest.mark.usefixtures("no_matplotlib")
def test_without_matplotlib_the_pictures_are_left_out(tmp_path: Path) -> None:
    written = write_report(benchmark(), ENVIRONMENTS, tmp_path, metrics=SNR)
    assert [path.name for path in written] == ["report.md", "report.html"]
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "The pictures are left out" in text
    assert "ligeia\\[plot\\]" in text
    assert "![" not in text
    assert "<svg" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_hostile_groups_get_harmless_files(tmp_path: Path) -> None:
    groups = ["../../etc/x", "..", "a b", "a/b", "_hidden", "größe", "x" * 300, HOSTILE.replace("/", "")]
    rows = [row | {"group": group} for group in groups for row in ladder([f"c{groups.index(group)}"], "opus", (8, 16))]
    names = picture_names(document(rows, {}, SNR, "opus")).values()
    assert len(set(names)) == len(groups)
    assert all(re.fullmatch(r"rd_[A-Za-z0-9._-]{1,50}_snr", name) for name in names)
    few = [row for row in rows if row["group"] in ("../../etc/x", HOSTILE.replace("/", ""))]
    written = write_report(few, {}, tmp_path, metrics=SNR)
    assert {path.parent for path in written} == {tmp_path}
    assert len(list(tmp_path.iterdir())) == len(written) == 6


def test_names_that_meet_are_told_apart() -> None:
    metrics = {name: metric(name) for name in ("snr", "seg_snr")}
    rows = ladder(["x/a"], "opus", (8, 16)) + ladder(["x_seg/a"], "opus", (8, 16))
    rows = [row | {"metrics": {"snr": 1.0, "seg_snr": 2.0}} for row in rows]
    names = list(picture_names(document(rows, {}, metrics, "opus")).values())
    assert len(set(names)) == 4
    assert {"rd_x_snr", "rd_x_seg_snr", "rd_x_seg_seg_snr"} < set(names)


def test_lossless_codecs_alone_need_no_picture(tmp_path: Path) -> None:
    written = write_report([lossless("speech/a.flac")], {}, tmp_path, metrics=SNR)
    assert [path.name for path in written] == ["report.md", "report.html"]
    assert "∞" in (tmp_path / "report.md").read_text(encoding="utf-8")


def test_no_rows_and_no_folder(tmp_path: Path) -> None:
    assert len(write_report([], {}, tmp_path, metrics=METRICS)) == 2
    with pytest.raises(InputError, match="no folder"):
        write_report([], {}, tmp_path / "absent", metrics=METRICS)
