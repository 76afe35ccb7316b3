"""The study `width_depth` at its smallest: cells, one row each, table and figures."""

from dataclasses import replace

import pytest

from ligeia.studies import width_depth as module

SMALL = replace(module.CONFIG["laptop"], widths=(2, 4), layers=(1, 2), seconds=0.05, steps=2)


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch, tmp_path) -> list[dict]:
    monkeypatch.setenv("LIGEIA_DATA", str(tmp_path))  # made sounds: the same on every machine
    return [{"cell": cell, **module.measure(SMALL, cell)} for cell in module.cells(SMALL)]


def test_rows_table_and_figures(rows) -> None:
    assert all(row["mse"] > 0 and row["parameters"] > 0 for row in rows)
    header, lines = module.table(rows)
    assert len(lines) == len(rows)
    assert {len(line) for line in lines} == {len(header)}
    assert module.figures(rows)


def test_parameters_are_counted_as_the_report_counts() -> None:
    from ligeia.fitting.recipes import Shape, recipe_named

    design = recipe_named("siren-notebook").resized(width=256, depth=5).design
    assert design(Shape(samples=1000, rate=22050, channels=1)).parameters == 263_937
    assert len(module.cells(module.CONFIG["paper"])) == 60
