"""The other end of `isolated`: a process that loads one function and then answers tasks until nobody asks."""

import json
import os
import shutil
import signal
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

from ligeia.bench.program import how_it_ended
from ligeia.errors import LigeiaError

LONGEST = 300
"""Characters of a reason, at most."""

Function = Callable[[dict[str, Any]], dict[str, Any]]


def serve(asked: Connection, function_path: str, folder: str) -> None:
    """Answer tasks that come as JSON through `asked`; temporary files go to `folder`.

    The first message says `ready` or `failed`, every other one `result` or `failed`.
    """
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)  # so that whatever this process starts can be killed together with it
    threading.Thread(target=leave_with_parent, daemon=True).start()
    os.environ["TMPDIR"] = tempfile.tempdir = folder
    try:
        function = load(function_path)
    except BaseException as error:
        tell(asked, {"failed": one_line(error)})
        return
    tell(asked, {"ready": True})
    while True:
        try:
            task = json.loads(asked.recv_bytes())
        except (EOFError, OSError):
            return
        tell(asked, answer(function, task))


def load(function_path: str) -> Function:
    """The function at `module:function`."""
    module, _, name = function_path.partition(":")
    function: Function = getattr(import_module(module), name)
    return function


def answer(function: Function, task: dict[str, Any]) -> dict[str, Any]:
    """What the function makes of a task, or why it made nothing; either way it can be written as JSON."""
    try:
        result = function(task)
        json.dumps(result)
        return {"result": result}
    except BaseException as error:  # SystemExit and MemoryError too: the worker goes on
        return {"failed": one_line(error)}


def one_line(error: BaseException) -> str:
    """An error as one line; our own errors are written for the user, all others need their type."""
    text = " ".join(str(error).split())
    if not isinstance(error, LigeiaError):
        text = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."


def tell(asked: Connection, message: dict[str, Any]) -> None:
    """Send a message as JSON; where nobody listens any more, nothing is to be done."""
    try:
        asked.send_bytes(json.dumps(message).encode())
    except OSError:
        return


def leave_with_parent() -> None:
    """Wait until the parent process has died, and die too, with all that was started here."""
    parent = parent_process()
    if parent is None:
        return
    connection.wait([parent.sentinel])
    if hasattr(os, "killpg"):
        import signal

        os.killpg(0, signal.SIGKILL)
    os._exit(1)


Task = dict[str, Any]
Result = dict[str, Any]

START_SECONDS = 120.0
"""A new process may take this long to load the function."""
LEAVE_SECONDS = 5.0
"""A process that is not needed any more may take this long to clean up after itself."""


@dataclass(frozen=True)
class Failure:
    """A task that has no result."""

    reason: str
    """Why, in one line."""


def run_isolated(
    function_path: str, tasks: Iterable[Task], *, workers: int, timeout: float
) -> Iterator[tuple[Task, Result | Failure]]:
    """Call the function at `module:function` with every task, in up to `workers` processes; pairs come as they end.

    Tasks and results are plain data that JSON can hold. A task that takes longer than `timeout` seconds is a
    `Failure`, and so is one whose process dies or that raises an exception. A process that had to be killed goes
    together with its children and its temporary files, and a new one takes its place; all others stay, with what they
    have loaded. Closing the iterator, or an exception such as Ctrl-C, kills them all.

    Processes are spawned: a script that calls this needs the usual `if __name__ == "__main__"`.
    """
    queue = iter(tasks)
    crew: list[_Worker] = []
    try:
        while True:
            while len(crew) < workers and (task := next(queue, None)) is not None:
                crew.append(_Worker(function_path, task))
                crew[-1].start()
            if not crew:
                return
            for worker, outcome in _wait(crew, timeout):
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
    """A process and the task that it is at."""

    def __init__(self, function_path: str, task: Task) -> None:
        context = get_context("spawn")
        self.folder = tempfile.mkdtemp(prefix="ligeia-worker-")
        self.connection, self._theirs = context.Pipe()
        # A daemon: should this process leave in a hurry, it does not wait for the worker to end.
        self.process = context.Process(target=serve, args=(self._theirs, function_path, self.folder), daemon=True)
        self.task, self.is_lost, self.is_ready = task, False, False
        self.since = time.monotonic()

    def start(self) -> None:
        """Begin. The task waits in the pipe while the function is loaded; its time counts from then on."""
        self.process.start()
        self._theirs.close()
        self.give(self.task)

    def give(self, task: Task) -> None:
        """Set it to a task; that it has died shows when its answer is waited for."""
        self.task, self.since = task, time.monotonic()
        with suppress(OSError):
            self.connection.send_bytes(json.dumps(task).encode())

    def outcome(self) -> Result | Failure | None:
        """What it has to say, now that there is something; None when it was not about the task."""
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

    def overdue(self, timeout: float) -> Failure | None:
        """A failure where it has used up its time."""
        if self.seconds_left(timeout) > 0:
            return None
        self.is_lost = True
        return Failure(f"no answer within {self._limit(timeout):g} s")

    def seconds_left(self, timeout: float) -> float:
        """How long it may still take."""
        return max(self.since + self._limit(timeout) - time.monotonic(), 0.0)

    def _limit(self, timeout: float) -> float:
        return timeout if self.is_ready else max(timeout, START_SECONDS)

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
        self._theirs.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self) -> str:
        self.process.join(LEAVE_SECONDS)
        code = self.process.exitcode
        return "it closed its connection" if code is None else how_it_ended(code)


def _wait(crew: list[_Worker], timeout: float) -> list[tuple[_Worker, Result | Failure]]:
    """Wait for answers, or until the first worker has used up its time."""
    ready = connection.wait([one.connection for one in crew], min(one.seconds_left(timeout) for one in crew))
    ended = []
    for worker in crew:
        outcome = worker.outcome() if worker.connection in ready else worker.overdue(timeout)
        if outcome is not None:
            ended.append((worker, outcome))
    return ended
