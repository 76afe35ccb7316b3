import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import ligeia as library

if TYPE_CHECKING:
    from tests.cli.conftest import Ligeia


def test_every_parameter_is_kept(ligeia: "Ligeia", tone: Path, tmp_path: Path) -> None:
    target = tmp_path / "a.lig"
    outcome = ligeia(
        "fit", tone, "-o", target, "--network", "siren", "--width", 8, "--depth", 3, "--steps", 20, "--json"
    )
    facts = json.loads(outcome.out)
    inr = library.decode(target.read_bytes())
    assert (inr.spec.width, inr.spec.depth) == (8, 3)  # type: ignore[attr-defined]
    assert facts["parameters"] == inr.parameter_count
    assert facts["bytes"] == target.stat().st_size > 4 * inr.parameter_count
    assert facts["steps"] == 20


def test_budget_and_snr_stop_early(ligeia: "Ligeia", tone: Path, tmp_path: Path) -> None:
    common = ["fit", tone, "--force", "--json", "--steps", 100_000, "-o", tmp_path / "a.lig"]
    assert json.loads(ligeia(*common, "--budget", 0.5).out)["steps"] < 100_000
    assert json.loads(ligeia("fit", tone, "-o", tmp_path / "b.lig", "--json", "--snr", 5).out)["snr_db"] >= 5


def test_a_paper_s_recipe_runs(ligeia: "Ligeia", tone: Path, tmp_path: Path) -> None:
    outcome = ligeia("fit", tone, "-o", tmp_path / "a.lig", "--recipe", "siamese-baseline", "--steps", 2, "--json")
    assert json.loads(outcome.out)["blocks"] == 1


@pytest.mark.parametrize("options", [["--recipe", "none"], ["--budget", "0"], ["--budget", "nan"], ["--depth", "0"]])
def test_bad_settings_are_one_line(ligeia: "Ligeia", tone: Path, tmp_path: Path, options: list[str]) -> None:
    outcome = ligeia("fit", tone, "-o", tmp_path / "a.lig", *options)
    assert outcome.code == 1
    assert outcome.line.startswith("ligeia: ")
