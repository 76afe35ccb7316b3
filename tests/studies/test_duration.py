"""The study `duration` at its smallest: cells, one row each, table and figures."""

from dataclasses import replace

import pytest

from ligeia.studies import duration as module

SMALL = {
    "width_depth": {"widths": (2, 4), "layers": (1, 2), "seconds": 0.05, "steps": 2},
    "duration": {"seconds": (0.05, 0.1), "width": 8, "layers": 1, "steps": 2},
    "perception": {"widths": (4,), "layers": (1,), "seconds": 0.5, "steps": 2, "metrics": ("mse", "mel_distance")},
}


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch, tmp_path) -> list[dict]:
    monkeypatch.setenv("LIGEIA_DATA", str(tmp_path))  # made sounds: the same on every machine
    config = replace(module.CONFIG["laptop"], **SMALL["duration"])
    return [{"cell": cell, **module.measure(config, cell)} for cell in module.cells(config)]


def test_rows_table_and_figures(rows) -> None:
    assert all(row["mse"] > 0 and row["parameters"] > 0 for row in rows)
    header, lines = module.table(rows)
    assert len(lines) == len(rows)
    assert {len(line) for line in lines} == {len(header)}
    assert module.figures(rows)
