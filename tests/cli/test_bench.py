"""`ligeia bench`: rows and report from one command, and what is wrong in one line."""

import json
import shutil
from pathlib import Path

import pytest


@pytest.fixture
def suite(tmp_path: Path, tone: Path) -> Path:
    path = tmp_path / "suite.txt"
    path.write_text(f"{tone.name}\n")
    return path


def test_rows_and_report(ligeia, suite: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = ligeia("bench", suite, "-o", out, "--codecs", "pcm16,mulaw", "--metrics", "snr,mse")
    assert done.code == 0, done.err
    assert "2 rows" in done.out
    assert "pcm16: " in done.err
    assert len((out / "rows.jsonl").read_text().splitlines()) == 2
    assert "mulaw" in (out / "report.md").read_text()
    assert "<html" in (out / "report.html").read_text()


def test_json(ligeia, suite: Path, tmp_path: Path) -> None:
    done = ligeia("bench", suite, "-o", tmp_path / "out", "--codecs", "pcm16", "--metrics", "snr", "--json")
    facts = json.loads(done.out)
    assert (facts["rows"], facts["failed"]) == (1, 0)
    assert facts["results"][0]["metrics"] == {"snr": "inf"}
    assert done.err == ""


def test_report_only_and_force(ligeia, suite: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = ("bench", suite, "-o", out, "--codecs", "pcm16", "--metrics", "snr")
    assert ligeia(*command, "--report-only").code == 1
    assert ligeia(*command).code == 0
    rows = (out / "rows.jsonl").read_bytes()
    (out / "report.md").unlink()
    assert ligeia(*command, "--report-only").code == 0
    assert (out / "report.md").exists()
    assert (out / "rows.jsonl").read_bytes() == rows
    assert "pcm16" in ligeia(*command, "--force").err


def test_a_second_run_with_other_codecs_joins_the_report(ligeia, suite: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = ("bench", suite, "-o", out, "--metrics", "snr")
    assert ligeia(*command, "--codecs", "pcm16").code == 0
    second = ligeia(*command, "--codecs", "mulaw,pcm16")
    assert (second.code, second.err.count("pcm16")) == (0, 0), "what is measured is not measured again"
    third = ligeia(*command, "--codecs", "flac,mulaw")
    report = (out / "report.md").read_text()
    assert all(f"| {codec} | 1 |" in report for codec in ("pcm16", "mulaw", "flac"))
    assert "2 rows" in third.out
    assert "3 in the report, with those of earlier runs" in third.out
    alone = ligeia(*command, "--report-only", "--codecs", "mulaw", "--json")
    assert json.loads(alone.out)["reported"] == 1
    assert json.loads(ligeia(*command, "--report-only", "--json").out)["reported"] == 3


def test_rows_of_other_settings_are_said_and_kept_apart(ligeia, suite: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = ("bench", suite, "-o", out, "--codecs", "pcm16", "--metrics", "snr")
    assert ligeia(*command).code == 0
    done = ligeia(*command, "--seconds", "0.1")
    assert done.err.splitlines()[-1] == "note: 1 row on whole clips: not in the report"
    assert "Note: 1 row on whole clips: not in the report." in (out / "report.md").read_text()
    assert len((out / "rows.jsonl").read_text().splitlines()) == 2


def test_groups_are_the_folders_of_a_folder(ligeia, tone: Path, tmp_path: Path) -> None:
    for name in ("clips/speech/deep/a.wav", "clips/music/b.wav", "clips/c.wav"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(tone, tmp_path / name)
    out = tmp_path / "out"
    done = ligeia("bench", tmp_path / "clips", "-o", out, "--codecs", "pcm16", "--metrics", "snr,stoi", "--json")
    assert {row["clip"]: row["group"] for row in json.loads(done.out)["results"]} == {
        "c.wav": "",
        "music/b.wav": "music",
        "speech/deep/a.wav": "speech",
    }
    report = (out / "report.md").read_text()
    assert [line for line in report.splitlines() if line in ("## clips", "## music", "## speech")] == [
        "## clips",
        "## music",
        "## speech",
    ]
    assert "made for speech" in report


def test_what_cannot_be_measured_is_a_row_and_exit_code_1(ligeia, suite: Path, tmp_path: Path) -> None:
    suite.write_text(suite.read_text() + "broken.wav\n")
    (tmp_path / "broken.wav").write_bytes(b"no recording")
    done = ligeia("bench", suite, "-o", tmp_path / "out", "--codecs", "pcm16", "--metrics", "snr")
    assert done.code == 1
    assert "2 rows" in done.out
    assert "1 of them with an error" in done.out
    assert [line for line in done.err.splitlines() if "broken.wav" in line]


def test_list_names_all_that_can_be_asked_for(ligeia) -> None:
    done = ligeia("bench", "--list")
    assert done.code == 0
    for name in ("ligeia:lapped@K", "ligeia:siren@K", "ligeia:PRESET@K", "opus:K", "vorbis:Q", "codec2:MODE"):
        assert name in done.out
    assert "6 to 510" in done.out
    assert "ligeia   lapped@8, lapped@16" in done.out


def test_errors_are_one_line(ligeia, suite: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for options, code, words in (
        (("--codecs", "zip"), 2, "unknown codec 'zip'; there are: ligeia, opus"),
        (("--codecs", "opus:1"), 2, "opus takes kbit/s from 6 to 510, got '1'"),
        (("--codecs", "ligeia:loud@24"), 2, "got 'loud@24'"),
        (("--metrics", "x"), 2, "unknown metric 'x'; there are: mse"),
        (("--anchor", "x"), 2, "unknown codec 'x'"),
        (("--seconds", "0"), 2, "seconds must be positive"),
        (("--workers", "0"), 2, "workers must lie"),
    ):
        done = ligeia("bench", suite, "-o", out, *options)
        assert done.code == code, options
        assert words in done.line
    missing = ligeia("bench", tmp_path / "no.txt", "-o", out)
    assert (missing.code, "no.txt" in missing.line) == (1, True)
    assert ligeia("bench", suite).code == 2
    assert not out.exists()
