"""Finding programs, and asking them which version they are."""

import shutil
import subprocess
from functools import cache

from ligeia.bench.codec import CodecError

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
