"""Q_comp of Mahdi's networks at its smallest."""

from dataclasses import replace

import pytest

from ligeia.studies import siamese_compression as module
from ligeia.studies.paper_counts import paper_bytes


@pytest.mark.parametrize("name", module.PUBLISHED)
def test_the_reports_sizes_are_those_of_its_reading(name: str) -> None:
    size, distance, quality = module.PUBLISHED[name]
    kilobytes = paper_bytes(module.network(name), 8) / 1024
    assert kilobytes == pytest.approx(size, abs=6)  # a dump has a constant of 4 to 5 KB beside the numbers
    # 16-bit PCM is half the report's original, so that its ratios double; its own arithmetic holds.
    assert quality == pytest.approx(size / 689 * distance**2, rel=0.01)


def test_rows_table_and_figures(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setenv("LIGEIA_DATA", str(tmp_path))
    config = replace(
        module.CONFIG["laptop"], networks=("32-32-16",), seconds=0.1, steps=2, metrics=("snr", "mel_distance")
    )
    rows = [{"cell": cell, **module.measure(config, cell)} for cell in module.cells(config)]
    assert rows[0]["q_comp"] is None  # it needs CDPAM
    assert rows[0]["pcm16_bytes"] == 2 * 2205
    header, lines = module.table(rows)
    assert {len(line) for line in lines} == {len(header)}
    assert set(module.figures(rows)) == {"snr", "mel_distance"}
