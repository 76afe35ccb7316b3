import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.cli.conftest import Ligeia


def test_bytes_by_part_add_up(ligeia: "Ligeia", lig: Path) -> None:
    facts = json.loads(ligeia("info", lig, "--json").out)
    assert facts["total_bytes"] == lig.stat().st_size == sum(facts["bytes_by_part"].values())
    assert (facts["sample_count"], facts["rate"], facts["channels"]) == (1600, 8000, 2)
    assert facts["network"] == "siren"


def test_people_get_a_table(ligeia: "Ligeia", lig: Path) -> None:
    outcome = ligeia("info", lig)
    assert [line.split()[0] for line in outcome.out.splitlines()] == ["sound", "network", "blocks", "size", "bytes"]


def test_a_lapped_network_says_its_profile_and_coefficients(ligeia: "Ligeia", tone: Path, tmp_path: Path) -> None:
    path = tmp_path / "lapped.lig"
    assert ligeia("encode", tone, "-o", path).code == 0
    facts = json.loads(ligeia("info", path, "--json").out)
    assert (facts["network"], facts["profile"], facts["bits"]) == ("lapped", "music", None)
    assert facts["parameters"] == 2 * facts["coefficients"] > 0
    assert sum(facts["bytes_by_part"].values()) == path.stat().st_size
    assert "coefficients, profile music" in ligeia("info", path).out
    assert "coefficients not counted" in ligeia("info", path, "--no-coefficients").out


def test_missing_files_and_folders(ligeia: "Ligeia", tmp_path: Path) -> None:
    assert "does not exist" in ligeia("info", tmp_path / "no.lig").line
    assert "directory" in ligeia("info", tmp_path).line
