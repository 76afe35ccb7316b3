"""A claimed job in a worker's hands: a thread that reports for it, and ways to stop work that is no longer wanted."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from types import FrameType
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from ligeia.progress import Progress
from ligeia.server import jobs

LOOK_SECONDS = 0.2
"""Time between two looks at the table: whether to go on, and how far the work is."""
WAKE = signal.SIGUSR1
"""Sent to the own process, so that work that does not report stops too."""


class Halt(KeyboardInterrupt):  # as Ctrl-C, so that everything on the way cleans up
    """The work is to stop now."""


class TooLong(Halt):
    """A job has taken more of the processor than it may."""


class Interrupts:
    """Signals that stop the work in the main thread, wherever it is; elsewhere only reports of progress do."""

    def __init__(self, *, signals: bool) -> None:
        self.stopping = threading.Event()
        """Set once the worker is told to end."""
        self._armed, self._is_main = False, signals
        if signals:
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGXCPU, WAKE):
                signal.signal(number, self._heard)

    def _heard(self, number: int, frame: FrameType | None) -> None:
        if number not in (WAKE, signal.SIGXCPU):
            self.stopping.set()
        if self._armed:
            raise TooLong if number == signal.SIGXCPU else Halt

    @contextmanager
    def armed(self) -> Iterator[None]:
        """Let signals raise `Halt` within the block; nothing in it may be left half-done by that."""
        self._armed = self._is_main
        try:
            yield
        finally:
            self._armed = False

    def wake(self) -> None:
        """Stop what runs in the main thread, if it may be stopped; any thread may call this."""
        if self._is_main:
            signal.pthread_kill(threading.main_thread().ident or 0, WAKE)  # so that a system call ends too


class Lease:
    """A context in which a job is reported for, several times within its lease."""

    def __init__(self, engine: Engine, job: jobs.Fields, seconds: float, interrupts: Interrupts) -> None:
        self.engine, self.id, self.holder = engine, str(job["id"]), str(job["worker"])
        self.lost = False
        """True once the job is another's, or no longer wanted."""
        self._seconds, self._interrupts = seconds, interrupts
        self._now: tuple[float, str] = (0.0, "")
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._report, name="lease", daemon=True)

    def __enter__(self) -> "Lease":
        self._thread.start()
        return self

    def __exit__(self, *error: Any) -> None:
        self._over.set()
        self._thread.join()

    def watch(self, progress: Progress) -> None:
        """Note how the work goes; raise `Halt` where it is to stop."""
        self._now = progress.done, progress.stage
        self.check()

    def check(self) -> None:
        """Raise `Halt` where the work is to stop."""
        if self.lost or self._interrupts.stopping.is_set():
            raise Halt

    @contextmanager
    def stoppable(self) -> Iterator[None]:
        """Let the work within the block be stopped at any point; what was asked before it begins counts too."""
        with self._interrupts.armed():
            self.check()
            yield

    def _report(self) -> None:
        said, last = self._now, monotonic()
        while not self._over.wait(LOOK_SECONDS):
            now = self._now
            due = now != said or monotonic() - last > self._seconds / 5
            try:
                wanted = self._beat(*now) if due else jobs.may_go_on(self.engine, self.id, self.holder)
            except SQLAlchemyError:  # the database may come back before the lease is over
                if monotonic() - last < self._seconds:
                    continue
                wanted = False
            if not wanted:
                self.lost = True
                if not self._over.is_set():
                    self._interrupts.wake()
                return
            if due:
                said, last = now, monotonic()

    def _beat(self, progress: float, note: str) -> bool:
        return jobs.beat(self.engine, self.id, self.holder, progress, note, lease=self._seconds)
