import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
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


def test_what_speaks_against_a_recipe_is_said_before_the_fit(ligeia: "Ligeia", tone: Path, tmp_path: Path) -> None:
    common = ["fit", tone, "--recipe", "siren-pytorch", "--steps", 1, "--width", 8]
    outcome = ligeia(*common, "-o", tmp_path / "a.lig")
    assert outcome.code == 0
    assert outcome.err.startswith("note: the first layer reaches 48 Hz, the clip ")
    assert "raise first_omega from 30 to about " in outcome.err
    quiet = ligeia(*common, "-o", tmp_path / "b.lig", "--json")
    assert quiet.err == ""
    assert json.loads(quiet.out)["warnings"] == [outcome.err.splitlines()[0].removeprefix("note: ")]


def test_nothing_is_said_of_what_suits(ligeia: "Ligeia", tmp_path: Path) -> None:
    noise = 0.1 * np.random.default_rng(0).normal(size=(1, 800))
    library.write_audio(tmp_path / "noise.wav", library.Audio(noise, 8000))
    outcome = ligeia("fit", tmp_path / "noise.wav", "-o", tmp_path / "a.lig", "--steps", 1)
    assert outcome.err == ""


def test_networks_by_name(ligeia: "Ligeia", tone: Path, tmp_path: Path) -> None:
    target = tmp_path / "a.lig"
    facts = json.loads(ligeia("fit", tone, "-o", target, "--network", "finer", "--steps", 2, "--json").out)
    assert facts["recipe"] == "ligeia finer"
    assert library.decode(target.read_bytes()).spec.name == "finer"
    both = ligeia("fit", tone, "-o", tmp_path / "b.lig", "--network", "finer", "--recipe", "siamese")
    assert "not both" in both.line


def test_a_network_in_closed_form(ligeia: "Ligeia", tone: Path, tmp_path: Path) -> None:
    target = tmp_path / "a.lig"
    facts = json.loads(ligeia("fit", tone, "-o", target, "--network", "lapped", "--json").out)
    inr = library.decode(target.read_bytes())
    assert facts["parameters"] == inr.parameter_count <= 0.62 * inr.sample_count * inr.channels
    assert facts["snr_db"] == pytest.approx(facts["fit_snr_db"])
    assert facts["snr_db"] > 20
    assert (facts["steps"], facts["recipe"]) == (0, "ligeia lapped")
    refused = ligeia("encode", tone, "-o", tmp_path / "b.lig", "--network", "wire")
    assert "`fit` makes a wire, which is stored exactly" in refused.line


@pytest.mark.parametrize("network", ["siren", "local", "lapped"])
def test_parameters_at_most(ligeia: "Ligeia", tone: Path, tmp_path: Path, network: str) -> None:
    common = ["fit", tone, "-o", tmp_path / "a.lig", "--network", network, "--steps", 1, "--json"]
    found = json.loads(ligeia(*common, "--parameters", 2000).out)["parameters"]
    assert found <= 2000
    assert found > 1500 or network == "lapped"  # a tone has few units


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--width", "8"], "without --width and --depth"),
        (["--depth", "2"], "without --width and --depth"),
        (["--recipe", "siamese"], "the recipe siamese has a size of its own"),
        (["--parameters", "3"], "the recipe ligeia needs "),
    ],
)
def test_parameters_that_cannot_be(
    ligeia: "Ligeia", tone: Path, tmp_path: Path, options: list[str], message: str
) -> None:
    outcome = ligeia("fit", tone, "-o", tmp_path / "a.lig", "--parameters", 2000, *options)
    assert outcome.code == (1 if options[0] == "--parameters" else 2)  # how many are enough depends on the sound
    assert message in outcome.line
    assert not (tmp_path / "a.lig").exists()


def test_list(ligeia: "Ligeia") -> None:
    outcome = ligeia("fit", "--list")
    assert outcome.code == 0
    assert all(name in outcome.out for name in ("finer", "siamese-baseline", "hypersound-fmlp"))


@pytest.mark.parametrize("options", [["--recipe", "none"], ["--budget", "0"], ["--budget", "nan"], ["--depth", "0"]])
def test_bad_settings_are_one_line(ligeia: "Ligeia", tone: Path, tmp_path: Path, options: list[str]) -> None:
    outcome = ligeia("fit", tone, "-o", tmp_path / "a.lig", *options)
    assert outcome.code == 2
    assert not (tmp_path / "a.lig").exists()


@pytest.mark.parametrize(("snr", "reached"), [(1, True), (90, False)])
def test_a_missed_snr_is_noted(ligeia: "Ligeia", tone: Path, tmp_path: Path, snr: int, reached: bool) -> None:
    outcome = ligeia("fit", tone, "-o", tmp_path / "a.lig", "--steps", 30, "--snr", snr)
    assert outcome.code == 0
    assert ("below the" not in outcome.err) is reached
    assert "before quantisation" not in outcome.out


def test_an_interrupted_fit_names_its_checkpoint(
    ligeia: "Ligeia", tone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ligeia.codec.parameters.encode.encode_plan", interrupted)
    outcome = ligeia("fit", tone, "-o", tmp_path / "a.lig", "--checkpoint", tmp_path / "state")
    assert outcome.code == 130
    last = outcome.err.splitlines()[-1]  # after the notes about the plan
    assert last == f"ligeia: interrupted; the same command continues from {tmp_path / 'state'}"
