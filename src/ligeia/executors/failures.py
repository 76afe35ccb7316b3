"""Failures of tasks, in words."""

import signal
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass

from ligeia.errors import LigeiaError

LONGEST = 300
"""Characters of a reason, at most."""


class TaskFailed(LigeiaError):
    """A task has no result: it raised an exception, died, or exceeded a limit. The text is the reason, in one line."""


class ExecutorLost(LigeiaError, BrokenExecutor):
    """An executor that can do nothing more; the tasks that it was given may have been done or not."""


@dataclass(frozen=True)
class Failure:
    """A task that has no result."""

    reason: str
    """The cause, in one line."""


def one_line(error: BaseException) -> str:
    """An error as one line; our own errors are written for the user, all others need their type."""
    text = " ".join(str(error).split())
    if not isinstance(error, LigeiaError):
        text = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."


def how_it_ended(status: int) -> str:
    """Return an exit status in words: `exit status 3`, or `signal 11 (SIGSEGV)` for -11."""
    if status >= 0:
        return f"exit status {status}"
    try:
        return f"signal {-status} ({signal.Signals(-status).name})"
    except ValueError:
        return f"signal {-status}"
