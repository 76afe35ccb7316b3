"""The committed tables of studies, `results/studies/NAME-SIZE.md`, are those of the rows beside them."""

import json
from pathlib import Path

import pytest

from ligeia.records.tables import markdown
from ligeia.studies.run import STUDIES, known_rows, rows_path

FOLDER = Path(__file__).resolve().parents[2] / "results" / "studies"
COMMITTED = [
    (name, size) for name, study in STUDIES.items() for size in study.sizes if rows_path(study, FOLDER, size).is_file()
]


@pytest.mark.parametrize(("name", "size"), COMMITTED)
def test_a_table_is_that_of_its_rows(name: str, size: str) -> None:
    study = STUDIES[name]
    cells = [json.dumps(cell, sort_keys=True) for cell in study.cells(study.sizes[size])]
    rows = known_rows(study, FOLDER, size)
    assert rows.keys() <= set(cells), "rows of cells that the study no longer has"
    measured = [row for cell in cells if (row := rows.get(cell)) and row["error"] is None]
    text = (FOLDER / f"{name}-{size}.md").read_text(encoding="utf-8")
    again = f"run `ligeia study {name} -o results/studies --size {size} --budget 0`"
    assert f"Size: {size}, {len(measured)} of {len(cells)} cells." in text, again
    assert markdown(study.table(measured)).strip() in text, again
