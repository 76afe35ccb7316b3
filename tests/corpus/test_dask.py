"""A corpus on a real cluster of processes: whatever dies, the results are those of one machine, byte for byte."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from ligeia.corpus.order import Order
from ligeia.corpus.ordering import Record
from ligeia.corpus.report import Totals
from ligeia.corpus.run import RunSettings, open_corpus, run_corpus
from ligeia.executors.failures import ExecutorLost
from ligeia.executors.limits import Limits
from ligeia.executors.opening import open_executor
from tests.corpus.conftest import Run, encoding, rows_of, write_tone

pytest.importorskip("distributed", reason="distributed, Dask's scheduler, is not installed")
FILES = 16


class Cluster:
    """A scheduler and its workers, each a process of its own on the loopback."""

    def __init__(self, folder: Path, workers: int, stack: ExitStack) -> None:
        self._folder, self._stack = folder, stack
        folder.mkdir()
        self.scheduler = self._start("dask_scheduler", "--port", "0", "--host", "127.0.0.1")
        self.workers = [
            self._start("dask_worker", "--no-nanny", "--nthreads", "1", "--local-directory", str(folder))
            for _ in range(workers)
        ]

    def _start(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        place = self._folder / "scheduler.json"
        command = [sys.executable, "-m", f"distributed.cli.{program}", "--scheduler-file", str(place), "--no-dashboard"]
        log = self._stack.enter_context((self._folder / "log").open("ab"))
        process = self._stack.enter_context(subprocess.Popen([*command, *arguments], stderr=log, stdout=log))
        self._stack.callback(process.kill)
        return process

    def run(self, order: Order, on_row: Callable[[Record], None]) -> Totals:
        limits = Limits(seconds=60)
        with open_corpus(order) as corpus, open_executor(scheduler=self._address(), limits=limits) as executor:
            return run_corpus(corpus, executor, RunSettings(), on_row=on_row)

    def _address(self) -> str:
        """What the scheduler writes when it is ready."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with suppress(OSError, ValueError):
                return str(json.loads((self._folder / "scheduler.json").read_text())["address"])
            time.sleep(0.05)
        raise AssertionError((self._folder / "log").read_text())


def results_of(folder: Path) -> dict[str, bytes]:
    """All files but those that tell how long things took."""
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {name: data for name, data in files.items() if name not in ("rows.jsonl", "report.md")}


def facts_of(folder: Path) -> list[Record]:
    """Rows in order of name, without what the clock says."""
    rows = ({name: value for name, value in row.items() if name != "elapsed"} for row in rows_of(folder))
    return sorted(rows, key=lambda row: str(row["output"]))


def test_whatever_dies_the_results_are_those_of_one_machine(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    for number in range(FILES):
        write_tone(tmp_path / "in" / f"{number}.wav", 200.0 + 30 * number)
    (tmp_path / "in" / "bad.wav").write_text("no sound")
    with ExitStack() as stack:
        first, second = (Cluster(tmp_path / f"cluster-{workers}", workers, stack) for workers in (2, 1))
        one, many = (encoding(tmp_path / "in", tmp_path / name, quality=3.0) for name in ("one", "many"))
        run(one)
        rows: list[Record] = []

        def break_it(row: Record) -> None:
            rows.append(row)
            if len(rows) == 3:
                first.workers[0].kill()
            if len(rows) == FILES // 2:
                first.scheduler.kill()

        with pytest.raises(ExecutorLost, match="connection to the Dask scheduler"):
            first.run(many, break_it)
        assert FILES // 2 <= len(rows) < FILES
        totals = second.run(many, rows.append)
    assert (totals.done, totals.failed) == (FILES, 1)
    assert len(rows) == FILES + 1
    assert results_of(tmp_path / "many") == results_of(tmp_path / "one")
    assert facts_of(tmp_path / "many") == facts_of(tmp_path / "one")
    deadline = time.monotonic() + 5
    while left := list(tmp_path.glob("ligeia-worker-*")):  # what a dead worker of the cluster had started is gone
        assert time.monotonic() < deadline, left
        time.sleep(0.02)
