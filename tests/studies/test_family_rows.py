"""Rows of families: order of cells, metrics of sounds, runs that diverge; and their tables and figures."""

import tempfile
from pathlib import Path

import numpy as np
import pytest

from ligeia.errors import FitError
from ligeia.latent.material import DataSettings
from ligeia.records.columns import table_of
from ligeia.records.journal import Row
from ligeia.studies.family_rows import FamilyConfig, family_cells, family_row, sound_metrics
from ligeia.studies.family_tables import COLUMNS, bars, lines, waves

RATE = 8000


@pytest.fixture(autouse=True)
def no_recordings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIGEIA_DATA", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def made_row(setup: str, seed: int, mse: float | None) -> Row:
    metrics = {} if mse is None else {"mse": mse}
    wave = {"sound": "a", "rate": RATE, "true": [0.0, 1.0], "made": [0.1, 0.9]} if seed == 0 else None
    cell = {"setup": setup, "data": "keyboard", "seed": seed}
    fate = "the loss is nan" if mse is None else None
    row = {"cell": cell, "metrics": metrics, "diverged": fate, "curve": [], "parameters": 10, "steps": 2}
    return row | ({} if wave is None else {"wave": wave})


def test_one_seed_of_all_comes_first() -> None:
    cells = family_cells(FamilyConfig(setups=("pi_gan", "wide"), seeds=(0, 1), references=("silence",)))
    learned = [(cell["data"], cell["seed"], cell["setup"]) for cell in cells if cell["setup"] != "silence"]
    assert learned[:5] == [
        ("keyboard", 0, "pi_gan"), ("keyboard", 0, "wide"), ("keywords", 0, "pi_gan"), ("keywords", 0, "wide"),
        ("keyboard", 1, "pi_gan"),
    ]  # fmt: skip
    assert [data for data, _, _ in learned[-4:]] == ["diverse"] * 4
    assert len(cells) == 3 + 2 * 3 * 2


def test_metrics_are_means_over_sounds() -> None:
    sounds = np.random.default_rng(0).uniform(-1, 1, (3, 2000)).astype(np.float32)
    config = FamilyConfig(setups=(), metrics=("mse", "snr", "si_snr"), listened=0)
    made = sounds * np.float32([[0.5], [0.5], [0.0]])
    made[:2, ::2] *= 1.001
    found = sound_metrics(sounds, made, DataSettings(rate=RATE), config)
    powers = np.square(sounds).mean(axis=1)
    assert found["mse"] == pytest.approx(float((powers * [0.25, 0.25, 1]).mean()), rel=1e-2)
    assert found["snr"] == pytest.approx(2 / 3 * 20 * np.log10(2), rel=1e-2)
    assert found["si_snr"] is not None  # of silence it is undefined: the others count
    assert found["si_snr"] > 60


def test_a_run_that_diverges_is_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    def diverging(*_: object, **__: object) -> None:
        raise FitError("the loss is nan")

    monkeypatch.setattr("ligeia.latent.learning.learn", diverging)
    config = FamilyConfig(setups=("im_net",), metrics=("mse",), listened=0)
    row = family_row(config, {"setup": "im_net", "data": "keyboard", "seed": 0})
    assert row["diverged"] == "the loss is nan"
    assert row["metrics"] == {}


def test_white_noise_is_far_away() -> None:
    config = FamilyConfig(
        setups=(), metrics=("mse",), listened=0, changes=(("codes", "batch", 2), ("data", "items", 2))
    )
    noise, silence = (
        family_row(config, {"setup": name, "data": "keyboard", "seed": 0}) for name in ("white noise", "silence")
    )
    assert noise["sounds"] == "made"
    assert noise["metrics"]["mse"] == pytest.approx(1 + silence["metrics"]["mse"], rel=0.1)


def test_lines_are_over_the_runs_that_did_not_diverge() -> None:
    rows = [made_row("pi_gan", 0, 0.001), made_row("pi_gan", 1, 0.003), made_row("pi_gan", 2, None)]
    (line,) = lines(rows)
    assert (line["runs"], line["lost"]) == (2, 1)
    table = table_of(COLUMNS, [line])
    texts = dict(zip(table.header, table.lines[0], strict=True))
    assert texts["MSE × 1000"] == "2.00 ± 1.41"
    assert texts["published MSE × 1000"] == "4.48 ± 1.02"
    assert texts["runs"] == "2, 1 diverged"


def test_figures() -> None:
    rows = [made_row("silence", 0, 0.02), made_row("pi_gan", 0, 0.001), made_row("wide", 0, None)]
    rows[2]["wave"] = None  # it diverged
    axes = bars(rows)["error-keyboard"].axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["π-GAN, autodecoder"]
    assert len(waves(rows)["waves-keyboard"].axes) == 2
