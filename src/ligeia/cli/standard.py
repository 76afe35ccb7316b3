"""Standard input, output and error, and programs that are started without them (`<&-`, `>&-`, some schedulers)."""

import io
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

import typer

from ligeia.errors import InputError, SettingsError

_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
"""Control characters but tabulators and ends of lines, marks that turn the direction of writing, and surrogates."""


class Absent(io.TextIOWrapper):
    """Stand-in for a closed stream: it gives nothing, and what is printed to it is gone."""


def prepare_streams() -> None:
    """Prepare the standard streams for the whole process: where one is closed, something is put in its place.

    The next file to be opened would get the number of the closed one otherwise, and what a library prints would land
    in a recording.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest number that is free: this one
    for name, mode in (("stdin", "rb"), ("stdout", "wb"), ("stderr", "wb")):
        if getattr(sys, name) is None:
            setattr(sys, name, Absent(open(os.devnull, mode)))  # noqa: SIM115  # as long as the process
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # names of files may hold what an encoding does not


def standard_input() -> BinaryIO:
    """Return the bytes of standard input.

    Raises:
        SettingsError: it is closed, or a terminal.
    """
    if sys.stdin is None or isinstance(sys.stdin, Absent):
        raise SettingsError("standard input is closed: give a file, or pipe one into this command")
    if sys.stdin.isatty():
        raise SettingsError("standard input is a terminal: give a file, or pipe one into this command")
    return sys.stdin.buffer


def standard_output() -> BinaryIO:
    """Return where the bytes of a result go.

    Raises:
        SettingsError: standard output is closed, or a terminal.
    """
    if sys.stdout is None or isinstance(sys.stdout, Absent):
        raise SettingsError("standard output is closed: -o FILE, or | a program")
    if sys.stdout.isatty():
        raise SettingsError("the result is not text, and standard output is a terminal: -o FILE, or | a program")
    return sys.stdout.buffer


def say(text: str, *, err: bool = False) -> None:
    """Print a line, or several, on standard output, or on standard error with `err`.

    Raises:
        InputError: standard output takes no more; whoever read it and left is a `BrokenPipeError`.
    """
    with printing():
        typer.echo(printable(text), err=err)


@contextmanager
def printing() -> Iterator[None]:
    """Let errors of the block, which prints, name standard output; for `Raises` see `say`."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        abandon_output()
        raise InputError(f"cannot write standard output: {error.strerror or error}") from error


def printable(text: str) -> str:
    """Return `text` with escapes for what steers terminals, and for bytes of names that are not text.

    Names of files, and tags, come from anybody.

    Example:
        >>> printable("take \\x1b[31m1.wav")
        'take \\\\x1b[31m1.wav'
    """
    return _STEERING.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def abandon_output() -> None:
    """Let what is left for standard output go nowhere, as it can go nowhere else."""
    with suppress(OSError, ValueError):  # a standard output without a file, such as that of a notebook
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
