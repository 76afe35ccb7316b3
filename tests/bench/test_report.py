"""The report of a benchmark, from rows that follow a known law."""

import re
from pathlib import Path

import pytest
from made_rows import ENVIRONMENTS, HOSTILE, METRICS, benchmark, failure, ladder, lossless, metric, row

from ligeia.bench.report import (
    ABREAST,
    bench_report,
    environment_table,
    failure_table,
    note_table,
    undefined_table,
    version_table,
    write_bench_report,
)
from ligeia.records.report import Section, picture_names, to_markdown

SNR = {"snr": METRICS["snr"]}


def markdown(report: Section) -> str:
    return to_markdown(report, picture_names(report))


@pytest.fixture(scope="module")
def report() -> Section:
    return bench_report(benchmark(), ENVIRONMENTS, METRICS, "opus")


def test_markdown_shows_pictures_and_tables(report: Section) -> None:
    text = markdown(report)
    headings = re.findall(r"^(#+ .*)$", text, flags=re.MULTILINE)
    group = ["### Rate and quality", "### Time and memory", "### Beside opus"]
    appendix = ["## Failures", "## Undefined values", "## Remarks", "## Metrics", "## Codecs", "## Environment"]
    assert headings == ["# Ligeia beside other codecs", "## music", *group, "## speech", *group, *appendix]
    assert "\n6 clips, 13 codecs, 75 measurements, 2 failed.\n" in text
    assert "![speech: snr over rate](rd_speech_snr.svg)" in text
    assert "| opus:24 | 3 | 24.0 | 23.0 | 27.6 \\[27.5, 27.7\\] |" in text
    assert "| snr | ↑ | mp3 | 100.0 | −6.00 dB |" in text
    assert "| mp3 | opusenc: no answer within 20 s | mp3:16 on speech/a.flac, mp3:16 on speech/b.flac | 2 |" in text
    for block in re.findall(r"(?:^\|.*\n)+", text, flags=re.MULTILINE):
        assert len({line.replace("\\|", "").count("|") for line in block.splitlines()}) == 1


def test_groups_have_a_picture_for_each_metric(report: Section) -> None:
    speech = report.sections[1]
    assert [picture.title for picture in speech.pictures] == [f"speech: {name} over rate" for name in METRICS]
    axes = [picture.draw().axes[0].get_ylabel() for picture in speech.pictures]
    assert axes == ["snr in dB (higher is better)", "stoi (higher is better)", "lsd in dB (lower is better)"]


def test_a_family_looks_the_same_in_all_pictures() -> None:
    rows = ladder(["a/x"], "new", (8, 16)) + ladder(["b/x"], "new", (8, 16)) + ladder(["b/x"], "another", (8, 16))
    one, two = (group.pictures[0].draw() for group in bench_report(rows, {}, SNR, "opus").sections[:2])
    colours = [
        {text.get_text(): line.get_color() for text, line in zip(legend.get_texts(), legend.get_lines(), strict=True)}
        for legend in (one.legends[0], two.legends[0])
    ]
    assert colours[0]["new"] == colours[1]["new"]


def test_order_of_rows_does_not_matter_and_of_repeated_ones_the_last_counts(report: Section) -> None:
    stale = [failure(one["clip"], one["codec"], "old") for one in benchmark()]
    for rows in (reversed(benchmark()), stale + benchmark()):
        assert markdown(bench_report(rows, ENVIRONMENTS, METRICS, "opus")) == markdown(report)


def test_many_metrics_are_spread_over_tables() -> None:
    names = [f"m{number}" for number in range(2 * ABREAST + 1)]
    rows = [row(metrics=dict.fromkeys(names, 1.0))]
    parts = bench_report(rows, {}, {name: metric(name) for name in [*names, "absent"]}, "opus").sections[0].sections
    tables = [part.table for part in parts if part.table]
    titles = [title for one in tables for title in one.header if title.startswith("m")]
    assert [title.split()[0] for title in titles if title != "metric"] == names
    assert max(len(one.header) for one in tables) <= ABREAST + 5


def test_without_the_anchor_the_report_says_so() -> None:
    *_, beside = bench_report([row()], {}, METRICS, "vorbis").sections[0].sections
    assert "nothing by vorbis" in beside.paragraphs[0]
    assert not beside.table


@pytest.mark.parametrize("rows", [[], [lossless("speech/a.flac")], [row(metrics={"snr": "inf", "stoi": None})]])
def test_nothing_to_draw(rows: list[dict[str, object]], tmp_path: Path) -> None:
    written = write_bench_report(rows, {}, tmp_path, metrics=METRICS)
    assert [path.name for path in written] == ["report.md", "report.html"]
    assert ("∞" in written[0].read_text(encoding="utf-8")) is bool(rows)


def test_hostile_rows(tmp_path: Path) -> None:
    odd = f"{HOSTILE}/a.flac"
    rows = ladder([odd], "opus", (8, 16, 32)) + ladder([odd], HOSTILE, (8, 16, 32)) + [failure(odd, "mp3:1", HOSTILE)]
    rows += [row(odd, "aac:1", version=HOSTILE, notes=[HOSTILE], reasons={"snr": HOSTILE}, environment=HOSTILE)]
    metrics = {"snr": metric("snr", summary=HOSTILE, source=HOSTILE), HOSTILE: metric(HOSTILE)}
    written = write_bench_report(
        rows, {HOSTILE: {HOSTILE: HOSTILE, "x": {HOSTILE: HOSTILE}}}, tmp_path, metrics=metrics
    )
    assert {path.parent for path in written} == {tmp_path}
    assert "<script" not in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_failures_are_counted_with_examples() -> None:
    rows = [failure(f"speech/{name}.flac", "mp3:16", "lame: no") for name in "abcde"]
    rows += [failure("speech/a.flac", "dac:44khz", "not installed"), row()]
    examples = "mp3:16 on speech/a.flac, mp3:16 on speech/b.flac, mp3:16 on speech/c.flac and 2 more"
    assert failure_table(rows).lines == (
        ("dac", "not installed", "dac:44khz on speech/a.flac", "1"),
        ("mp3", "lame: no", examples, "5"),
    )


def test_undefined_values_with_reasons() -> None:
    rows = [row(codec=codec, reasons={"stoi": "too short", "unheard of": "x"}) for codec in ("opus:6", "opus:24")]
    (line,) = undefined_table(rows, METRICS).lines
    assert line == ("stoi", "too short", "opus:6 on speech/a.flac, opus:24 on speech/a.flac", "2")


def test_notes() -> None:
    (line,) = note_table(benchmark()).lines
    assert line == ("mp3", "decoded at 48000 Hz", "mp3:16 on speech/c.flac", "1")


def test_versions_are_said_once() -> None:
    rows = [row(codec=codec, version="opusenc 1") for codec in ("opus:6", "opus:24")]
    rows += [row("speech/b.flac", "opus:6", version="opusenc 2"), failure("speech/a.flac", "dac:44khz")]
    assert version_table(rows).lines == (("opus:6, opus:24", "opusenc 1"), ("opus:6", "opusenc 2"))


def test_environments_are_those_that_rows_name() -> None:
    rows = [row(), row("speech/b.flac"), row("speech/c.flac", environment="lost")]
    assert environment_table(rows, ENVIRONMENTS | {"unused": {"a": 1}}).lines == (
        ("a1b2c3", "rows", "2"),
        ("a1b2c3", "ligeia", "0.1"),
        ("a1b2c3", "machine", "2 x AMD EPYC"),
        ("a1b2c3", "packages", "numpy 2.0, scipy 1.15"),
        ("a1b2c3", "commit", "unknown"),
        ("lost", "rows", "1"),
        ("lost", "", "not recorded"),
    )
