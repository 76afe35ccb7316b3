"""Running tasks in processes that may crash, hang or run out of memory: whatever happens to one, the others continue.

Codecs and metrics call a lot of other people's C code; a task that never returns cannot be stopped from within. Tasks
and results are plain data that travels as JSON. The first half of this file is the parent, the second the worker.
"""

import json
import math
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import connection, get_context, parent_process
from multiprocessing.connection import Connection
from typing import Any

from ligeia.errors import LigeiaError

Task = dict[str, Any]
Result = dict[str, Any]
Function = Callable[[Task], Result]

START_SECONDS = 120.0
"""A new process may take this long to load the function."""
LEAVE_SECONDS = 5.0
"""A process that is not needed any more may take this long to clean up after itself."""
WAIT_SECONDS = 0.2
"""Between two calls of `on_wait`."""
LONGEST = 300
"""Characters of a reason, at most."""
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "NUMBA_NUM_THREADS")
"""Environment variables that libraries read when they are loaded."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds of a task."""

    seconds: float
    """Wall-clock time; after it the process is killed."""
    memory_bytes: int | None = None
    """Memory that a worker, and each program that it starts, may allocate for data (enforced by Linux).

    A Python function that asks for more gets a `MemoryError`; the worker continues.
    """
    threads: int | None = None
    """Threads of BLAS, OpenMP and what builds on them; None leaves it to the libraries."""


@dataclass(frozen=True)
class Failure:
    """A task that has no result."""

    reason: str
    """Why, in one line."""


def run_isolated(
    function_path: str,
    tasks: Iterable[Task],
    *,
    workers: int,
    limits: Limits,
    on_wait: Callable[[], object] | None = None,
) -> Iterator[tuple[Task, Result | Failure]]:
    """Call the function at `module:function` with every task, in up to `workers` processes; pairs come as they end.

    A task that exceeds a limit is a `Failure`, and so is one whose process dies or that raises an exception. A process
    that had to be killed goes together with its children and its temporary files, and a new one takes its place; all
    others stay, with what they have loaded. Closing the iterator, or an exception such as Ctrl-C, kills them all.
    `on_wait` is called several times a second; raising `Cancelled` from it is such an exception.

    Processes are spawned: a script that calls this needs the usual `if __name__ == "__main__"`.
    """
    queue = iter(tasks)
    crew: list[_Worker] = []
    try:
        while True:
            while len(crew) < workers and (task := next(queue, None)) is not None:
                crew.append(_Worker(function_path, task, limits))
                crew[-1].start()
            if not crew:
                return
            if on_wait is not None:
                on_wait()
            for worker, outcome in _wait(crew, math.inf if on_wait is None else WAIT_SECONDS):
                done = worker.task
                if worker.is_lost:
                    worker.kill()
                follows = None if worker.is_lost else next(queue, None)
                if follows is not None:
                    worker.give(follows)
                yield done, outcome
                if follows is None:
                    worker.dismiss()
                    crew.remove(worker)
    finally:
        for worker in crew:
            worker.kill()


class _Worker:
    """A process and the task that it is at, as the parent sees them."""

    def __init__(self, function_path: str, task: Task, limits: Limits) -> None:
        context = get_context("spawn")
        self.folder = tempfile.mkdtemp(prefix="ligeia-worker-")
        self.connection, self._far_end = context.Pipe()
        # A daemon: should this process leave in a hurry, it does not wait for the worker to end.
        self.process = context.Process(
            target=serve, args=(self._far_end, function_path, self.folder, limits), daemon=True
        )
        self.task, self.is_lost, self.is_ready = task, False, False
        self.limits, self.since = limits, time.monotonic()

    def start(self) -> None:
        """Begin. The task waits in the pipe while the function is loaded; its time counts from then on."""
        self.process.start()
        self._far_end.close()
        self.give(self.task)

    def give(self, task: Task) -> None:
        """Give it a task; if it has died, waiting for its answer shows that."""
        self.task, self.since = task, time.monotonic()
        with suppress(OSError):
            self.connection.send_bytes(json.dumps(task).encode())

    def outcome(self) -> Result | Failure | None:
        """The outcome that a message holds, now that there is one; None when it is not about the task."""
        try:
            message = json.loads(self.connection.recv_bytes())
        except (EOFError, OSError):
            self.is_lost = True
            return Failure(f"the worker died: {self._end()}")
        if "ready" in message:
            self.is_ready, self.since = True, time.monotonic()
            return None
        if "failed" in message:
            self.is_lost = not self.is_ready
            return Failure(message["failed"])
        return dict(message["result"])

    def overdue(self) -> Failure | None:
        """A failure where it has used up its time."""
        if self.seconds_left() > 0:
            return None
        self.is_lost = True
        return Failure(f"no answer within {self._seconds():g} s")

    def seconds_left(self) -> float:
        """Seconds that it may still take."""
        return max(self.since + self._seconds() - time.monotonic(), 0.0)

    def _seconds(self) -> float:
        return self.limits.seconds if self.is_ready else max(self.limits.seconds, START_SECONDS)

    def dismiss(self) -> None:
        """Let it clean up and go, unless it is gone."""
        if not self.is_lost:
            self.connection.close()
            self.process.join(LEAVE_SECONDS)
            self.kill()

    def kill(self) -> None:
        """End it and all that it started, and remove its temporary files."""
        if self.process.pid is not None:
            if hasattr(os, "killpg"):
                with suppress(ProcessLookupError, PermissionError):  # it may not have come to make its own group
                    os.killpg(self.process.pid, signal.SIGKILL)
            self.process.kill()
            self.process.join()
        self.connection.close()
        self._far_end.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self) -> str:
        self.process.join(LEAVE_SECONDS)
        code = self.process.exitcode
        return "it closed its connection" if code is None else how_it_ended(code)


def _wait(crew: list[_Worker], most: float) -> list[tuple[_Worker, Result | Failure]]:
    """Wait for answers, until the first worker has used up its time, or for `most` seconds."""
    seconds = min(most, *(worker.seconds_left() for worker in crew))
    ready = connection.wait([worker.connection for worker in crew], seconds)
    ended = []
    for worker in crew:
        outcome = worker.outcome() if worker.connection in ready else worker.overdue()
        if outcome is not None:
            ended.append((worker, outcome))
    return ended


def how_it_ended(status: int) -> str:
    """Return an exit status in words: `exit status 3`, or `signal 11 (SIGSEGV)` for -11."""
    if status >= 0:
        return f"exit status {status}"
    try:
        return f"signal {-status} ({signal.Signals(-status).name})"
    except ValueError:
        return f"signal {-status}"


def serve(tasks: Connection, function_path: str, folder: str, limits: Limits) -> None:
    """Answer the tasks that come through a pipe until it is closed: the life of a worker.

    The first message says `ready` or `failed`, every other one `result` or `failed`. Temporary files go to `folder`.
    """
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)  # so that whatever this process starts can be killed together with it
    threading.Thread(target=leave_with_parent, args=(folder,), daemon=True).start()
    os.environ["TMPDIR"] = tempfile.tempdir = folder
    try:
        apply(limits)
        function = load(function_path)
    except BaseException as error:
        tell(tasks, {"failed": one_line(error)})
        return
    tell(tasks, {"ready": True})
    while True:
        try:
            task = json.loads(tasks.recv_bytes())
        except (EOFError, OSError):
            return
        tell(tasks, answer(function, task))


def apply(limits: Limits) -> None:
    """Bound memory and threads of this process and of what it starts."""
    if limits.memory_bytes is not None and sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (limits.memory_bytes, limits.memory_bytes))
    if limits.threads is not None:
        os.environ.update(dict.fromkeys(THREADS, str(limits.threads)))
        from threadpoolctl import threadpool_limits

        threadpool_limits(limits.threads)  # for what the parent's main module has brought along


def load(function_path: str) -> Function:
    """The function at `module:function`."""
    module, _, name = function_path.partition(":")
    function: Function = getattr(import_module(module), name)
    return function


def answer(function: Function, task: Task) -> dict[str, Any]:
    """The result of a task, or why there is none; either way it can be written as JSON."""
    try:
        result = function(task)
        json.dumps(result)
        return {"result": result}
    except BaseException as error:  # SystemExit and MemoryError too: the worker continues
        return {"failed": one_line(error)}


def one_line(error: BaseException) -> str:
    """An error as one line; our own errors are written for the user, all others need their type."""
    text = " ".join(str(error).split())
    if not isinstance(error, LigeiaError):
        text = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."


def tell(parent: Connection, message: dict[str, Any]) -> None:
    """Send a message as JSON; if the parent is gone, do nothing."""
    with suppress(OSError):
        parent.send_bytes(json.dumps(message).encode())


def leave_with_parent(folder: str) -> None:
    """Wait until the parent process has died, and die too, with all that was started here and the temporary files."""
    parent = parent_process()
    if parent is None:
        return
    connection.wait([parent.sentinel])
    shutil.rmtree(folder, ignore_errors=True)
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)
    os._exit(1)
