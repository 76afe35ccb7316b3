"""The study `perception` at its smallest: cells, one row each, table and figures."""

from dataclasses import replace

import pytest

from ligeia.studies import perception as module

SMALL = replace(
    module.CONFIG["laptop"], widths=(4,), layers=(1,), seconds=0.5, steps=2, metrics=("mse", "mel_distance")
)


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
