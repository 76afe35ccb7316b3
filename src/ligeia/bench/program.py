"""Finding programs, and asking them which version they are."""

import json
import os
import shutil
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

from ligeia.bench.codec import CodecError, Usage

DEBIAN = {"opusenc": "opus-tools", "opusdec": "opus-tools", "ffprobe": "ffmpeg"}
"""Debian packages that are not called like their program."""
PATIENCE = 20.0
"""Seconds for an answer about the version."""


def program_path(name: str) -> str:
    """Where the program called `name` lies.

    Raises:
        CodecError: it is not installed; the text says what would bring it.
    """
    path = shutil.which(name)
    if path is None:
        raise CodecError(f"{name} is not installed (Debian: apt-get install {DEBIAN.get(name, name)})")
    return path


def answer(name: str, *arguments: str) -> str:
    """What a program says, on standard output and then on standard error; it is asked once per process.

    Raises:
        CodecError: it is not installed, fails, or gives no answer.
    """
    return _answer(program_path(name), name, arguments)


@cache
def _answer(path: str, name: str, arguments: tuple[str, ...]) -> str:
    try:
        done = subprocess.run(
            [path, *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=True
        )
    except subprocess.TimeoutExpired as error:
        raise CodecError(f"{name}: no answer within {PATIENCE:g} s") from error
    except (OSError, subprocess.CalledProcessError) as error:
        raise CodecError(f"{name} does not run: {' '.join(str(error).split())}") from error
    return (done.stdout + done.stderr).decode(errors="replace")


def first_line(name: str, *arguments: str) -> str:
    """The first line that a program says.

    Raises:
        CodecError: as `answer`, and where it says nothing.
    """
    lines = answer(name, *arguments).split("\n")
    if not lines[0].strip():
        raise CodecError(f"{name} does not say which version it is")
    return lines[0].strip()


LAUNCHER = Path(__file__).with_name("launcher.py")
LONGEST = 200
"""Characters of an error message, at most."""


def run_program(command: list[str], *, timeout: float, produces: Path | None = None) -> Usage:
    """Run a program without input, for `timeout` seconds at most, and say what it took.

    `produces` is the file that it should write: it is removed before, and again where the program fails. Time is
    that of the program alone. Peak memory is its resident set, from about 6 MB upwards (`launcher` says why), and
    None where the system cannot tell. Nothing of the program's process group outlives the call.

    Raises:
        CodecError: the program is not installed, fails, takes too long, or writes nothing; one line says.
    """
    name = command[0]
    line = [program_path(name), *command[1:]]
    if produces is not None:
        produces.unlink(missing_ok=True)
    try:
        facts = _launched(line, timeout) if hasattr(os, "wait4") else _plainly(line, timeout)
        problem = _problem(facts, timeout, produces)
        if problem is not None:
            raise CodecError(f"{Path(name).name}: {problem}")
    except BaseException:
        if produces is not None:
            produces.unlink(missing_ok=True)
        raise
    return Usage(facts["seconds"], facts["peak_bytes"])


def _launched(line: list[str], timeout: float) -> dict[str, Any]:
    """Run through `launcher`, which kills the program as soon as this process lets go of its input."""
    command = [sys.executable, "-I", "-S", str(LAUNCHER), repr(float(timeout)), *line]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for us: the launcher hears of it by losing its input
    ) as launcher:
        assert launcher.stdout is not None
        answer = launcher.stdout.read()
    try:
        return dict(json.loads(answer))
    except ValueError as error:
        raise CodecError(f"{Path(line[0]).name}: its launcher died (exit status {launcher.returncode})") from error


def _plainly(line: list[str], timeout: float) -> dict[str, Any]:
    """Run where there is neither fork nor wait4; children of the program may survive a time-out there."""
    started = time.monotonic()
    try:
        done = subprocess.run(
            line, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=timeout
        )
    except subprocess.TimeoutExpired:
        return {"status": None}
    except OSError as error:
        return {"status": 127, "said": f"it does not run: {error.strerror}"}
    said = done.stderr.decode(errors="replace")
    return {"status": done.returncode, "said": said, "seconds": time.monotonic() - started, "peak_bytes": None}


def _problem(facts: dict[str, Any], timeout: float, produces: Path | None) -> str | None:
    """What went wrong, if anything."""
    status = facts["status"]
    if status is None:
        return f"no answer within {timeout:g} s"
    if status < 0:
        return f"died of {how_it_ended(status)}"
    if status > 0:
        return _last_line(facts["said"]) or f"failed without a word ({how_it_ended(status)})"
    if produces is not None and (not produces.exists() or produces.stat().st_size == 0):
        return "wrote nothing"
    return None


def _last_line(said: str) -> str:
    lines = [" ".join(line.split()) for line in said.splitlines() if line.strip()]
    return lines[-1][:LONGEST] if lines else ""


def how_it_ended(status: int) -> str:
    """An exit status in words: `exit status 3`, or `signal 11 (SIGSEGV)` for -11."""
    import signal

    if status >= 0:
        return f"exit status {status}"
    try:
        return f"signal {-status} ({signal.Signals(-status).name})"
    except ValueError:
        return f"signal {-status}"
