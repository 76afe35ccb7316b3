"""Two sines and omega at its smallest."""

from dataclasses import replace

import numpy as np
import pytest

from ligeia.studies import omega as module

SMALL = replace(
    module.CONFIG["laptop"], seeds=2, seconds=0.01, width=8, omegas=(100.0,), short=2, long=3, decayed=4, decays=(0.1,)
)


def test_the_two_sines() -> None:
    spectrum = np.abs(np.fft.rfft(module.two_sines(16000, 0.1).samples[0]))
    assert sorted(np.argsort(spectrum)[-2:] * 10) == [1000, 6000]


def test_settings_of_each_way() -> None:
    ways = {cell["way"]: module._settings(cell) for cell in module.cells(SMALL)}
    assert ways["progressive"]["progressive_groups"] == 8
    assert ways["decay"]["weight_decay"] == 0.1
    assert ways["falling decay"]["decay_schedule"] == "linear"
    assert set(ways["sweep"]) == {"steps", "seed"}


def test_rows_table_and_figures() -> None:
    rows = [{"cell": cell, **module.measure(SMALL, cell)} for cell in module.cells(SMALL)]
    assert len(rows) == 2 * 5
    assert all(row["dense_mse"] > 0 for row in rows)
    header, lines = module.table(rows)
    assert len(lines) == 5
    assert {len(line) for line in lines} == {len(header)}
    assert set(module.figures(rows)) == {"omega", "penalty"}
    assert rows[0]["dense_mse"] != pytest.approx(rows[1]["dense_mse"])  # another seed
