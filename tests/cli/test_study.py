"""`ligeia study`: rows, a table and figures from one command."""

import json
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from ligeia.cli.study import _command
from ligeia.records.columns import Column
from ligeia.studies.run import STUDIES


def test_a_study_from_the_command(ligeia, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = ligeia("study", "sine_a4", "-o", out)
    assert done.code == 0, done.err
    assert done.err.splitlines()[:2] == ["1/3  step 0", "2/3  step 20"]
    assert "439.56" in (out / "sine_a4-laptop.md").read_text()
    assert (out / "sine_a4-laptop-waves.svg").is_file()
    facts = json.loads(ligeia("study", "sine_a4", "-o", out, "--json").out)
    assert [row["cell"]["step"] for row in facts["rows"]] == [0, 20, 200]


def test_list_is_one_line_for_each_study_grouped_by_paper(ligeia) -> None:
    done = ligeia("study", "--list")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert sorted(line.split()[0] for line in lines if line.startswith("  ") and len(line.split()) > 3) == sorted(
        STUDIES
    )
    place = lines.index("Mahdi 2025")
    assert lines[place + 1].split()[:4] == ["sine_a4", "3", "-", "3"]
    assert "HyperSound 2023" in lines


def test_a_spent_budget_prints_the_command_that_goes_on(ligeia, tmp_path: Path) -> None:
    out = tmp_path / "a b"
    done = ligeia("study", "sine_a4", "-o", out, "--budget", 0, "--size", "paper")
    assert done.code == 0
    said, command = done.out.splitlines()[-2:]
    assert said == "0 of 3 cells are measured; this goes on:"
    assert shlex.split(command) == ["ligeia", "study", "sine_a4", "-o", str(out), "--size", "paper", "--budget", "0"]
    facts = json.loads(ligeia(*shlex.split(command)[1:-2], "--json").out)
    assert (facts["cells"], len(facts["rows"]), facts["next"]) == (3, 3, None)


def test_the_command_that_goes_on_names_all_that_was_given_but_no_password() -> None:
    options = {
        "size": "laptop",
        "budget": 3.5,
        "database": "postgresql://me:secret@host/name",
        "ratings": Path("r.csv"),
    }
    line = _command("omega_search", Path("out"), options)
    assert shlex.split(line)[5:] == [
        *("--budget", "3.5"),
        *("--database", "postgresql://me:PASSWORD@host/name"),
        *("--ratings", "r.csv"),
    ]


def test_made_sounds_are_said(ligeia, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def measure(config: object, cell: dict[str, object]) -> dict[str, object]:
        return {"sound": "made speech 0", "loss": 0.5}

    columns = (Column("step", "cell.step"), Column("loss", "loss"), Column("published", "loss", published=True))
    study = replace(STUDIES["sine_a4"], measure=measure, columns=columns, figures=())
    monkeypatch.setitem(STUDIES, "sine_a4", study)
    done = ligeia("study", "sine_a4", "-o", tmp_path)
    assert "note: Rows of synthetic sounds: 3 of 3" in done.err
    text = (tmp_path / "sine_a4-laptop.md").read_text()
    assert "| 0 | synthetic | 0.5 |" in text
    assert "Rows of synthetic sounds" in text
    assert "| published" not in text


def test_errors_are_one_line(ligeia, tmp_path: Path) -> None:
    assert "unknown study" in ligeia("study", "x", "-o", tmp_path).line
    assert "no size 'huge'" in ligeia("study", "sine_a4", "-o", tmp_path / "out", "--size", "huge").line
    assert not (tmp_path / "out").exists()
    assert ligeia("study", "sine_a4").code == 2
