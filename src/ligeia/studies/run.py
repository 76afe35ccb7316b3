"""The studies by name, and running one: cells that have no row yet are measured, then the rows give the answer."""

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, replace
from functools import partial
from math import inf
from pathlib import Path
from time import monotonic
from typing import Any

from ligeia.errors import LigeiaError, MissingExtra, SettingsError
from ligeia.plots.style import remark
from ligeia.records.environment import describe, keep
from ligeia.records.journal import Row, open_journal, read_lines
from ligeia.records.report import Picture, Section, write_report
from ligeia.studies import (
    ablations,
    activations,
    bandwidth,
    dataset_images,
    declip,
    decoders,
    denoise_table,
    dropouts,
    duration,
    families_beyond,
    family_omega,
    gaps,
    hypersound_compression,
    hypersound_fewer,
    hypersound_space,
    hypersound_targets,
    hypersound_variants,
    hypersound_weighting,
    known_degradations,
    metric_correlation,
    omega,
    omega_search,
    perception,
    progressive,
    regularisation,
    siamese_compression,
    siamese_tables,
    sine_a4,
    upper_bound,
    width_depth,
)
from ligeia.studies.study import Cell, Measure, Memory, Study, is_made

STUDIES: dict[str, Study] = {
    module.STUDY.name: module.STUDY
    for module in (
        sine_a4,
        width_depth,
        duration,
        perception,
        siamese_tables,
        siamese_compression,
        omega,
        omega_search,
        upper_bound,
        declip,
        activations,
        hypersound_compression,
        hypersound_fewer,
        hypersound_variants,
        hypersound_weighting,
        hypersound_targets,
        hypersound_space,
        denoise_table,
        dropouts,
        gaps,
        bandwidth,
        dataset_images,
        known_degradations,
        metric_correlation,
        decoders,
        ablations,
        regularisation,
        progressive,
        family_omega,
        families_beyond,
    )
}
DEFAULT_SIZE = "laptop"
"""The size of a study that is given none."""
OnRow = Callable[[int, int, Row], None]
"""Called with cells done, cells in all, and the row."""


def study_named(name: str) -> Study:
    """Return the study called `name`.

    Raises:
        SettingsError: there is none; the message lists what there is.
    """
    if name not in STUDIES:
        raise SettingsError(f"unknown study {name!r}; there are: {', '.join(STUDIES)}")
    return STUDIES[name]


def config_of(study: Study, size: str) -> Any:
    """Return the CONFIG of a size.

    Raises:
        SettingsError: there is none; the message lists the sizes.
    """
    if size not in study.sizes:
        raise SettingsError(f"{study.name} has no size {size!r}; there are: {', '.join(study.sizes)}")
    return study.sizes[size]


def with_inputs(study: Study, size: str, inputs: Mapping[str, Path | None]) -> Study:
    """Return the study with these files in its CONFIG of a size; those that are None change nothing.

    Raises:
        SettingsError: it takes no such file, or there is no such size.
    """
    given = {name: str(path) for name, path in inputs.items() if path is not None}
    for name in given:
        if name not in study.inputs:
            raise SettingsError(f"{study.name} takes no {name}; it is for: {', '.join(_takers(name))}")
    return replace(study, sizes={**study.sizes, size: replace(config_of(study, size), **given)}) if given else study


def _takers(name: str) -> list[str]:
    return [study.name for study in STUDIES.values() if name in study.inputs]


# --- rows ---------------------------------------------------------------------------------------------


def run_study(
    study: Study,
    folder: Path,
    *,
    size: str = "laptop",
    budget: float | None = None,
    database: str | None = None,
    on_row: OnRow | None = None,
) -> list[Row]:
    """Measure the cells of `study` at a size, in `folder`, and return all their rows. Rows that exist are kept.

    No cell is begun once `budget` seconds have passed (None: no limit); the rows returned are then those that exist.
    A cell that cannot be measured (a fit that diverges) gets a row with the error. A search keeps its trials beside the
    rows, or in the `database` at this address, in which several machines can search together.

    Raises:
        SettingsError: there is no such size, or the study is no search and has no use for a database.
        InputError: the folder cannot be written, or the database cannot be used.
    """
    config = config_of(study, size)
    if database is not None and study.search is None:
        raise SettingsError(f"{study.name} is not a search: it takes no database")
    cells = study.cells(config)
    rows, beside = known_rows(study, folder, size), _rows_beside(study, folder, size)
    complete = all(_key(cell) in rows for cell in cells)
    memory = Memory(path=memory_path(study, folder, size), database=database)
    environment = keep(folder, describe(1, {}))
    end = inf if budget is None else monotonic() + budget
    with open_journal(rows_path(study, folder, size)) as journal, _opened(study, config, memory, complete) as measure:
        for number, cell in enumerate(cells, 1):
            if _key(cell) not in rows:
                if _key(cell) in beside:
                    rows[_key(cell)] = beside[_key(cell)]
                elif monotonic() < end:
                    rows[_key(cell)] = _measured(study, config, cell, measure) | {"environment": environment}
                else:
                    continue
                journal.add(rows[_key(cell)])
            if on_row is not None:
                on_row(number, len(cells), rows[_key(cell)])
    return [rows[_key(cell)] for cell in cells if _key(cell) in rows]


def _opened(study: Study, config: Any, memory: Memory, complete: bool) -> AbstractContextManager[Measure]:
    """Return the function that measures cells; the memory of a search is opened only where cells are missing."""
    if study.search is None or complete:
        return nullcontext(partial(study.measure, config))
    return study.search(config, memory)


def _measured(study: Study, config: Any, cell: Cell, measure: Measure) -> Row:
    row: Row = {"study": study.name, "cell": cell, "config": asdict(config)}
    try:
        return row | measure(cell) | {"error": None}
    except MissingExtra:  # a fault of the installation, not of the cell
        raise
    except LigeiaError as error:
        return row | {"error": " ".join(str(error).split())}


def known_rows(study: Study, folder: Path, size: str) -> dict[str, Row]:
    """Return the rows in `folder` by cell; those of another CONFIG do not count, unless it only names other cells."""

    def relevant(config: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in config.items() if key not in study.selecting}

    config = relevant(json.loads(json.dumps(asdict(config_of(study, size)))))
    rows = read_lines(rows_path(study, folder, size), {"cell", "config"})
    return {_key(row["cell"]): row for row in rows if relevant(row["config"]) == config}


def _rows_beside(study: Study, folder: Path, size: str) -> dict[str, Row]:
    """Return rows by cell that the study whose `rows_of` are as good has made in the same folder, as rows of this one.

    They count where all that this study's CONFIG says is the same there.
    """
    if study.rows_of is None or size not in STUDIES[study.rows_of].sizes:
        return {}
    names = asdict(config_of(study, size))
    wanted = json.loads(json.dumps({name: value for name, value in names.items() if name not in study.selecting}))
    rows = known_rows(STUDIES[study.rows_of], folder, size)
    return {
        key: row | {"study": study.name, "config": {name: row["config"][name] for name in names}}
        for key, row in rows.items()
        if names.keys() <= row["config"].keys() and wanted.items() <= row["config"].items() and row["error"] is None
    }


def _key(cell: Cell) -> str:
    return json.dumps(cell, sort_keys=True)


def rows_path(study: Study, folder: Path, size: str) -> Path:
    """Return where the rows of a study lie."""
    return folder / f"{study.name}-{size}.jsonl"


def memory_path(study: Study, folder: Path, size: str) -> Path:
    """Return where a search keeps its trials, unless it is given a database."""
    return folder / f"{study.name}-{size}.sqlite3"


def forget(study: Study, folder: Path, size: str) -> None:
    """Drop the rows of a study, and the trials of a search beside them, so that everything is measured again."""
    memory = memory_path(study, folder, size)
    for path in (rows_path(study, folder, size), memory, memory.with_name(f"{memory.name}-journal")):
        path.unlink(missing_ok=True)


# --- the answer ---------------------------------------------------------------------------------------

MADE = "synthetic sounds: not to be compared with published values"
"""Caption of figures from made sounds."""


def made_note(rows: list[Row]) -> str | None:
    """Return what readers must know where rows are of made sounds; None where none is."""
    made = sum(map(is_made, rows))
    if not made:
        return None
    return (
        f"Rows of synthetic sounds: {made} of {len(rows)}. LIGEIA_DATA names no folder with the recordings, so nothing "
        "here can be compared with published values, which are left out; with the recordings there, measure anew"
    )


def write_answer(study: Study, rows: list[Row], folder: Path, *, size: str = "laptop") -> list[Path]:
    """Write the report of a study, each file whole or not at all, and return the paths.

    They are the table as Markdown, the figures as SVG and PNG, and one HTML page with all of it; without matplotlib
    there are no figures, and the report says so.
    """
    stem = f"{study.name}-{size}"
    good = [row for row in rows if row["error"] is None]
    facts = f"{study.source}. Size: {size}, {len(good)} of {len(study.cells(config_of(study, size)))} cells."
    failures = tuple(f"Failed: {json.dumps(row['cell'])}: {row['error']}" for row in rows if row["error"] is not None)
    try:
        figures = study.draw(good)
    except MissingExtra as error:
        figures, failures = {}, (f"There are no figures: {error}", *failures)
    made = made_note(rows)
    if made is not None:
        for figure in figures.values():
            remark(figure, MADE)
    pictures = tuple(Picture(f"{stem}-{name}", name, partial(figures.__getitem__, name)) for name in figures)
    answer = Section(pictures=pictures, paragraphs=failures)
    heading = f"{study.name}: {study.question}"
    report = Section(
        heading=heading, paragraphs=tuple(filter(None, (facts, made))), table=study.table(good), sections=(answer,)
    )
    return write_report(report, folder, stem=stem)
