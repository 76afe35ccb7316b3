"""The search of omega at its smallest: trials kept, taken up again, shared, and never told in secret."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ligeia.errors import FitError, InputError, MissingExtra
from ligeia.records.journal import Row
from ligeia.studies import omega_search as module
from ligeia.studies import searching
from ligeia.studies.run import forget, memory_path, rows_path, run_study
from ligeia.studies.sine_a4 import STUDY as SINE
from ligeia.studies.study import Memory, Study

SMALL = replace(
    module.CONFIG["laptop"], sounds=(("bach", 0),), seconds=0.04, rate=4000, width=4, depth=1, hidden_omega=(3.0, 300.0)
)
SMALL = replace(SMALL, trials=5, steps=3, rungs=2, startup=2)
STUDY = replace(module.STUDY, sizes={"laptop": SMALL})
ONE = replace(module.STUDY, sizes={"laptop": replace(SMALL, trials=1)})
ALIKE = ("omega", "hidden_omega", "learning_rate", "state", "steps", "mse", "dense_mse", "rungs")
"""What does not depend on how often a search was interrupted."""


@pytest.fixture(autouse=True, scope="module")
def no_recordings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIGEIA_DATA", str(tmp_path_factory.mktemp("empty")))
        yield


@pytest.fixture(scope="module")
def optuna() -> Iterator[Any]:
    """Optuna, with databases that do not wait for the disk."""
    package = pytest.importorskip("optuna")
    from sqlalchemy import Engine, event

    def hurry(connection: Any, record: Any) -> None:
        connection.execute("PRAGMA synchronous=OFF")

    event.listen(Engine, "connect", hurry)
    yield package
    event.remove(Engine, "connect", hurry)


@pytest.fixture(scope="module")
def whole(optuna: Any, tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    """The rows of a search that nothing interrupts."""
    return searched(tmp_path_factory.mktemp("whole"))


class Killed(BaseException):
    """Stands for a kill: nothing in the search may catch it."""


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The steps of every fit; the fit that brings them to `kill_at` of them does not come back."""

    class Fits(list[int]):
        kill_at = 0

    done, fitted = Fits(), module.fitted

    def counted(audio, recipe, **settings):
        done.append(settings["steps"])
        if len(done) == done.kill_at:
            raise Killed
        return fitted(audio, recipe, **settings)

    monkeypatch.setattr(module, "fitted", counted)
    return done


def alike(rows: list[Row]) -> list[dict[str, Any]]:
    return [{name: row[name] for name in ALIKE} for row in rows]


def fits_of(rows: list[Row]) -> int:
    return sum(len(row["rungs"]) for row in rows)


def killed(fits: Any, at: int, folder: Path, **settings: Any) -> None:
    """A search in `folder` that is killed in the midst of its `at`th fit from now."""
    folder.mkdir(exist_ok=True)
    fits.kill_at = len(fits) + at
    with pytest.raises(Killed):
        run_study(STUDY, folder, **settings)
    fits.kill_at = 0


def searched(folder: Path, **settings: Any) -> list[Row]:
    folder.mkdir(exist_ok=True)
    return run_study(STUDY, folder, **settings)


def test_the_ladder_of_rungs() -> None:
    assert module.CONFIG["paper"].ladder == [60, 178, 534, 1600]
    assert SMALL.ladder == [1, 3]
    with pytest.raises(InputError, match="4 rungs need at least 27 steps, got 26"):
        module.Config(steps=26)


def test_trials_become_rows_pruned_ones_too(whole: list[Row]) -> None:
    assert [row["cell"]["trial"] for row in whole] == list(range(SMALL.trials))
    assert {row["state"] for row in whole} == {"pruned", "complete"}
    assert len({row["omega"] for row in whole}) == SMALL.trials
    for row in whole:
        assert row["error"] is None
        assert SMALL.omega[0] <= row["omega"] <= SMALL.omega[1]
        assert SMALL.hidden_omega[0] <= row["hidden_omega"] <= SMALL.hidden_omega[1]
        assert row["learning_rate"] == SMALL.learning_rate[0]
        assert row["rungs"][-1] == [row["steps"], row["mse"]]
        assert (row["steps"] == SMALL.steps) == (row["state"] == "complete") == (row["dense_mse"] is not None)
        assert row["sound"] == "made bach 0"


def test_a_search_repeats_and_goes_on_after_a_kill(whole: list[Row], fits, tmp_path: Path) -> None:
    killed(fits, 2, tmp_path / "a")
    killed(fits, 3, tmp_path / "a")
    assert alike(searched(tmp_path / "a")) == alike(whole)
    assert len(fits) == fits_of(whole) + 2  # only the two fits that were cut off are made again


def test_a_cell_alone_is_the_same_trial(whole: list[Row]) -> None:
    assert alike([module.measure(SMALL, {"sound": ["bach", 0], "trial": 1})]) == alike(whole[1:2])


def test_what_is_known_is_not_searched_again(optuna, fits, tmp_path: Path) -> None:
    rows = searched(tmp_path / "a")
    assert alike(searched(tmp_path / "a")) == alike(rows)
    assert len(fits) == fits_of(rows)
    other = run_study(replace(STUDY, sizes={"laptop": replace(SMALL, trials=2, seed=1)}), tmp_path / "a")
    assert len(fits) == fits_of(rows + other)  # the trials of another search are none of its own
    forget(STUDY, tmp_path / "a", "laptop")
    assert not rows_path(STUDY, tmp_path / "a", "laptop").exists()
    assert not memory_path(STUDY, tmp_path / "a", "laptop").exists()


def test_two_folders_share_a_database(whole: list[Row], fits, tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path}/hush.db"
    first = searched(tmp_path / "a", database=address)
    second = searched(tmp_path / "b", database=address)
    assert len(fits) == fits_of(whole)
    assert alike(first) == alike(second) == alike(whole)
    assert b"hush" not in rows_path(STUDY, tmp_path / "a", "laptop").read_bytes()
    assert not any(row["elsewhere"] for row in first)
    assert all(row["elsewhere"] for row in second)
    assert not memory_path(STUDY, tmp_path / "a", "laptop").exists()


def test_a_trial_of_another_machine_is_left_to_it(optuna, fits, tmp_path: Path, monkeypatch) -> None:
    address = f"sqlite:///{tmp_path}/shared.db"
    killed(fits, 2, tmp_path / "a", database=address)
    waits = []

    def wait(seconds: float) -> None:  # all else is done; now the first machine comes back
        waits.append(seconds)
        searched(tmp_path / "a", database=address)

    monkeypatch.setattr(searching, "sleep", wait)
    rows = searched(tmp_path / "b", database=address)
    assert len(waits) == 1
    assert [row["elsewhere"] for row in rows] == [True] + [False] * (SMALL.trials - 1)


def test_a_trial_that_stands_still_is_taken_over(optuna, fits, tmp_path: Path, monkeypatch) -> None:
    address = f"sqlite:///{tmp_path}/shared.db"
    killed(fits, 2, tmp_path / "a", database=address)
    monkeypatch.setattr(searching, "PATIENCE_SECONDS", 0.0)
    rows = searched(tmp_path / "b", database=address)
    assert not any(row["elsewhere"] for row in rows)


def test_a_trial_finished_elsewhere_meanwhile_is_taken_as_it_is(optuna, fits, tmp_path: Path, monkeypatch) -> None:
    address = f"sqlite:///{tmp_path}/shared.db"
    fitted, first = module.fitted, []

    def overtaken(audio, recipe, **settings):
        if not first:
            first.append(True)
            with monkeypatch.context() as patch:
                patch.setattr(searching, "PATIENCE_SECONDS", 0.0)
                searched(tmp_path / "b", database=address)
        return fitted(audio, recipe, **settings)

    monkeypatch.setattr(module, "fitted", overtaken)
    rows = searched(tmp_path / "a", database=address)
    assert all(row["elsewhere"] for row in rows)


def test_a_fit_that_breaks_down_has_a_row_that_says_so(optuna, tmp_path: Path, monkeypatch) -> None:
    fitted, count = module.fitted, []

    def first_breaks(audio, recipe, **settings):
        count.append(settings["steps"])
        if len(count) == 1:
            raise FitError("the fit\ndiverged")
        return fitted(audio, recipe, **settings)

    monkeypatch.setattr(module, "fitted", first_breaks)
    rows = searched(tmp_path / "a")
    assert [row["error"] for row in rows] == ["the fit diverged"] + [None] * (SMALL.trials - 1)


def test_an_error_that_is_no_number_breaks_the_trial(optuna, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(module, "squared_error", lambda *sounds, **settings: float("nan"))
    (row,) = run_study(ONE, tmp_path)
    assert row["error"] == "the sound rendered after 1 steps has no finite error"


def test_table_and_figures(whole: list[Row]) -> None:
    pytest.importorskip("matplotlib")
    table = STUDY.table(whole)
    assert {len(line) for line in table.lines} == {len(table.header)}
    columns = dict(zip(table.header, zip(*table.lines, strict=True), strict=True))
    steps, errors = (list(map(float, columns[name])) for name in ("steps", "MSE at samples"))
    assert list(zip(steps, errors, strict=True)) == sorted(zip(steps, errors, strict=True), key=lambda x: (-x[0], x[1]))
    figures = STUDY.draw(whole)
    assert set(figures) == {"bach-0-omega", "bach-0-hidden_omega"}
    figure = figures["bach-0-omega"]
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ["pruned, 1 steps", "complete, 3 steps", "complete, between samples"]
    pruned, complete, between = (len(line.get_xdata()) for line in figure.axes[0].lines)
    assert pruned + complete == len(whole)
    assert between == complete


def test_a_search_is_quiet(optuna, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run_study(ONE, tmp_path)
    assert capfd.readouterr() == ("", "")


def test_the_loudness_of_optuna_is_as_before(optuna) -> None:
    before = optuna.logging.get_verbosity()
    with module.search(SMALL, Memory()):
        assert optuna.logging.get_verbosity() == optuna.logging.ERROR
    assert optuna.logging.get_verbosity() == before


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("me:hush@nowhere", "not a valid address of a database"),
        ("nosuchdatabase://me:hush@nowhere/name", "cannot use the database nosuchdatabase://nowhere/name"),
        ("sqlite:////no/such/folder/x.db", "unable to open"),
        ("postgresql+hush://me:hush@nowhere/name", "cannot use the database"),
    ],
)
def test_errors_name_no_password(optuna, tmp_path: Path, address: str, text: str, monkeypatch) -> None:
    monkeypatch.setattr(searching, "LOOK_SECONDS", 0.0)
    with pytest.raises(InputError, match=text) as caught:
        run_study(STUDY, tmp_path, database=address)
    assert "me:hush" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert "hush" not in repr(Memory(database=address))


def test_a_database_that_is_lost_stops_the_study(optuna, tmp_path: Path, monkeypatch) -> None:
    from sqlalchemy.exc import OperationalError

    def lost(*given, **settings):
        raise OperationalError("SELECT 1", {}, Exception("the line is dead"))

    monkeypatch.setattr(module, "fitted", lost)
    with pytest.raises(InputError, match="does not answer: the line is dead"):
        searched(tmp_path / "a")
    assert rows_path(STUDY, tmp_path / "a", "laptop").read_bytes() == b""  # it is not the trial's fault


def test_tables_that_another_machine_is_making_are_waited_for(optuna, tmp_path: Path, monkeypatch) -> None:
    from sqlalchemy.exc import IntegrityError

    make, waits = optuna.storages.RDBStorage.__init__, []

    def busy(*given, **settings):
        if not waits:
            raise IntegrityError("INSERT", {}, Exception("UNIQUE constraint failed"))
        make(*given, **settings)

    monkeypatch.setattr(optuna.storages.RDBStorage, "__init__", busy)
    monkeypatch.setattr(searching, "sleep", waits.append)
    run_study(ONE, tmp_path)
    assert waits == [searching.LOOK_SECONDS]


def test_odd_names_of_folders(optuna, tmp_path: Path) -> None:
    folder = tmp_path / "50% of a b?c#d"
    folder.mkdir()
    run_study(ONE, folder)
    assert memory_path(ONE, folder, "laptop").is_file()


def test_a_study_that_is_no_search_wants_no_database(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="sine_a4 is not a search: it takes no database"):
        run_study(SINE, tmp_path, database="sqlite://")


def test_without_optuna(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(MissingExtra, match=r"ligeia\[search\]"):
        run_study(STUDY, tmp_path)


def test_the_command(optuna, tmp_path: Path, monkeypatch, capfd: pytest.CaptureFixture[str]) -> None:
    from ligeia.cli.main import run
    from ligeia.studies.run import STUDIES

    monkeypatch.setitem(STUDIES, "omega_search", ONE)

    def command(*words: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["ligeia", "study", *map(str, words)])
        code: Any = 0
        try:
            run()
        except SystemExit as stop:
            code = stop.code or 0
        return code, capfd.readouterr().err

    shared = ("--database", f"sqlite:///{tmp_path}/shared.db")
    code, said = command("omega_search", "-o", tmp_path / "a", *shared)
    assert code == 0, said
    assert (tmp_path / "shared.db").is_file()
    assert command("omega_search", "-o", tmp_path / "a", *shared, "--force")[0] == 2
    assert command("sine_a4", "-o", tmp_path / "a", *shared) == (
        2,
        "ligeia: sine_a4 is not a search: it takes no database\n",
    )


def test_the_denser_grid_meets_the_samples() -> None:
    """A sine far below half the rate: its resampling is the same sine on the denser grid, inside the edges."""
    from ligeia.audio.signal import Audio

    def tone(rate: int) -> Audio:
        return Audio(np.sin(2 * np.pi * 440 * np.arange(rate // 4) / rate)[None].astype(np.float32), rate)

    assert module.squared_error(tone(16000), module.resample(tone(8000), 16000), skipped=(module.EDGE,) * 2) < 1e-6


def test_both_sizes_are_searches() -> None:
    assert isinstance(module.STUDY, Study)
    assert module.CONFIG["paper"].omega == module.CONFIG["paper"].hidden_omega == (1.0, 2000.0)
