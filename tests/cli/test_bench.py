"""`ligeia bench`: rows and report from one command, and what is wrong in one line."""

import json
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


def test_list(ligeia) -> None:
    done = ligeia("bench", "--list")
    assert done.code == 0
    assert "opus" in done.out


def test_errors_are_one_line(ligeia, suite: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert "unknown codec" in ligeia("bench", suite, "-o", out, "--codecs", "zip").line
    assert "unknown metric" in ligeia("bench", suite, "-o", out, "--metrics", "x").line
    assert "no.txt" in ligeia("bench", tmp_path / "no.txt", "-o", out).line
    assert ligeia("bench", suite).code == 2
    assert not out.exists()
