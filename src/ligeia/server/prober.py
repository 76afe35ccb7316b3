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
from functools import partial
from pathlib import Path
from typing import Any

import anyio
from anyio import CapacityLimiter, to_thread

from ligeia.server.limits import most_samples
from ligeia.server.probe import Bounds, Facts
from ligeia.server.problems import Refusal
from ligeia.server.settings import HIGHEST_RATE, Settings

HELPERS = 2
SECONDS = 30
"""That looking at a file may take."""
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
        self._helpers: queue.SimpleQueue[_Helper] = queue.SimpleQueue()
        for _ in range(HELPERS):
            self._helpers.put(_Helper())

    async def look_at(self, path: Path) -> Facts:
        """Return what a file is.

        Raises:
            Refusal: it is no recording (422), or larger than allowed (413); the text says which limit that is.
        """
        said = await to_thread.run_sync(self._ask, path, limiter=self._limiter)
        if "facts" in said:
            return Facts(**said["facts"])
        raise Refusal(_STATUS[said["refused"]], said["detail"], said["refused"])

    def _ask(self, path: Path) -> dict[str, Any]:
        helper = self._helpers.get()
        try:
            return helper.ask({"path": str(path), "bounds": asdict(self.bounds)}, self.bounds.time + 5.0)
        finally:
            self._helpers.put(helper)

    async def warm(self) -> None:
        """Start the helpers, so that the first recording need not wait for one."""
        async with anyio.create_task_group() as group:
            for _ in range(HELPERS):
                group.start_soon(partial(to_thread.run_sync, self._start, limiter=self._limiter))

    def _start(self) -> None:
        helper = self._helpers.get()
        try:
            helper.start()
        finally:
            self._helpers.put(helper)

    def close(self) -> None:
        """End the helpers."""
        while True:
            try:
                self._helpers.get_nowait().close()
            except queue.Empty:
                return


class _Helper:
    """A helper process, started when it is first needed and anew after it was killed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, question: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Return the answer; one that does not come ends the helper."""
        try:
            process = self.start()
            assert process.stdin is not None
            process.stdin.write(json.dumps(question).encode() + b"\n")
            process.stdin.flush()
            said: dict[str, Any] = json.loads(self._line(process, seconds))
            return said
        except (TimeoutError, OSError, ValueError):
            self.close()
            return {"refused": "not_a_recording", "detail": "Looking at the file took too long."}
        except BaseException:
            self.close()
            raise

    def start(self) -> subprocess.Popen[bytes]:
        """Return the process, started if need be."""
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "ligeia.server.probe"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},  # threads do not outlive a fork
                start_new_session=True,
            )
            self._line(self._process, _START_SECONDS)  # "ready"
        return self._process

    def _line(self, process: subprocess.Popen[bytes], seconds: float) -> bytes:
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], seconds)
        if not ready:
            raise TimeoutError
        return process.stdout.readline()

    def close(self) -> None:
        """Kill the process and what it has started, and let go of its pipes."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            with suppress(OSError):
                pipe.close()
