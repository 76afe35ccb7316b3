"""A process that does one task after another and may be killed at any time; `worker.py` is its other side.

It is started as a program, not by `multiprocessing`: workers of Dask are daemons of that, which may have no children.
"""

import json
import math
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from typing import Any

from ligeia.executors.failures import TaskFailed, how_it_ended
from ligeia.executors.limits import Limits

START_SECONDS = 120.0
"""A process may take this long to load a function."""
LEAVE_SECONDS = 5.0
"""A process that is not needed any more may take this long to clean up after itself."""
START = (
    "import json, sys; path, folder, memory = json.loads(sys.argv[1]); sys.path[:] = path; "
    "from ligeia.executors.worker import live; live(folder, memory)"
)
"""The program: it finds modules where this process does."""


class Watch:
    """Calls `stop` where what a thread waits for takes too long.

    One timer lasts for many short waits: a thread for each would take longer to start than a short task to do.
    """

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop, self._lock = stop, threading.Lock()
        self._deadline = self._rings = math.inf
        self._timer = threading.Timer(0, self._look)
        self.has_expired = False

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Allow what is inside so much time."""
        with self._lock:
            self._deadline = monotonic() + seconds
            if self._deadline < self._rings:
                self._wind(seconds)
        try:
            yield
        finally:
            with self._lock:
                self._deadline = math.inf

    def end(self) -> None:
        """Never call again."""
        with self._lock:
            self._timer.cancel()

    def _look(self) -> None:
        """The timer rings, for the wait that it was wound up for or a later one."""
        with self._lock:
            left, self._rings = self._deadline - monotonic(), math.inf
            if left <= 0:
                self.has_expired = True
                self._stop()
            elif left < math.inf:
                self._wind(left)

    def _wind(self, seconds: float) -> None:
        self._timer.cancel()
        seconds = min(seconds, threading.TIMEOUT_MAX)
        self._rings, self._timer = monotonic() + seconds, threading.Timer(seconds, self._look)
        self._timer.daemon = True
        self._timer.start()


class Child:
    """A process that answers tasks, as its parent sees it. One thread asks it at a time; any may `stop` it."""

    def __init__(self, limits: Limits) -> None:
        self.limits, self.is_lost = limits, False
        self._loaded: set[str] = set()
        self._watch = Watch(self.stop)
        self.folder = tempfile.mkdtemp(prefix="ligeia-worker-")
        try:
            self._process = self._started()
        except OSError:
            os.rmdir(self.folder)
            raise

    def _started(self) -> "subprocess.Popen[bytes]":
        setup = json.dumps([sys.path, self.folder, self.limits.memory_bytes])
        return subprocess.Popen(
            [sys.executable, "-P", "-c", START, setup],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **self.limits.environment(), "TMPDIR": self.folder},
            process_group=0,  # so that whatever it starts can be killed together with it
        )

    def ask(self, task: dict[str, Any]) -> Any:
        """Return the result of a task.

        Raises:
            TaskFailed: there is none; where the process cannot be asked again, `is_lost` is set.
        """
        path = task["function"]
        self._send(task)
        if path not in self._loaded:
            self._receive(max(self.limits.seconds, START_SECONDS), is_loading=True)
            self._loaded.add(path)
        return self._receive(self.limits.seconds)["result"]

    def _send(self, task: dict[str, Any]) -> None:
        """Send it a task; if it has died, waiting for its answer shows that."""
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.write(json.dumps(task).encode() + b"\n")
            self._process.stdin.flush()

    def _receive(self, seconds: float, is_loading: bool = False) -> dict[str, Any]:
        """Return the next message within `seconds`; what is neither a result nor just `ready` is an error."""
        assert self._process.stdout is not None
        with self._watch.within(seconds):
            line = self._process.stdout.readline()
        if self._watch.has_expired:
            self.is_lost = True
            raise TaskFailed(f"no answer within {seconds:g} s")
        if not line.endswith(b"\n"):
            self.is_lost = True
            hint = "; its memory may be too little" if is_loading and self.limits.memory_bytes is not None else ""
            raise TaskFailed(f"the worker died: {self._end()}{hint}")
        message: dict[str, Any] = json.loads(line)
        if "failed" in message:
            self.is_lost = is_loading  # a module that failed half-way is not tried twice in one process
            raise TaskFailed(message["failed"])
        return message

    def stop(self) -> None:
        """Kill it and all that it started; who waits for its answer hears of it."""
        if hasattr(os, "killpg"):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()

    def let_go(self) -> None:
        """Tell it that no more tasks come."""
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()

    def end(self, seconds: float = 0.0) -> None:
        """End it, after `seconds` to clean up by itself, with all that it started, and remove its temporary files."""
        self.let_go()
        if seconds and not self.is_lost:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
        self.stop()
        self._watch.end()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self) -> str:
        with suppress(subprocess.TimeoutExpired):
            return how_it_ended(self._process.wait(LEAVE_SECONDS))
        return "it closed its connection"
