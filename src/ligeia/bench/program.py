"""Running somebody else's program: with a limit, measured, and never left behind; and asking it for its version."""

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
from ligeia.executors.failures import how_it_ended

DEBIAN = {
    "opusenc": "opus-tools",
    "opusdec": "opus-tools",
    "ffprobe": "ffmpeg",
    "elc3": "liblc3-tools",
    "dlc3": "liblc3-tools",
}
"""Debian packages that are not called like their program."""
ANSWER_SECONDS = 20.0
"""Time limit for an answer about the version."""
LAUNCHER = Path(__file__).with_name("launcher.py")
LONGEST = 200
"""Characters of an error message, at most."""


def program_path(name: str) -> str:
    """The path of the program called `name`.

    Raises:
        CodecError: it is not installed; the text says what would bring it.
    """
    path = shutil.which(name)
    if path is None:
        raise CodecError(f"{name} is not installed (Debian: apt-get install {DEBIAN.get(name, name)})")
    return path


def answer(name: str, *arguments: str, status: int = 0) -> str:
    """The text that a program writes to standard output and to standard error; it is asked once per process.

    `status` is its exit status: some end with an error when they are asked for help.

    Raises:
        CodecError: it is not installed, fails, or gives no answer.
    """
    return _answer(program_path(name), name, arguments, status)


@cache
def _answer(path: str, name: str, arguments: tuple[str, ...], status: int) -> str:
    try:
        done = subprocess.run([path, *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=ANSWER_SECONDS)
        if done.returncode != status:
            raise subprocess.CalledProcessError(done.returncode, [path, *arguments])
    except subprocess.TimeoutExpired as error:
        raise CodecError(f"{name}: no answer within {ANSWER_SECONDS:g} s") from error
    except (OSError, subprocess.CalledProcessError) as error:
        raise CodecError(f"{name} does not run: {' '.join(str(error).split())}") from error
    return (done.stdout + done.stderr).decode(errors="replace")


def first_line(name: str, *arguments: str, status: int = 0) -> str:
    """The first line of a program's answer.

    Raises:
        CodecError: as `answer`, and where it is empty.
    """
    line = answer(name, *arguments, status=status).partition("\n")[0].strip()
    if not line:
        raise CodecError(f"{name} does not report its version")
    return line


def package_version(package: str) -> str:
    """Name and version of a Debian package, for a program or library that does not say its own.

    Elsewhere the version is not known.
    """
    try:
        version = answer("dpkg-query", "--show", "--showformat=${Version}", package).strip()
    except CodecError:
        version = ""
    return f"{package} {version or 'of unknown version'}"


def run_program(command: list[str], *, timeout: float, produces: Path | None = None) -> Usage:
    """Run a program without input, for `timeout` seconds at most, and return what it took.

    `produces` is the file that it should write: it is removed before, and again where the program fails. Time is
    that of the program alone. Peak memory is its resident set, from about 6 MB upwards (`launcher` says why), and
    None where the system cannot tell. Nothing of the program's process group outlives the call.

    Raises:
        CodecError: the program is not installed, fails, takes too long, or writes nothing; one line says.
    """
    name = Path(command[0]).name
    line = [program_path(command[0]), *command[1:]]
    try:
        if produces is not None:
            produces.unlink(missing_ok=True)
        facts = _launched(line, timeout) if hasattr(os, "wait4") else _plainly(line, timeout)
        problem = _problem(facts, timeout, produces)
        if problem is not None:
            raise CodecError(f"{name}: {problem}")
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
        facts = launcher.stdout.read()
    try:
        return dict(json.loads(facts))
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
        return {"status": 127, "messages": f"it does not run: {error.strerror}"}
    messages = done.stderr.decode(errors="replace")
    return {"status": done.returncode, "messages": messages, "seconds": time.monotonic() - started, "peak_bytes": None}


def _problem(facts: dict[str, Any], timeout: float, produces: Path | None) -> str | None:
    """The reason why a run failed; None where it did not."""
    status = facts["status"]
    if status is None:
        return f"no answer within {timeout:g} s"
    if status < 0:
        return f"died of {how_it_ended(status)}"
    if status > 0:
        return _last_line(facts["messages"]) or f"failed without a word ({how_it_ended(status)})"
    if produces is not None and (not produces.exists() or produces.stat().st_size == 0):
        return "wrote nothing"
    return None


def _last_line(messages: str) -> str:
    lines = [" ".join(line.split()) for line in messages.splitlines() if line.strip()]
    return lines[-1][:LONGEST] if lines else ""
