"""The command that does what a job does: for people to copy, with every name quoted for the shell."""

import shlex
from pathlib import PurePosixPath

from ligeia.server.schemas import Compress, Denoise, Extend, Restore, Score, Task
from ligeia.server.tasks.task import ending_of


def command_of(settings: Task, name: str, estimate: str = "", *, is_stream: bool = False) -> str:
    """Return the command for a recording called `name`; `estimate` is what another one is called, for scores.

    `is_stream`: it is a `.lig` stream, which all commands read, but for the one that makes them.

    Example:
        >>> command_of(Compress(task="compress", kbps=24.0), "my memo.wav")
        "ligeia encode 'my memo.wav' -o 'my memo.lig' --kbps 24"
    """
    if not (is_stream and isinstance(settings, Compress)):
        return _command(settings, name, estimate)
    decoded = f"{PurePosixPath(_plain(name)).stem}.decoded.wav"
    return f"{_line('decode', _plain(name), '-o', _plain(decoded))} && {_command(settings, decoded, estimate)}"


def _command(settings: Task, name: str, estimate: str) -> str:
    match settings:
        case Compress():
            return _line("encode", _plain(name), "-o", _plain(result_name(settings, name)), *_compress(settings))
        case Score():
            return _line("score", "--reference", _plain(name), "--estimate", _plain(estimate))
        case _:
            return _line(settings.task, _plain(name), "-o", _plain(result_name(settings, name)), *_options(settings))


def result_name(settings: Task, name: str) -> str:
    """Return what the result is called: the recording's name, and what was done to it.

    Example:
        >>> result_name(Denoise(task="denoise"), "memo.m4a")
        'memo.denoised.wav'
    """
    stem = PurePosixPath(name).stem
    match settings:
        case Compress():
            return f"{stem}.lig"
        case Score():
            return f"{stem}.json"
        case _:
            return f"{stem}{ending_of(settings.task, settings.model_dump())}.wav"


def _compress(settings: Compress) -> list[str]:
    options = ["--preset", settings.preset] if settings.preset else []
    for name, value in (("--kbps", settings.kbps), ("--snr", settings.snr_db), ("--quality", settings.quality)):
        if value is not None:
            options += [name, f"{value:.15g}"]
    return options


def _options(settings: Denoise | Restore | Extend) -> list[str]:
    options = ["--rate", str(settings.rate)] if isinstance(settings, Extend) else []
    if settings.strength != 1.0:
        options += ["--strength", f"{settings.strength:.15g}"]
    if isinstance(settings, Restore):
        options += [] if settings.clipping else ["--no-clipping"]
        options += [] if settings.clicks else ["--no-clicks"]
    return options


def _plain(name: str) -> str:
    """Return a name that no program takes for an option."""
    return f"./{name}" if name.startswith("-") else name


def _line(*words: str) -> str:
    return shlex.join(("ligeia", *words))
