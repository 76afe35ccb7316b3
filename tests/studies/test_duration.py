"""The study `duration` at its smallest: cells, one row each, table and figures."""

from dataclasses import replace

import pytest

from ligeia.studies import duration as module

SMALL = replace(module.CONFIG["laptop"], seconds=(0.05, 0.1), width=8, layers=1, steps=2)


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
