"""One recording or many through a command: one bad file does not stop the others, and the end says what failed."""

import errno
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import typer

from ligeia.cli.console import Console
from ligeia.cli.signals import by_signal, exit_code
from ligeia.cli.standard import say
from ligeia.cli.targets import Place
from ligeia.cli.wording import in_options
from ligeia.errors import LigeiaError, MissingExtra, MissingPackage, SettingsError

NO_MEMORY = "not enough memory for this"
Facts = dict[str, Any]
Lines = list[tuple[str, str]]


@dataclass(frozen=True)
class Job(ABC):
    """The work on one recording: each command says how it is done, and what people are told."""

    place: Place

    @abstractmethod
    def run(self, console: Console) -> Facts:
        """Do the work, and return the facts."""

    @abstractmethod
    def lines(self, facts: Facts) -> Lines:
        """Return what people are told; of several recordings, the first line alone."""


def run_jobs(places: list[Place], job: Callable[[Place], Job], console: Console, *, several: bool) -> None:
    """Run a command on all recordings and report.

    One recording: its error is the command's. `several`: errors are told and the next one begins; the JSON document
    holds "recordings" and "failed", and the exit code is 1 where something failed.

    Raises:
        LigeiaError: of one recording; of several, where no other could fare better (a wrong setting).
    """
    if several:
        _Batch(console, len(places)).run(places, job)
        return
    for place in places:
        work = job(place)
        facts = work.run(console)
        console.notes(facts.get("notes", ()))
        console.report(facts, work.lines(facts))


@dataclass
class _Batch:
    """Several recordings, one after the other."""

    console: Console
    count: int
    done: list[Facts] = field(default_factory=list)
    failed: list[Facts] = field(default_factory=list)
    standing: list[Path] = field(default_factory=list)
    """Results that were there already."""

    def run(self, places: list[Place], job: Callable[[Place], Job]) -> None:
        """Work on all places, then conclude."""
        started, sizes = monotonic(), [_size(place.recording) for place in places]
        share = 0.0
        for place, size in zip(places, sizes, strict=True):
            begin, share = share, share + size / sum(sizes)
            if place.target.is_file() and not place.overwrite:
                self.standing.append(place.target)
                continue
            number = len(self.done) + len(self.failed) + len(self.standing) + 1
            name = f"{number}/{self.count} {place.recording.name}"
            with self._kept_going(place):
                self._work(job(place), self.console.of_part(name, begin, share, started))
        self._conclude()

    def _work(self, job: Job, console: Console) -> None:
        job.place.target.parent.mkdir(parents=True, exist_ok=True)
        facts = job.run(console)
        console.notes(facts.get("notes", ()))
        if not console.as_json:
            console.report(facts, job.lines(facts)[:1])
        self.done.append({"input": str(job.place.recording), **facts})

    @contextmanager
    def _kept_going(self, place: Place) -> Iterator[None]:
        """Tell what was wrong with one recording, and let the next one begin."""
        try:
            yield
        except (SettingsError, MissingExtra, MissingPackage):
            raise
        except BrokenPipeError:
            raise  # nobody listens any more
        except KeyboardInterrupt as interrupt:
            done = f"{len(self.done)} of {self.count} were written"
            say(f"ligeia: interrupted{by_signal(interrupt)}; {done}", err=True)
            raise typer.Exit(exit_code(interrupt)) from None
        except LigeiaError as error:
            self._fail(place, str(error))
        except MemoryError:
            self._fail(place, NO_MEMORY)
        except OSError as error:
            self._fail(place, reason_of(error))

    def _fail(self, place: Place, reason: str) -> None:
        reason = in_options(reason)
        self.failed.append({"input": str(place.recording), "error": reason})
        about = "" if str(place.recording) in reason else f"{place.recording}: "
        say(f"ligeia: {about}{reason}", err=True)

    def _conclude(self) -> None:
        if self.console.as_json:
            standing = [{"output": str(path), "error": "exists"} for path in self.standing]
            self.console.report({"recordings": self.done, "failed": [*self.failed, *standing]}, [])
        reasons = []
        if self.standing:
            reasons.append(f"{len(self.standing)} exist, such as {self.standing[0]}; pass --force to overwrite")
        if self.failed:
            reasons.append(f"{len(self.failed)} failed")
        if reasons:
            say(f"ligeia: wrote {len(self.done)} of {self.count}; {'; '.join(reasons)}", err=True)
            raise typer.Exit(1)
        if not self.console.as_json:
            self.console.report({}, [("done", f"{self.count} recordings")])


def reason_of(error: OSError) -> str:
    """Return what to tell of an error of the system that nobody foresaw: with the file, or the folder that is full."""
    import tempfile

    if error.errno == errno.ENOMEM:
        return NO_MEMORY
    if error.filename is not None:
        return f"{os.fsdecode(error.filename)}: {error.strerror or error}"
    if "temporary directory" in str(error):
        return f"there is no folder for temporary files: {error.strerror or error}; set TMPDIR to one with room"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        where = f"the output's folder or {tempfile.gettempdir()}, where temporary files lie (TMPDIR)"
        return f"{error.strerror}: {where}, is full"
    return f"the machine: {error.strerror or error}"


def _size(recording: Path) -> int:
    """Return the bytes of a recording, by which its share of the whole work is guessed; at least 1."""
    try:
        return max(recording.stat().st_size, 1)
    except OSError:
        return 1
