"""A run over a corpus: what is missing goes through an executor, row by row, and nothing that was done is lost.

Any `concurrent.futures.Executor` will do. Only as many futures as keep its workers busy are in flight, so that a
million files take no more memory than a hundred.
"""

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, BinaryIO, NoReturn

from ligeia.corpus.manifest import MANIFEST, Manifest, read_header, write_manifest
from ligeia.corpus.order import Order
from ligeia.corpus.ordering import Record, line_of
from ligeia.corpus.places import open_folder
from ligeia.corpus.report import Totals, total
from ligeia.corpus.rows import ROWS, pending
from ligeia.corpus.syncing import synced
from ligeia.corpus.work import KEPT, perform
from ligeia.errors import InputError, LigeiaError, SettingsError
from ligeia.executors.failures import Failure
from ligeia.executors.outcomes import outcomes
from ligeia.progress import OnProgress, Progress
from ligeia.records.journal import Journal, make_folder, open_journal

OnRow = Callable[[Record], None]

MOST_IN_DOUBT = 8
"""Files that fail by the settings, before any is done, until these are said to suit none."""


@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """Settings of a run through a corpus; none of them changes a result."""

    retry: bool = False
    """Do files again whose rows have errors."""
    verify: bool = False
    """Read every source and result again, and do again what does not have the digest of its row."""


@dataclass(frozen=True)
class Corpus:
    """A folder of results that this process alone works in."""

    order: Order
    manifest: Manifest
    journal: Journal
    links: tuple[str, ...]
    """Links to folders that were not followed, a few of them."""


@contextmanager
def open_corpus(order: Order, *, force: bool = False) -> Iterator[Corpus]:
    """Lock a folder of results, and write the manifest anew; `force` begins anew whatever is there.

    Raises:
        InputError: another run is at work there, the folder holds results of other settings or is not one of results,
            or the sources cannot be listed; see `write_manifest`.
    """
    results = open_folder(order.results)
    results.make()
    make_folder(order.state)
    if not force:
        _check_folder(order)
    with open_journal(order.state / ROWS, synced=False) as journal:
        if force:
            journal.clear()
        results.sweep()
        links: list[str] = []
        manifest = write_manifest(order, on_link=lambda name: links.append(name) if len(links) < 3 else None)
        with synced(results, journal):
            yield Corpus(order, manifest, journal, tuple(links))


def _check_folder(order: Order) -> None:
    header = read_header(order.state)
    if header is None:
        others = [name for name in os.listdir(order.state) if name != ROWS and not name.startswith(".")]
        endings = order.what.endings(order.settings)
        for folder, foreign in ((order.state, bool(others)), (order.results, endings and _holds(order, endings))):
            if foreign:
                raise InputError(
                    f"{folder} is not empty, and there is no {MANIFEST} of what it holds: name another folder, or pass "
                    "force=True to write over it"
                )
    elif header["digest"] != order.digest:
        raise SettingsError(
            f"{order.state} holds results of {_said(header)}, and this is {_said(order.said)}: name another folder, or "
            "pass force=True to do everything again"
        )


def _holds(order: Order, endings: tuple[str, ...]) -> bool:
    return next(open_folder(order.results).list(endings), None) is not None


def _said(header: dict[str, Any]) -> str:
    """Return action and settings in words: what is not said is as ever."""
    given = {name: value for name, value in header["settings"].items() if value not in (None, False)}
    return f"{header['action']} with {json.dumps(given)}"


def run_corpus(
    corpus: Corpus,
    executor: Executor,
    settings: RunSettings,
    *,
    on_progress: OnProgress | None = None,
    on_row: OnRow | None = None,
) -> Totals:
    """Do what is missing of a corpus, and return the totals over all of it.

    Whatever goes wrong with a file is in its row. A run that was killed, or cancelled by a callback, continues where it
    stopped; files that are being worked on then are given up with the executor.

    Raises:
        ExecutorLost: the executor does no more.
        InputError: nothing can be written any more.
        SettingsError: no file can be done with these settings, or on these machines.
    """
    with _Waiting(corpus, settings) as waiting:
        _Run(corpus, waiting, on_progress, on_row).go(executor)
    return total(corpus.order, corpus.manifest)


class _Waiting:
    """The tasks of a run, in a temporary file, so that their number and bytes are known before the first begins."""

    def __init__(self, corpus: Corpus, settings: RunSettings) -> None:
        self.files = self.bytes = 0
        self._file: BinaryIO = tempfile.TemporaryFile(prefix="ligeia-")  # noqa: SIM115
        for entry in pending(corpus.order, corpus.manifest, retry=settings.retry, verify=settings.verify):
            self._file.write(line_of(entry))
            self.files, self.bytes = self.files + 1, self.bytes + entry["bytes"]
        self._file.seek(0)

    def __iter__(self) -> Iterator[Record]:
        return map(json.loads, self._file)

    def __enter__(self) -> "_Waiting":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


@dataclass
class _Run:
    """State of a run: what has become of the files so far."""

    corpus: Corpus
    waiting: _Waiting
    on_progress: OnProgress | None
    on_row: OnRow | None
    started: float = field(default_factory=monotonic)
    files: int = 0
    bytes: int = 0
    failed: int = 0
    in_doubt: list[tuple[Record, Record]] = field(default_factory=list)
    """Files that fail by the settings, with their rows, while none is done: maybe none can be."""

    def go(self, executor: Executor) -> None:
        """Keep the executor busy until everything has its row."""
        killed = False
        for task, outcome in outcomes(executor, perform, self._tasks(), on_wait=self._report):
            killed = killed or isinstance(outcome, Failure)
            self._keep(task, self._row(task, outcome.reason) if isinstance(outcome, Failure) else outcome)
        if self.in_doubt:
            self._give_up(SettingsError, *self.in_doubt[0])
        if killed:
            open_folder(self.corpus.order.results).sweep()
        self._report()

    def _tasks(self) -> Iterator[Record]:
        """Yield what a worker is to do; files that cannot be read by what their listing says get their rows at once."""
        order = self.corpus.order
        said = {"action": order.action, "folders": order.folders, "how": dict(order.settings), "settings": order.digest}
        for entry in self.waiting:
            if "error" in entry:
                self._keep(entry, self._row(entry | said, entry["error"]))
            else:
                yield entry | said

    def _row(self, task: Record, error: str) -> Record:
        return {**{name: task[name] for name in KEPT if name in task}, "error": error}

    def _keep(self, task: Record, row: Record) -> None:
        ends = row.pop("ends", None)
        if ends == "room":
            self._give_up(InputError, task, row)
        if ends == "settings" and self.failed == self.files:
            self.in_doubt.append((task, row))
            if len(self.in_doubt) == MOST_IN_DOUBT:
                self._give_up(SettingsError, *self.in_doubt[0])
            return
        self._write(task, row)
        if row["error"] is None:
            while self.in_doubt:
                self._write(*self.in_doubt.pop())

    def _give_up(self, kind: type[LigeiaError], task: Record, row: Record) -> NoReturn:
        raise kind(f"{task['source']}: {row['error']}")

    def _write(self, task: Record, row: Record) -> None:
        self.corpus.journal.add(row)
        self.files, self.bytes = self.files + 1, self.bytes + task["bytes"]
        self.failed += row["error"] is not None
        if self.on_row is not None:
            self.on_row(row)

    def _report(self) -> None:
        if self.on_progress is not None:
            failed = f", {self.failed} failed" if self.failed else ""
            stage = f"{self.files} of {self.waiting.files} files{failed}"
            done = (_share(self.files, self.waiting.files) + _share(self.bytes, self.waiting.bytes)) / 2
            self.on_progress(Progress(done=done, elapsed=monotonic() - self.started, stage=stage))


def _share(done: int, of: int) -> float:
    """Return a share; files and bytes together tell the time better than either, where a few files are huge."""
    return done / of if of else 1.0
