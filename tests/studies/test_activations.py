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
    header, lines = module.table(rows)
    assert {len(line) for line in lines} == {len(header)}
    assert set(module.figures(rows)) == {"bach-0"}
