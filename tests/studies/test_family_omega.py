"""The search for omegas of a family: trials, rungs, and what lies between the samples."""

import json
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from ligeia.errors import InputError
from ligeia.studies.family_omega import CONFIG, STUDY, Config, FamilySubject
from ligeia.studies.run import run_study, write_answer
from ligeia.studies.searched import Fit

TINY = Config(
    sounds=(("keyboard", 0),), protocol="laptop", omega=(100.0, 1000.0), hidden_omega=(30.0, 30.0),
    learning_rate=(1e-4, 1e-4), trials=2, steps=3, rungs=2, startup=2,
    changes=(("codes", "batch", 2), ("data", "items", 2)),
)  # fmt: skip


@pytest.fixture(autouse=True)
def no_recordings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.setenv("LIGEIA_DATA", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))


def test_trials_become_rows_a_table_and_figures(tmp_path: Path) -> None:
    pytest.importorskip("optuna")
    folder = tmp_path / "rows"
    folder.mkdir()
    study = replace(STUDY, sizes={"laptop": TINY})
    rows = run_study(study, folder)
    assert [row["error"] for row in rows] == [None, None]
    complete = [row for row in rows if row["state"] == "complete"]
    assert complete
    assert all([steps for steps, _ in row["rungs"]] == [1, 3] and row["dense_mse"] > 0 for row in complete)
    written = {path.name for path in write_answer(study, rows, folder)}
    assert any("keyboard-omega" in name and name.endswith(".svg") for name in written)
    assert run_study(study, folder) == json.loads(json.dumps(rows))


def test_a_fit_is_that_of_its_omegas() -> None:
    subject = FamilySubject(TINY, ("keyboard", 0))
    low, high = (subject.fit((omega, 30.0), 1e-4, 2, dense=True) for omega in (100.0, 5000.0))
    assert isinstance(low, Fit)
    assert low.mse != high.mse
    assert low.dense_mse is not None
    assert subject._setting((200.0, 30.0), {}).decoder.first_omega == 100.0  # sounds of half a second


def test_rungs() -> None:
    assert CONFIG["paper"].ladder == [60, 178, 534, 1600]
    with pytest.raises(InputError, match="rungs need at least"):
        Config(steps=2, rungs=3)
