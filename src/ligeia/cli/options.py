"""Arguments and options that several commands share, and how times are written."""

from math import isfinite
from pathlib import Path
from typing import Annotated

import typer

from ligeia.cli.sources import path_of


def seconds_of(typed: str | float) -> float:
    """Return a time as typed, in seconds: plain seconds, M:SS or H:MM:SS, each with a fraction of the seconds.

    Raises:
        typer.BadParameter: it is no time, negative, or has 60 minutes or seconds where an hour or minute stands before.

    Example:
        >>> seconds_of("1:02:03.5"), seconds_of("90")
        (3723.5, 90.0)
    """
    parts = str(typed).split(":")
    try:
        numbers = [*map(int, parts[:-1]), float(parts[-1])]
    except ValueError:
        numbers = [float("nan")]
    plain = all(part[:1].isdigit() or (part[:1] == "." and len(parts) == 1) for part in parts)
    if len(parts) > 3 or not plain or not all(map(isfinite, numbers)) or any(part >= 60 for part in numbers[1:]):
        raise typer.BadParameter(f"{typed!r} is not a valid time: seconds (3.5), M:SS or H:MM:SS (1:02:03.5)")
    seconds = 0.0
    for number in numbers:
        seconds = 60 * seconds + number
    return seconds


def checked_device(name: str) -> str:
    """Return the name of a device to compute on, whether or not the work will use it.

    Raises:
        typer.BadParameter: there is no device of this name.
        SettingsError: it is "cuda", and the machine has none.
        MissingExtra: it is "cuda", and torch, which would use it, is not installed.
    """
    if name not in ("auto", "cpu", "cuda"):
        raise typer.BadParameter(f"{name!r} is not one of auto, cpu, cuda")
    if name == "cuda":
        from ligeia.errors import needs_extra

        with needs_extra("torch", "torch"):
            from ligeia.training.processes import pick_device

            pick_device(name)
    return name


Recording = Annotated[
    Path,
    typer.Argument(
        metavar="IN",
        help="Recording: WAV, FLAC, OGG, Opus, MP3, or any format that an installed ffmpeg reads; - is standard input.",
        parser=path_of,
    ),
]
StreamFile = Annotated[Path, typer.Argument(metavar="IN.lig", help="A .lig file; - is standard input.", parser=path_of)]
StreamFiles = Annotated[
    list[Path], typer.Argument(metavar="IN.lig...", help=".lig files; - is standard input.", parser=path_of)
]
LigOut = Annotated[
    str | None,
    typer.Option(
        "-o",
        "--output",
        metavar="OUT",
        help="Output file, .lig; a folder, DIR/; or - for standard output (default: IN.lig beside the recording).",
    ),
]
Recursive = Annotated[
    bool, typer.Option("-r", "--recursive", help="Take the recordings in folders too, and keep the folders' tree.")
]
Quiet = Annotated[
    bool, typer.Option("-q", "--quiet", help="Print neither progress nor notes nor a report: errors alone.")
]
Start = Annotated[float, typer.Option(metavar="TIME", help="Start, in seconds or as H:MM:SS.", parser=seconds_of)]
MaxSeconds = Annotated[
    float | None,
    typer.Option(
        metavar="TIME",
        help="Longest sound to write, in seconds or as H:MM:SS, however few bytes the stream has (default: as much as "
        "its bytes justify).",
        parser=seconds_of,
    ),
]
Stop = Annotated[
    float | None, typer.Option(metavar="TIME", help="Stop, likewise (default: the end).", parser=seconds_of)
]
Seed = Annotated[
    int,
    typer.Option(min=0, help="Seed of the random numbers: the same seed gives the same bytes (time budgets aside)."),
]
Steps = Annotated[int | None, typer.Option(help="Number of optimiser steps (default: that of the preset or recipe).")]
Width = Annotated[int | None, typer.Option(help="Units per hidden layer (default: chosen for the rate).")]
Network = Annotated[str, typer.Option(help="Network architecture; see --list.")]
Device = Annotated[
    str, typer.Option(help="Device to compute on: auto, cpu or cuda.", callback=lambda name: checked_device(name))
]
Checkpoint = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", help="Folder for checkpoints; after an interruption the same command resumes from there."
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite an existing output.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout, and nothing else.")]
Recordings = Annotated[
    list[Path],
    typer.Argument(
        metavar="IN...",
        help="Recordings (- is standard input): WAV, FLAC, OGG, Opus, MP3, or what an installed ffmpeg reads.",
        parser=path_of,
    ),
]
ResultOut = Annotated[
    str,
    typer.Option(
        "-o",
        "--output",
        metavar="OUT",
        help="Output file, its ending names the format; a folder, DIR/; or - for standard output, as WAV.",
    ),
]
ResultSubtype = Annotated[
    str | None,
    typer.Option(help="Sample format: PCM_16, PCM_24, PCM_32 or FLOAT (default: that of the recording)."),
]
ResultPlot = Annotated[
    str | None,
    typer.Option(metavar="FILE.png", help="Draw before and after, the first minute (needs matplotlib); or a folder."),
]
