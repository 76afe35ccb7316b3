"""The tables of Siamese SIREN at their smallest."""

from dataclasses import replace

import pytest

from ligeia.networks import Siamese
from ligeia.studies import siamese_tables as module
from ligeia.studies.paper_counts import paper_parameters

COUNTS = {
    "original 3x256": 794,
    "encoded 3x256": 843,
    "2x256 + 1x128": 513,
    "2x128 + 1x64": 142,
    "2x64 + 1x32": 42,
    "1x256 + 2x128": 151,
    "0 + 3x128": 75,
}
"""Thousands of parameters, as the paper prints them."""


@pytest.mark.parametrize(("name", "thousands"), COUNTS.items())
def test_the_networks_are_those_of_the_paper(name: str, thousands: int) -> None:
    assert round(paper_parameters(module.NETWORKS[name]) / 1000) == thousands


def test_every_network_has_published_figures() -> None:
    assert module.PUBLISHED.keys() == module.NETWORKS.keys()


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch, tmp_path) -> list[dict]:
    monkeypatch.setenv("LIGEIA_DATA", str(tmp_path))
    small = {
        "tiny twins": Siamese(shared_width=8, shared_depth=1, head_width=4, octaves=4, closed=True),
        "tiny": module._encoded(100.0, width=8, depth=2),
    }
    monkeypatch.setattr(module, "NETWORKS", small)
    config = replace(
        module.CONFIG["laptop"],
        seconds=0.2,
        steps=2,
        networks=tuple(small),
        ours=("tiny",),
        ours_steps=2,
        metrics=("snr", "mel_distance"),
    )
    return [{"cell": cell, **module.measure(config, cell)} for cell in module.cells(config)]


def test_rows_table_and_figures(rows) -> None:
    ours, siren, twins, plain = rows
    assert set(twins["metrics"]) == {"float", "weights", "int8", "paper"}
    assert set(plain["metrics"]) == {"float", "weights", "paper"}
    assert set(ours["metrics"]) == {"weights"}
    assert ours["cell"]["network"] == "ligeia lapped at the bytes of tiny"
    assert siren["cell"]["network"] == "ligeia siren at the bytes of tiny"
    assert twins["bytes"] < twins["paper_bytes"]
    header, lines = module.table(rows)
    assert len(lines) == 9
    assert {len(line) for line in lines} == {len(header)}
    assert set(module.figures(rows)) == {"snr", "mel_distance"}
