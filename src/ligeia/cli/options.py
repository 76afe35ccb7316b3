"""Arguments and options that several commands share, and the reading of `.lig` files."""

from pathlib import Path
from typing import Annotated

import typer

from ligeia.errors import FormatError, InputError

Recording = Annotated[
    Path,
    typer.Argument(
        metavar="IN", help="Recording: WAV, FLAC, OGG, Opus, MP3, or any format that an installed ffmpeg reads."
    ),
]
StreamFile = Annotated[Path, typer.Argument(metavar="IN.lig", help="A .lig file.")]
LigOut = Annotated[Path, typer.Option("-o", "--output", metavar="OUT.lig", help="Output file.")]
Seed = Annotated[
    int, typer.Option(help="Seed of the random numbers: the same seed gives the same bytes (time budgets aside).")
]
Steps = Annotated[int | None, typer.Option(help="Number of optimiser steps (default: that of the preset or recipe).")]
Width = Annotated[int | None, typer.Option(help="Units per hidden layer (default: chosen for the rate).")]
Network = Annotated[str, typer.Option(help="Network architecture; see --list.")]
Device = Annotated[str, typer.Option(help="Device to compute on: auto, cpu or cuda.")]
Checkpoint = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", help="Folder for checkpoints; after an interruption the same command resumes from there."
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite an existing output.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout, and nothing else.")]
Recordings = Annotated[
    list[Path], typer.Argument(metavar="IN...", help="Recordings, of any format that `ligeia encode` reads.")
]
ResultOut = Annotated[
    str,
    typer.Option("-o", "--output", metavar="OUT", help="Output file, its ending names the format; or a folder, DIR/."),
]
ResultSubtype = Annotated[
    str | None,
    typer.Option(help="Sample format: PCM_16, PCM_24, PCM_32 or FLOAT (default: that of the recording)."),
]
ResultPlot = Annotated[
    str | None,
    typer.Option(metavar="FILE.png", help="Draw before and after, the first minute (needs matplotlib); or a folder."),
]


def read_stream(path: Path) -> bytes:
    """Return the bytes of a `.lig` file; of any other file only the first bytes are read.

    Raises:
        InputError: the file is missing, a directory, or empty.
        FormatError: the file does not begin like a `.lig` stream.
    """
    from ligeia.codec.container import MAGIC
    from ligeia.codec.family.finding import look_in

    look_in(path.absolute().parent)  # the model of a family may lie beside the stream
    if not path.exists():
        raise InputError(f"{path} does not exist")
    if path.is_dir():
        raise InputError(f"{path} is a directory, not a .lig file")
    with path.open("rb") as file:
        start = file.read(len(MAGIC))
        if not start:
            raise InputError(f"{path} is empty")
        if start != MAGIC[: len(start)]:
            raise FormatError(f"{path} is not a .lig file: it does not begin with {MAGIC.decode()}")
        return start + file.read()
