"""Rows that are there, and what remains."""

from pathlib import Path

import pytest

from ligeia.corpus.manifest import write_manifest
from ligeia.corpus.order import Order
from ligeia.corpus.rows import ROWS, pending, rows_in
from ligeia.errors import InputError


def test_rows_come_in_order_and_the_last_counts(tmp_path: Path) -> None:
    path = tmp_path / ROWS
    assert list(rows_in(path)) == []
    lines = [f'{{"output":"{name}","source":"s","error":{error}}}\n' for name, error in (("b", 1), ("a", 2), ("b", 3))]
    path.write_text("".join(lines) + '{"output":"c"')
    assert [(row["output"], row["error"]) for row in rows_in(path)] == [("a", 2), ("b", 3)]


@pytest.mark.parametrize("line", ["x", "[]", '{"output": "a"}', '{"output":"a",', "7", '"x"', ""])
def test_a_line_that_is_no_row_is_told(tmp_path: Path, line: str) -> None:
    path = tmp_path / ROWS
    path.write_text(line + "\n")
    with pytest.raises(InputError, match="a line that is not a row"):
        list(rows_in(path))


def test_without_rows_everything_is_pending(order: Order) -> None:
    Path(order.results).mkdir()
    manifest = write_manifest(order)
    assert list(pending(order, manifest, retry=False, verify=False)) == list(manifest.entries())
