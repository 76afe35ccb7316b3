"""One claimed job: from the recording to results that can be heard, then to the figures of its report."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from sqlalchemy import Engine

from ligeia.audio.reading import AudioFile, open_audio
from ligeia.errors import InputError
from ligeia.progress import Progress
from ligeia.server import jobs
from ligeia.server.lease import Halt, Lease
from ligeia.server.originals import key_of, original
from ligeia.server.renditions import File, Names, files_of, stream_file
from ligeia.server.schemas import Report
from ligeia.server.scoring import scores_of
from ligeia.server.settings import Settings
from ligeia.server.storage.storage import Storage
from ligeia.server.tasks.task import Made, Make, Order, task_named

MAKING, SHOWING = 0.75, 0.85
"""Shares of the work at which the result is there, and can be heard; figures take the rest."""


@dataclass(frozen=True)
class Place:
    """Place that jobs come from and results go to."""

    settings: Settings
    engine: Engine
    storage: Storage
    tasks: Callable[[str], Make] = task_named
    """Finds the function of a task."""


@dataclass
class Attempt:
    """One attempt at a job."""

    place: Place
    job: jobs.Fields
    lease: Lease
    folder: Path
    """A folder of its own, which is removed after it."""
    began: float = field(default_factory=monotonic)
    put: list[str] = field(default_factory=list)
    """Keys of its own files in the storage: nobody's, unless the job ends well."""

    def run(self) -> None:
        """Do the job.

        Raises:
            Halt: it was stopped, or is another's by now.
        """
        with self._opened(str(self.job["sound"])) as sound:
            with self.lease.stoppable():
                made = self.place.tasks(str(self.job["task"]))(self._order(sound))
                files = self._files(made, sound)
                rows = [file.row() for file in files]
            report = self._report(made, sound, rows)
            self._store(files)
            self._list(rows, report)
            with self.lease.stoppable():
                scores = list(scores_of(made, sound, self._part("measuring", SHOWING, 1.0)))
        order = {name: number for number, name in enumerate(made.metrics)}
        scores.sort(key=lambda score: order[score.metric])
        self._finish(rows, report.model_copy(update={"scores": scores, "elapsed_seconds": self._elapsed()}))

    @contextmanager
    def _opened(self, sound: str) -> Iterator[AudioFile]:
        limits = self.place.settings
        with self.lease.stoppable():
            path = original(self.place.storage, sound, self.folder)
        with open_audio(path) as opened:
            if opened.seconds > limits.max_seconds or opened.channels > limits.max_channels:
                raise InputError(
                    f"the recording has {opened.seconds:.0f} s and {opened.channels} channel(s); "
                    f"{limits.max_seconds:g} s and {limits.max_channels} are the most"
                )
            yield opened

    def _order(self, sound: AudioFile) -> Order:
        settings = self.job["settings"]
        path = None
        if "estimate" in settings:
            folder = self.folder / "other"
            folder.mkdir()
            path = original(self.place.storage, settings["estimate"], folder)
        return Order(sound, settings, self.folder, self.lease.watch, MAKING, path)

    def _files(self, made: Made, sound: AudioFile) -> list[File]:
        names = Names(self._label(), str(self.job["sound"]), self.lease.id, secrets.token_hex(4))
        showing = self._part("drawing", MAKING, SHOWING)
        return [*stream_file(made, names), *files_of(made, sound, names, self.folder, showing)]

    def _label(self) -> str:
        found = jobs.one(self.place.engine, str(self.job["session"]), self.lease.id)
        if found is None:
            raise Halt
        return str(found["sound_name"])

    def _part(self, stage: str, begin: float, end: float) -> Callable[[float], None]:
        def report(share: float) -> None:
            self.lease.watch(Progress(done=begin + (end - begin) * share, elapsed=0.0, stage=stage))

        return report

    def _report(self, made: Made, sound: AudioFile, rows: list[dict[str, Any]]) -> Report:
        with open_audio(made.estimate) as estimate:
            shape: dict[str, Any] = {"rate": estimate.rate, "channels": estimate.channels, "seconds": estimate.seconds}
        size = next((int(row["bytes"]) for row in rows if row["kind"] == "lig"), None)
        return Report(
            **shape,
            source_bytes=self.place.storage.size(key_of(str(self.job["sound"]))) or 0,
            bytes=size,
            kbps=None if size is None else size * 8 / 1000 / sound.seconds,
            notes=[*sound.notes, *made.notes],
            facts=made.facts,
            elapsed_seconds=self._elapsed(),
        )

    def _elapsed(self) -> float:
        return monotonic() - self.began

    def _store(self, files: list[File]) -> None:
        self.lease.check()
        for file in files:
            if file.key.startswith("jobs/"):
                self.put.append(file.key)
            self.place.storage.put(file.path, file.key)

    def _list(self, rows: list[dict[str, Any]], report: Report) -> None:
        """Let people listen while the figures are still being computed."""
        if not jobs.publish(self.place.engine, self.lease.id, self.lease.holder, rows, report.model_dump()):
            raise Halt

    def _finish(self, rows: list[dict[str, Any]], report: Report) -> None:
        kept, done = self.place.settings.kept_seconds, report.model_dump()
        if not jobs.finish(self.place.engine, self.lease.id, self.lease.holder, done, rows, kept_seconds=kept):
            raise Halt
        self.put.clear()
