"""The worker: plain data in and out; idempotent."""

import json
from pathlib import Path
from typing import Any

import pytest

from ligeia.corpus.order import Order
from ligeia.corpus.work import perform


@pytest.fixture
def task(order: Order) -> dict[str, Any]:
    return {
        "output": "a.lig", "source": "a.wav", "bytes": 1, "stamp": "1", "settings": order.digest,
        "action": "encode", "folders": order.folders, "how": dict(order.settings),
    }  # fmt: skip


def test_a_result_that_is_whole_is_not_made_again(task: dict[str, Any], order: Order) -> None:
    row = perform(task)
    assert json.loads(json.dumps(row)) == row
    result = Path(order.results) / "a.lig"
    made = result.stat().st_mtime_ns, result.stat().st_ino
    again = perform(task | {"row": row, "stamp": "2"})
    assert (again["stamp"], again["output_sha256"]) == ("2", row["output_sha256"])
    assert (result.stat().st_mtime_ns, result.stat().st_ino) == made
    result.write_bytes(b"cut")
    assert perform(task | {"row": row})["output_sha256"] == row["output_sha256"]
    assert (result.stat().st_mtime_ns, result.stat().st_ino) != made


def test_no_half_result_is_left(task: dict[str, Any], order: Order) -> None:
    Path(order.sources, "a.wav").write_bytes(b"RIFF")
    row = perform(task)
    assert row["error"].startswith("a.wav")
    assert [path for path in Path(order.results).rglob("*") if path.is_file()] == []


def test_a_result_that_cannot_be_written_is_a_row_without_the_folder(task: dict[str, Any], order: Order) -> None:
    name = "x" * 300 + ".lig"
    row = perform(task | {"output": name})
    assert row["error"].startswith("cannot write 'xxx")
    assert order.results not in row["error"]


@pytest.mark.parametrize("name", ["../a.wav", "/etc/passwd", "missing.wav"])
def test_names_of_a_manifest_that_was_written_by_somebody_else(task: dict[str, Any], name: str) -> None:
    row = perform(task | {"source": name})
    assert row["error"]
    assert "ends" not in row


def test_errors_that_concern_all_files_say_so(task: dict[str, Any]) -> None:
    row = perform(task | {"how": {"preset": "podcast", "tags": True}})
    assert row["ends"] == "settings"


def test_a_fault_of_ours_is_a_row_too(task: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ligeia.corpus.work.function_of", lambda _: lambda *_: 1 / 0)
    assert perform(task)["error"] == "ZeroDivisionError: division by zero"
