"""Finding and running a study: rows as they come, nothing twice, failures kept; and its answer as files."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from ligeia.errors import InputError, MissingExtra
from ligeia.records.journal import Row
from ligeia.studies.run import STUDIES, config_of, known_rows, rows_path, run_study, study_named, write_answer
from ligeia.studies.study import Cell, Column, Study


@dataclass(frozen=True)
class Config:
    count: int = 3


def squares(done: list[int] | None = None, figures: Callable[[list[Row]], Any] = lambda rows: {}) -> Study:
    """A study that squares numbers; the last cell of four fails."""

    def measure(config: Config, cell: Cell) -> Row:
        if done is not None:
            done.append(cell["k"])
        if cell["k"] == 3:
            raise InputError("three is\ntoo much")
        return {"square": cell["k"] ** 2}

    return Study(
        name="squares",
        question="what is k squared?",
        source="school",
        sizes={"laptop": Config(), "paper": Config(4)},
        cells=lambda config: [{"k": k} for k in range(config.count)],
        measure=measure,
        columns=(Column("k", "cell.k"), Column("square", "square")),
        figures=(figures,),
    )


def test_rows_come_in_order_and_stay(tmp_path: Path) -> None:
    seen = []
    rows = run_study(squares(), tmp_path, on_row=lambda done, total, row: seen.append((done, total)))
    assert [row["square"] for row in rows] == [0, 1, 4]
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert list(known_rows(squares(), tmp_path, "laptop").values()) == rows


def test_nothing_is_done_twice(tmp_path: Path) -> None:
    done: list[int] = []
    run_study(squares(done), tmp_path)
    data = rows_path(squares(), tmp_path, "laptop").read_bytes()
    rows_path(squares(), tmp_path, "laptop").write_bytes(data[:-10])  # killed while writing the last row
    assert len(run_study(squares(done), tmp_path)) == 3
    assert done == [0, 1, 2, 2]


def test_no_cell_is_begun_once_the_budget_is_spent(tmp_path: Path) -> None:
    assert run_study(squares(), tmp_path, budget=0) == []
    first = run_study(squares(), tmp_path, budget=60)
    assert [row["square"] for row in first] == [0, 1, 4]
    assert run_study(squares(), tmp_path, budget=0) == first  # what is there is told
    page = write_answer(squares(), first[:2], tmp_path)[0].read_text()
    assert "2 of 3 cells" in page


def test_rows_stay_when_other_cells_are_named(tmp_path: Path) -> None:
    done: list[int] = []
    run_study(squares(done), tmp_path)
    more = replace(squares(done), sizes={"laptop": Config(2)}, selecting=frozenset({"count"}))
    assert len(run_study(more, tmp_path)) == 2
    assert done == [0, 1, 2]
    run_study(replace(more, selecting=frozenset()), tmp_path)
    assert done == [0, 1, 2, 0, 1]


def test_sizes_are_kept_apart_and_failures_said(tmp_path: Path) -> None:
    run_study(squares(), tmp_path)
    rows = run_study(squares(), tmp_path, size="paper")
    assert [row["error"] for row in rows] == [None, None, None, "three is too much"]
    text = write_answer(squares(), rows, tmp_path, size="paper")[0].read_text()
    assert "3 of 4 cells" in text
    assert "three is too much" in text
    assert "| 2 | 4 |" in text


def test_rows_of_another_config_do_not_count(tmp_path: Path) -> None:
    run_study(squares(), tmp_path, size="paper")
    rows_path(squares(), tmp_path, "paper").rename(rows_path(squares(), tmp_path, "laptop"))
    assert known_rows(squares(), tmp_path, "laptop") == {}


def test_without_matplotlib_the_table_says_so(tmp_path: Path) -> None:
    def missing(rows: list[Row]) -> Any:
        raise MissingExtra("matplotlib", "plot")

    study = squares(figures=missing)
    pages = write_answer(study, run_study(study, tmp_path), tmp_path)
    assert [path.suffix for path in pages] == [".md", ".html"]
    assert "ligeia\\[plot\\]" in pages[0].read_text()


def test_unknown_size() -> None:
    with pytest.raises(InputError, match="no size 'huge'; there are: laptop, paper"):
        config_of(squares(), "huge")


def test_names() -> None:
    assert study_named("sine_a4") is STUDIES["sine_a4"]
    with pytest.raises(InputError, match="unknown study 'x'; there are: sine_a4"):
        study_named("x")
