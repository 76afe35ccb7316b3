"""Contestants with equal budgets, rows of windowed sines, and their table."""

import tempfile
from pathlib import Path

import pytest

from ligeia.errors import InputError
from ligeia.records.columns import table_of
from ligeia.records.journal import Row
from ligeia.studies.beyond_setups import SETUPS, WAVEGAN_MORE, beyond_configuration, numbers_of, unseen_data
from ligeia.studies.families_beyond import CLIPS, COLUMNS, CONFIG, NUMBERS, Config, cells, lines, measure
from ligeia.studies.family_rows import FamilyConfig


@pytest.fixture(autouse=True)
def no_recordings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIGEIA_DATA", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.mark.parametrize("setup", [name for name in SETUPS if name != "siren2"])
@pytest.mark.parametrize("protocol", ["laptop", "second"])
def test_budgets_are_equal(setup: str, protocol: str) -> None:
    plain = beyond_configuration("pi_gan", "keyboard", protocol, 30, 0)
    setting = beyond_configuration(setup, "keyboard", protocol, 30, 1)
    assert setting.decoder.code == plain.decoder.code
    assert setting.training.seconds == 30
    assert setting.training.seed == 1
    assert setting.data == plain.data
    numbers, limit = setting.decoder.numbers(setting.data.samples), numbers_of(plain)
    if setting.decoder.kind != "film":
        assert 0.8 * limit < numbers <= (WAVEGAN_MORE if setup.startswith("wavegan") else 1) * limit


def test_the_faithful_one_is_the_laptops() -> None:
    setting = beyond_configuration("pi_gan", "keyboard", "laptop", 30, 0)
    assert setting.codes.optimiser == "sgd"
    assert setting.decoder.numbers(4000) == numbers_of(setting) + 8 * 32 + 1


def test_the_laptops_cells_come_first() -> None:
    laptop, hour = (cells(CONFIG[size]) for size in ("laptop", "hour"))
    assert hour[: len(laptop)] == laptop
    assert len({str(cell) for cell in hour}) == len(hour)


def test_windowed_sines_keep_the_budget() -> None:
    cell = {"part": "learned", "protocol": "laptop", "data": "keywords", "seconds": 30.0, "seed": 0, "setup": "lapped"}
    row = measure(Config(metrics=("mse", "snr"), listened=0), cell)
    assert row["sounds"] == "made"
    assert row["code"] == 4
    assert row["parameters"] <= 11_873
    assert row["metrics"]["snr"] > 3


def test_unseen_sounds_are_counted() -> None:
    row = measure(Config(), {"part": "unseen", "data": "keywords", "setup": "lapped_256"})
    assert row["sounds"] == "made"
    assert row["unseen"] == len(row["clips"])
    assert row["code"] <= NUMBERS["lapped_256"]
    assert row["least_db"] <= row["median_db"]
    assert row["stream_bytes"] < 4 * row["code"]
    for clip in row["clips"]:
        assert clip["decoded"] > clip["si_snr"] - 2


def test_unknown_names_are_refused() -> None:
    with pytest.raises(InputError, match="unknown setup 'sines'"):
        beyond_configuration("sines", "keyboard", "laptop", 30, 0)
    with pytest.raises(InputError, match="unknown data set 'birds'"):
        unseen_data("birds")
    with pytest.raises(InputError, match="unknown setup 'lapped_3'"):
        measure(Config(), {"part": "unseen", "data": "keyboard", "setup": "lapped_3"})


def row_of(seed: int, mse: float) -> Row:
    cell = {
        "part": "learned",
        "protocol": "laptop",
        "data": "keyboard",
        "seconds": 30.0,
        "seed": seed,
        "setup": "lapped",
    }
    return {"cell": cell, "parameters": 10, "code": 4, "fit_seconds": 1.0, "diverged": None, "metrics": {"mse": mse}}


def test_lines_are_over_seeds_and_unseen_sounds_follow() -> None:
    clips = [{"sound": "a", "si_snr": 20.0}, {"sound": "b", "si_snr": 10.0}]
    unseen: Row = {
        "cell": {"part": "unseen", "data": "keyboard", "setup": "lapped_512"},
        "median_db": 15.0,
        "clips": clips,
    }
    made = lines([row_of(0, 0.001), unseen, row_of(1, 0.003)])
    assert [line["runs"] for line in made] == [2, 1]
    text = str(table_of(COLUMNS, made).lines)
    assert "2.000 ± 1.414" in text
    assert "15.0" in text
    assert set(CLIPS([unseen])) == {"unseen"}


def test_metrics_are_those_of_families() -> None:
    assert FamilyConfig(setups=()).metrics[0] == CONFIG["laptop"].metrics[0] == "mse"
