"""Seconds and peak memory of a command, measured by a process that is small itself.

A child counts the memory of the process that forked it until it becomes another program: a parent that holds an hour of
sound would lend its size to every child.
"""

import json
import subprocess
import sys

MEASURER = """
import json, os, subprocess, sys, time
started = time.perf_counter()
child = subprocess.Popen([sys.executable, "-c", "from ligeia.cli.main import run; run()", *sys.argv[1:]], stdout=2)
_, status, usage = os.wait4(child.pid, 0)
took = time.perf_counter() - started
peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(json.dumps({"status": status, "seconds": took, "peak_bytes": peak}))
"""


def timed(words: list[str]) -> dict[str, float]:
    """Seconds and peak bytes of `ligeia` with these words.

    Raises:
        RuntimeError: it failed.
    """
    done = subprocess.run([sys.executable, "-c", MEASURER, *words], capture_output=True, text=True, check=True)
    facts: dict[str, float] = json.loads(done.stdout)
    if facts.pop("status"):
        raise RuntimeError(f"ligeia {words[0]} failed: {done.stderr[-500:]}")
    return facts
