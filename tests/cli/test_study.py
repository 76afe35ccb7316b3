"""`ligeia study`: rows, a table and figures from one command."""

import json
from pathlib import Path


def test_a_study_from_the_command(ligeia, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = ligeia("study", "sine_a4", "-o", out)
    assert done.code == 0, done.err
    assert done.err.splitlines()[:2] == ["1/3  step 0", "2/3  step 20"]
    assert "439.56" in (out / "sine_a4-laptop.md").read_text()
    assert (out / "sine_a4-laptop-waves.svg").is_file()
    facts = json.loads(ligeia("study", "sine_a4", "-o", out, "--json").out)
    assert [row["cell"]["step"] for row in facts["rows"]] == [0, 20, 200]


def test_list(ligeia) -> None:
    done = ligeia("study", "--list")
    assert done.code == 0
    assert "width_depth" in done.out


def test_errors_are_one_line(ligeia, tmp_path: Path) -> None:
    assert "unknown study" in ligeia("study", "x", "-o", tmp_path).line
    assert "no size 'huge'" in ligeia("study", "sine_a4", "-o", tmp_path / "out", "--size", "huge").line
    assert not (tmp_path / "out").exists()
    assert ligeia("study", "sine_a4").code == 2
