"""Running a study: cells that have no row yet are filled, then table and figures are made from the rows."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from functools import partial
from math import inf
from pathlib import Path
from time import monotonic
from typing import Any

from ligeia.audio.atomic import atomic_path, write_bytes
from ligeia.errors import InputError, LigeiaError, MissingExtra
from ligeia.plots.canvas import save_figure
from ligeia.records.environment import describe, keep
from ligeia.records.journal import Row, open_journal, read_lines
from ligeia.records.tables import markdown, table
from ligeia.studies.study import Cell, Fill, Memory, Study

OnRow = Callable[[int, int, Row], None]
"""Called with cells done, cells in all, and the row."""


def run_study(
    study: Study,
    folder: Path,
    *,
    size: str = "laptop",
    budget: float | None = None,
    database: str | None = None,
    on_row: OnRow | None = None,
) -> list[Row]:
    """Fill the cells of `study` at a size, in `folder`, and return all their rows. What is there is not done again.

    No cell is begun once `budget` seconds have passed (None: all are); the rows are then those that there are.
    A cell that cannot be filled (a fit that diverges) gets a row that says why. A search keeps its trials beside the
    rows, or in the `database` at this address, in which several machines can search together.

    Raises:
        InputError: there is no such size, the folder cannot be written, the database cannot be used, or the study is
            no search and has no use for one.
    """
    config = config_of(study, size)
    if database is not None and study.search is None:
        raise InputError(f"{study.name} is no search: it has no use for a database")
    cells = study.cells(config)
    known = known_rows(study, folder, size)
    missing = any(_key(cell) not in known for cell in cells)
    memory = Memory(path=memory_path(study, folder, size), database=database)
    environment = keep(folder, describe(1, {}))
    end = inf if budget is None else monotonic() + budget
    with open_journal(rows_path(study, folder, size)) as journal, _filling(study, config, memory, missing) as fill:
        for number, cell in enumerate(cells, 1):
            if _key(cell) not in known:
                if monotonic() >= end:
                    continue
                known[_key(cell)] = _filled(study, config, cell, fill) | {"environment": environment}
                journal.add(known[_key(cell)])
            if on_row is not None:
                on_row(number, len(cells), known[_key(cell)])
    return [known[_key(cell)] for cell in cells if _key(cell) in known]


def known_rows(study: Study, folder: Path, size: str) -> dict[str, Row]:
    """The rows that are there, by cell; those of another CONFIG do not count, unless it only names other cells."""

    def meaning(config: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in config.items() if key not in study.selecting}

    config = meaning(json.loads(json.dumps(asdict(config_of(study, size)))))
    rows = read_lines(rows_path(study, folder, size), {"cell", "config"})
    return {_key(row["cell"]): row for row in rows if meaning(row["config"]) == config}


def config_of(study: Study, size: str) -> Any:
    """The CONFIG of a size, or `InputError` that lists the sizes."""
    if size not in study.sizes:
        raise InputError(f"{study.name} has no size {size!r}; there are: {', '.join(study.sizes)}")
    return study.sizes[size]


def rows_path(study: Study, folder: Path, size: str) -> Path:
    """Where the rows of a study lie."""
    return folder / f"{study.name}-{size}.jsonl"


def memory_path(study: Study, folder: Path, size: str) -> Path:
    """Where a search keeps its trials, unless it is given a database."""
    return folder / f"{study.name}-{size}.sqlite3"


def forget(study: Study, folder: Path, size: str) -> None:
    """Drop the rows of a study, and the trials of a search beside them, so that all is measured anew."""
    memory = memory_path(study, folder, size)
    for path in (rows_path(study, folder, size), memory, memory.with_name(f"{memory.name}-journal")):
        path.unlink(missing_ok=True)


def _filling(study: Study, config: Any, memory: Memory, missing: bool) -> AbstractContextManager[Fill]:
    """What fills cells; the memory of a search is opened only where cells are missing."""
    if study.search is None or not missing:
        return nullcontext(partial(study.measure, config))
    return study.search(config, memory)


def _filled(study: Study, config: Any, cell: Cell, fill: Fill) -> Row:
    row: Row = {"study": study.name, "cell": cell, "config": asdict(config)}
    try:
        return row | fill(cell) | {"error": None}
    except LigeiaError as error:
        return row | {"error": " ".join(str(error).split())}


def _key(cell: Cell) -> str:
    return json.dumps(cell, sort_keys=True)


def write_answer(study: Study, rows: list[Row], folder: Path, *, size: str = "laptop") -> list[Path]:
    """The table (Markdown) and the figures (SVG and PNG) of a study, from its rows; each appears whole or not at all.

    Without matplotlib there are no figures, and the table's file says so.
    """
    good = [row for row in rows if row["error"] is None]
    stem = f"{study.name}-{size}"
    try:
        figures = study.figures(good) if good else {}
        problem = ""
    except MissingExtra as error:
        figures, problem = {}, f"\n\nThere are no figures: {error}\n"
    paths = [folder / f"{stem}.md"]
    for name, figure in figures.items():
        for ending in (".svg", ".png"):
            paths.append(folder / f"{stem}-{name}{ending}")
            with atomic_path(paths[-1], overwrite=True) as temporary:
                save_figure(figure, temporary)
    write_bytes(paths[0], (_page(study, rows, good, size, list(figures)) + problem).encode(), overwrite=True)
    return paths


def _page(study: Study, rows: list[Row], good: list[Row], size: str, figures: list[str]) -> str:
    header, lines = study.table(good)
    parts = [
        f"# {study.name}: {study.question}",
        f"{study.source}. Size: {size}, {len(good)} of {len(study.cells(config_of(study, size)))} cells.",
    ]
    parts.append(markdown(table(header, lines, texts=(0,))))
    parts += [f"![{name}]({study.name}-{size}-{name}.svg)" for name in figures]
    parts += [f"Failed: {json.dumps(row['cell'])}: {row['error']}" for row in rows if row["error"] is not None]
    return "\n\n".join(parts) + "\n"
