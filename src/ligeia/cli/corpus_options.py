"""Options that all commands of `ligeia corpus` have: how many files at a time, which limits, what is done again."""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from ligeia.cli.options import Json, Quiet, seconds_of


def size_of(typed: str | int) -> int:
    """Return a size as typed, in bytes: a number, with K, M, G or T for powers of 1024.

    Raises:
        typer.BadParameter: it is not a size, or not positive.

    Example:
        >>> size_of("1.5G")
        1610612736
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([KMGT]?)(?:i?B)?", str(typed).strip(), re.IGNORECASE)
    size = 0.0 if found is None else float(found[1]) * 1024 ** " KMGT".index(found[2].upper() or " ")
    if not 1 <= size < 2**62:
        raise typer.BadParameter(f"{typed!r} is not a valid size: bytes, or a number with K, M, G or T (2G)")
    return int(size)


Workers = Annotated[
    int | None, typer.Option(metavar="N", min=1, max=1024, help="Files at a time (default: one for each core).")
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Let a Dask cluster do it: its scheduler, such as tcp://10.0.0.5:8786 (extra dask).",
    ),
]
Timeout = Annotated[
    float,
    typer.Option(metavar="TIME", help="Longest that one file may take (default: an hour).", parser=seconds_of),
]
Memory = Annotated[
    int | None,
    typer.Option(
        metavar="SIZE", help="Most memory of one worker, such as 800M or 2G (default: no limit).", parser=size_of
    ),
]
State = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", help="Folder on this machine of manifest, rows and report (default: that of the results)."
    ),
]
Retry = Annotated[bool, typer.Option("--retry", help="Do files again that failed.")]
Verify = Annotated[
    bool, typer.Option("--verify", help="Read every source and result again, and do again what does not match.")
]
WholeNames = Annotated[
    bool, typer.Option("--whole-names", help="Name results after the whole name of their source: a.wav.lig.")
]
Anew = Annotated[bool, typer.Option("--force", help="Begin anew, over whatever the folder of results holds.")]


@dataclass(frozen=True, kw_only=True)
class Running:
    """Settings of a run through a corpus; each field is an option. Only `whole_names` shows in the results."""

    workers: Workers = None
    scheduler: Scheduler = None
    state: State = None
    timeout: Timeout = 3600.0
    memory: Memory = None
    retry: Retry = False
    verify: Verify = False
    whole_names: WholeNames = False
    force: Anew = False
    quiet: Quiet = False
    as_json: Json = False


def of_many(verb: Callable[..., None]) -> Callable[..., None]:
    """Give a command that takes `running` the options of `Running` in its place."""
    own = inspect.signature(verb)
    options = [
        inspect.Parameter(one.name, inspect.Parameter.KEYWORD_ONLY, default=one.default, annotation=one.type)
        for one in fields(Running)
    ]

    @wraps(verb)
    def command(**given: Any) -> None:
        running = Running(**{one.name: given.pop(one.name) for one in fields(Running)})
        verb(**given, running=running)

    kept = [parameter for name, parameter in own.parameters.items() if name != "running"]
    command.__signature__ = own.replace(parameters=[*kept, *options])  # type: ignore[attr-defined]
    command.__annotations__ = {part.name: part.annotation for part in (*kept, *options)}
    return command
