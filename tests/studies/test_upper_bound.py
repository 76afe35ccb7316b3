"""One network for each sound, at its smallest."""

from dataclasses import replace

import pytest

from ligeia.studies import upper_bound as module


def test_networks_have_the_paper_s_size() -> None:
    config = module.CONFIG["paper"]
    from ligeia.fitting.recipes import Shape

    shape = Shape(samples=config.frames, rate=config.rate, channels=1)
    assert module._recipe(config, "fmlp").design(shape).parameters == 34_741
    assert module._recipe(config, "siren").design(shape).parameters == 33_031


def test_ours_has_as_many_parameters() -> None:
    config = module.CONFIG["paper"]
    assert module._recipe(config, "ligeia").density == 33_031 / 32_768


def test_losses_are_those_of_the_code_and_of_the_paper() -> None:
    config = module.CONFIG["laptop"]
    assert module._recipe(config, "siren").config.loss == "l1"
    assert module._recipe(config, "siren, squared").config.loss == "mse"


def test_rows_table_and_figures(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setenv("LIGEIA_DATA", str(tmp_path))
    config = replace(module.CONFIG["laptop"], frames=2048, width=8, steps=2, metrics=("si_snr", "lsd_hypersound"))
    rows = [{"cell": cell, **module.measure(config, cell)} for cell in module.cells(config)]
    assert [row["cell"]["network"] for row in rows] == list(module.NETWORKS)
    header, lines = module.table(rows)
    assert {len(line) for line in lines} == {len(header)}
    assert set(module.figures(rows)) == {"snr"}
