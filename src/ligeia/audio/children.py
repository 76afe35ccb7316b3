"""Programs that end with the process that started them, however that ends."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import IO, Any

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def run_child(
    command: Sequence[str], *, timeout: float, stdin: IO[bytes] | int = subprocess.DEVNULL
) -> "subprocess.CompletedProcess[bytes]":
    """Run a program to its end, and return its exit status and what it wrote.

    It is killed when the time is up, on any exception (Ctrl-C), and, on Linux, when this process dies by `kill -9`.

    Raises:
        subprocess.TimeoutExpired: it took longer than `timeout` seconds.
        OSError: it does not run.
    """
    return subprocess.run(
        command, stdin=stdin, capture_output=True, timeout=timeout, check=False, preexec_fn=_dies_with(os.getpid())
    )


def _dies_with(parent: int) -> Callable[[], None] | None:
    """Return what a child has to call before it becomes the program."""
    control = _prctl()
    if control is None:
        return None

    def prepare() -> None:  # between fork and exec: no imports, no allocation that could wait for a lock
        control(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it died in between
            os._exit(1)

    return prepare


def _prctl() -> Any:
    if not sys.platform.startswith("linux"):
        return None
    return getattr(ctypes.CDLL(None), "prctl", None)
