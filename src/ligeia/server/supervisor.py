"""The supervisor: starts the worker processes of this machine, and sees to it that their jobs come to an end."""

import contextlib
import logging
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from time import monotonic

from sqlalchemy.exc import SQLAlchemyError

from ligeia.server import jobs
from ligeia.server.job_run import Place
from ligeia.server.sweep import sweep, sweep_files, sweep_scratch

LOGGER = logging.getLogger("ligeia.server")
LOOK_SECONDS = 0.25
UNWANTED_SECONDS = 2.0
"""Time that a worker may spend on a job that is no longer wanted, before it is killed."""
SWEEP_SECONDS, FILES_SECONDS = 60.0, 600.0
"""Time between two sweeps of what has expired, and of files that are nobody's."""
STOP_SECONDS = 5.0
"""Time that workers have to give their jobs back."""
QUICK_SECONDS, PAUSE_SECONDS = 5.0, 2.0
"""A worker that dies sooner after its start than the first is not replaced before the second has passed."""


@dataclass
class Child:
    """A worker process."""

    name: str
    process: "subprocess.Popen[str]"
    started: float = field(default_factory=monotonic)
    unwanted_since: float | None = None

    def is_dead(self) -> bool:
        """Tell whether it has ended; what it had started itself is ended too, before its number may be another's."""
        if self.process.returncode is not None:
            return True
        ended = os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if ended is None:
            return False
        self.kill()
        self.process.wait()
        return True

    def kill(self) -> None:
        """End it, and all that it has started, at once."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)


class Supervisor(threading.Thread):
    """A thread that looks after `settings.workers` processes until it is stopped."""

    program = (sys.executable, "-P", "-m", "ligeia.server.worker")
    """Starts a worker; its name follows."""

    def __init__(self, place: Place) -> None:
        super().__init__(name="supervisor", daemon=True)
        self.place = place
        self.children: list[Child] = []
        self._stop_asked = threading.Event()
        self._next = {"reap": 0.0, "sweep": 0.0, "files": 0.0}
        self._start_after = 0.0

    def run(self) -> None:
        """Look, until `stop` is called."""
        while not self._stop_asked.is_set():
            try:
                self.look()
            except (SQLAlchemyError, OSError):
                LOGGER.exception("supervisor_failed")
            self._stop_asked.wait(LOOK_SECONDS)

    def look(self) -> None:
        """Replace the dead, stop what is unwanted or takes too long, and do what is due."""
        self._bury()
        self._start_missing()
        self._judge()
        self._do_due()

    def stop(self) -> None:
        """Let the workers give their jobs back and end; kill those that do not."""
        self._stop_asked.set()
        if self.is_alive():
            self.join()
        for child in self.children:
            child.process.terminate()
        deadline = monotonic() + STOP_SECONDS
        for child in self.children:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(max(deadline - monotonic(), 0))
            child.kill()
            child.process.wait()
            if child.process.stdin is not None:
                child.process.stdin.close()
        with contextlib.suppress(SQLAlchemyError):
            for child in self.children:
                self._relieve(child.name)
        sweep_scratch(self.place.settings)

    def _start_missing(self) -> None:
        if monotonic() < self._start_after:
            return
        while len(self.children) < self.place.settings.workers:
            self.children.append(self._spawned())

    def _spawned(self) -> Child:
        name = f"{socket.gethostname()[:30]}-{secrets.token_hex(5)}"
        threads = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "NUMBA")}
        process = subprocess.Popen(
            [*self.program, name],
            stdin=subprocess.PIPE,
            text=True,
            env={**os.environ, **threads, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,
        )
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it has died already, which is seen to
            process.stdin.write(self.place.settings.handed_on() + "\n")
            process.stdin.flush()
        LOGGER.info("worker_started", extra={"facts": {"worker": name, "pid": process.pid}})
        return Child(name, process)

    def _bury(self) -> None:
        for child in [child for child in self.children if child.is_dead()]:
            self.children.remove(child)
            if child.process.stdin is not None:
                with contextlib.suppress(BrokenPipeError):
                    child.process.stdin.close()
            taken = self._relieve(child.name)
            facts = {"worker": child.name, "code": child.process.returncode, "jobs": taken}
            LOGGER.warning("worker_died", extra={"facts": facts})
            if monotonic() - child.started < QUICK_SECONDS:
                self._start_after = monotonic() + PAUSE_SECONDS
            sweep_scratch(self.place.settings)

    def _relieve(self, worker: str) -> list[str]:
        """Take its job from a dead worker; what it has stored is removed first, while nobody else can be at the job."""
        for id in jobs.held_by(self.place.engine, worker):
            self.place.storage.delete(f"jobs/{id}/")
        return jobs.release(self.place.engine, worker)

    def _judge(self) -> None:
        """Kill workers whose job is no longer wanted, or has taken too long."""
        busy = {row["id"]: row for row in jobs.at_work(self.place.engine, [child.name for child in self.children])}
        for child in self.children:
            row = busy.get(child.name)
            if row is None or row["wanted"]:
                child.unwanted_since = None
                if row is not None and row["seconds"] > self.place.settings.job_seconds:
                    reason = "too_long", "the job took longer than this server allows"
                    jobs.fail(self.place.engine, row["job"], row["holder"], *reason)
                    child.kill()
            elif child.unwanted_since is None:
                child.unwanted_since = monotonic()
            elif monotonic() - child.unwanted_since > UNWANTED_SECONDS:
                child.kill()

    def _do_due(self) -> None:
        engine, storage, settings = self.place.engine, self.place.storage, self.place.settings
        if self._is_due("reap", settings.lease_seconds / 5):
            jobs.reap(engine)
        if self._is_due("sweep", SWEEP_SECONDS):
            for name in sweep_scratch(settings):
                self._relieve(name)
            sweep(engine, storage, settings)
        if self._is_due("files", FILES_SECONDS):
            sweep_files(engine, storage)

    def _is_due(self, what: str, every: float) -> bool:
        if monotonic() < self._next[what]:
            return False
        self._next[what] = monotonic() + every
        return True
