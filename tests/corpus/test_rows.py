"""Rows that are there, and what remains."""

import json
from pathlib import Path
from typing import Any

import pytest

from ligeia.corpus.manifest import write_manifest
from ligeia.corpus.order import Order
from ligeia.corpus.rows import ROWS, is_row, pending, rows_in
from ligeia.errors import InputError

FAILED = {"output": "a.lig", "source": "a.wav", "bytes": 1, "stamp": "1", "settings": "0", "error": "x"}
DONE = FAILED | {"error": None, "output_bytes": 2, "seconds": 1, "figures": {"snr_db": 3.5}, "notes": ["n"]}


def test_rows_come_in_order_and_the_last_counts(tmp_path: Path) -> None:
    path = tmp_path / ROWS
    assert list(rows_in(path)) == []
    rows = [FAILED | {"output": name, "error": error} for name, error in (("b", "1"), ("a", "2"), ("b", "3"))]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows) + '{"output":"c"')
    assert [(row["output"], row["error"]) for row in rows_in(path)] == [("a", "2"), ("b", "3")]


NO_ROWS = ["x", "[]", '{"output": "a"}', '{"output":"a",', "7", '"x"', "", "[" * 10**5, '{"output":"a","output":"b"}']


@pytest.mark.parametrize("line", NO_ROWS, ids=range(len(NO_ROWS)))
def test_a_line_that_is_no_row_is_told(tmp_path: Path, line: str) -> None:
    path = tmp_path / ROWS
    path.write_text(line + "\n")
    with pytest.raises(InputError, match="a line that is not a row"):
        list(rows_in(path))


def test_without_rows_everything_is_pending(order: Order) -> None:
    Path(order.results).mkdir()
    manifest = write_manifest(order)
    assert list(pending(order, manifest, retry=False, verify=False)) == list(manifest.entries())


def test_rows_that_we_write_are_rows() -> None:
    assert is_row(FAILED)
    assert is_row(DONE)
    compared = {name: value for name, value in DONE.items() if name != "output_bytes"}
    assert not is_row(compared)
    assert is_row(compared | {"estimate": "a.lig", "figures": {"pesq": None}, "reasons": {"pesq": "too short"}})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("output", 7), ("source", None), ("stamp", 1), ("settings", 3), ("bytes", float("inf")), ("bytes", -1),
        ("error", 7), ("output_bytes", None), ("seconds", None), ("seconds", float("nan")), ("seconds", 10**400),
        ("figures", []), ("figures", {"snr_db": "x"}), ("figures", {"snr_db": float("inf")}), ("notes", [7]),
        ("notes", 7), ("reasons", ["x"]), ("reasons", {"pesq": 7}),
    ],
)  # fmt: skip
def test_an_edited_row_is_told(tmp_path: Path, name: str, value: Any) -> None:
    (tmp_path / ROWS).write_text(json.dumps(DONE | {name: value}) + "\n")
    with pytest.raises(InputError, match="a line that is not a row"):
        list(rows_in(tmp_path / ROWS))


def test_a_row_without_a_result_is_not_done(order: Order) -> None:
    Path(order.results).mkdir()
    manifest = write_manifest(order)
    entry = next(manifest.entries())
    row = DONE | {name: entry[name] for name in ("output", "source", "bytes", "stamp")} | {"estimate": "a.flac"}
    del row["output_bytes"]
    (order.state / ROWS).write_text(json.dumps(row) + "\n")
    assert next(pending(order, manifest, retry=False, verify=False))["output"] == entry["output"]
