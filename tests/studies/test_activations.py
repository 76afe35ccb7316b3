"""All networks beside each other, at their smallest."""

from dataclasses import replace

import pytest

from ligeia.networks import BY_NAME
from ligeia.studies import activations as module


def test_every_network_takes_part() -> None:
    names = {cell["recipe"] for cell in module.cells(module.CONFIG["laptop"])}
    assert set(BY_NAME) <= names
    assert "paper: siren-notebook" in names


def test_rows_table_and_figures(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setenv("LIGEIA_DATA", str(tmp_path))
    config = replace(
        module.CONFIG["laptop"],
        sounds=(("bach", 0),),
        seconds=0.1,
        budgets=(0.05,),
        networks=("siren", "finer"),
        published=("siren-notebook",),
    )
    rows = [{"cell": cell, **module.measure(config, cell)} for cell in module.cells(config)]
    assert all(row["steps"] >= 1 and row["parameters"] > 0 for row in rows)
    assert rows[0]["per_sample"] <= 0.7  # overlaps count twice
    assert {row["rate"] for row in rows} == {22050}
    header, lines = module.table(rows)
    assert {len(line) for line in lines} == {len(header)}
    assert set(module.figures(rows)) == {"bach-0"}


def test_patient_networks_come_last() -> None:
    config = module.Config(
        sounds=(("bach", 0),), budgets=(1.0,), networks=("siren", "lapped"), published=(), patient=("siren",)
    )
    found = [(cell["recipe"], cell["budget"]) for cell in module.cells(config)]
    assert found == [("siren", 1.0), ("lapped", 1.0), ("siren", 300.0)]


def test_an_hour_has_as_many_parameters_as_the_baseline(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setenv("LIGEIA_DATA", str(tmp_path))
    config = module.CONFIG["hour"]
    config = replace(config, parameters=14_100, seconds=1.0)
    row = module.measure(config, {"sound": ["speech", 0], "budget": 0.05, "recipe": "siren"})
    assert 0.9 * 14_100 < row["parameters"] <= 14_100
    lapped = module.measure(config, {"sound": ["bach", 0], "budget": 0.05, "recipe": "lapped"})
    assert 14_000 < lapped["parameters"] == 2 * lapped["units"] <= 14_100
    assert lapped["per_sample"] == lapped["parameters"] / (10 * 22050)  # all of it
