"""Ask helper processes what a stranger's file is (`probe.py`); a helper that does not answer in time is replaced."""

import json
import os
import queue
import select
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from threading import Lock
from typing import IO, Any

from anyio import CapacityLimiter, to_thread

from ligeia.server.limits import most_samples
from ligeia.server.probe import Bounds, Facts
from ligeia.server.problems import Refusal
from ligeia.server.settings import HIGHEST_RATE, Settings

HELPERS = 2
SECONDS = 30
"""Time limit for looking at a file."""
_START_SECONDS = 60.0
_STATUS = {"too_large": 413, "not_a_recording": 422}


class Prober:
    """Some helper processes; used from one event loop."""

    def __init__(self, settings: Settings, *, seconds: int = SECONDS) -> None:
        self.bounds = Bounds(
            seconds=settings.max_seconds,
            channels=settings.max_channels,
            rate=HIGHEST_RATE,
            samples=most_samples(settings),
            time=seconds,
        )
        self._limiter = CapacityLimiter(HELPERS)
        self._helpers = [Helper() for _ in range(HELPERS)]
        self._free: queue.SimpleQueue[Helper] = queue.SimpleQueue()
        for helper in self._helpers:
            self._free.put(helper)

    async def look_at(self, path: Path) -> Facts:
        """Return what a file is.

        Raises:
            Refusal: it is not a recording (422), or larger than allowed (413); the text says which limit that is.
        """
        said = await to_thread.run_sync(self._ask, path, limiter=self._limiter)
        if "facts" in said:
            return Facts(**said["facts"])
        raise Refusal(_STATUS[said["refused"]], said["detail"], said["refused"])

    def _ask(self, path: Path) -> dict[str, Any]:
        helper = self._free.get()
        try:
            return helper.ask({"path": str(path), "bounds": asdict(self.bounds)}, self.bounds.time + 5.0)
        finally:
            self._free.put(helper)

    async def warm(self) -> None:
        """Start the helpers, so that the first recording need not wait for one."""
        for helper in self._helpers:
            await to_thread.run_sync(helper.start, limiter=self._limiter)

    def close(self) -> None:
        """End the helpers."""
        for helper in self._helpers:
            helper.close()


class Helper:
    """A helper process, started when it is first needed, and anew after it was killed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = Lock()
        self._closed = False

    def ask(self, question: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Return the answer; a process that gives none in time is killed."""
        with self._lock:
            try:
                process = self._running()
                _pipe(process.stdin).write(json.dumps(question).encode() + b"\n")
                _pipe(process.stdin).flush()
                said: dict[str, Any] = json.loads(_line(process, seconds))
                return said
            except (OSError, ValueError):  # TimeoutError is an OSError
                self._end()
                return {"refused": "not_a_recording", "detail": "Looking at the file took too long."}

    def start(self) -> None:
        """Start the process, so that it is there when it is needed."""
        with self._lock, suppress(OSError):  # the first question then tries again
            self._running()

    def close(self) -> None:
        """Kill the process, also one that is just being waited for."""
        self._closed = True
        self._kill()
        with self._lock:
            self._end()

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._closed:
            raise OSError("this helper has been closed")
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "ligeia.server.probe"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},  # threads outlive no fork
                start_new_session=True,
            )
            _line(self._process, _START_SECONDS)  # "ready"
        return self._process

    def _kill(self) -> None:
        process = self._process
        if process is not None and process.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)

    def _end(self) -> None:
        """Kill the process and what it has started, and let go of its pipes."""
        self._kill()
        process, self._process = self._process, None
        if process is not None:
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):
                    _pipe(pipe).close()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe


def _line(process: "subprocess.Popen[bytes]", seconds: float) -> bytes:
    """Return the next line of a process.

    Raises:
        TimeoutError: it does not come in time.
        BrokenPipeError: the process has ended.
    """
    ready, _, _ = select.select([_pipe(process.stdout)], [], [], seconds)
    if not ready:
        raise TimeoutError
    line = _pipe(process.stdout).readline()
    if not line:
        raise BrokenPipeError
    return line
