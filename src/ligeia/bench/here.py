"""Measuring Python code that runs in this very process."""

import time
from collections.abc import Callable
from pathlib import Path

from ligeia.bench.codec import Usage

CLEAR = Path("/proc/self/clear_refs")
STATUS = Path("/proc/self/status")
RESET_PEAK = "5"
"""What to write to `clear_refs` so that the peak starts anew (see proc(5))."""


def run_here(function: Callable[[], object]) -> Usage:
    """Run `function` and say what it took.

    Peak memory is the resident set of the whole process while it ran: interpreter, libraries and all that was
    loaded before count, as they do for a program; memory of a graphics card does not. It is None where the system
    does not tell (only Linux does). There is no limit on the time: `isolated` sets one from outside.
    """
    can_tell = _reset_peak()
    started = time.perf_counter()
    function()
    seconds = time.perf_counter() - started
    return Usage(seconds, _peak_bytes() if can_tell else None)


def _reset_peak() -> bool:
    try:
        CLEAR.write_text(RESET_PEAK)
    except OSError:
        return False
    return True


def _peak_bytes() -> int | None:
    try:
        lines = STATUS.read_text().splitlines()
    except OSError:
        return None
    sizes = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(sizes[0]) * 1024 if sizes else None
