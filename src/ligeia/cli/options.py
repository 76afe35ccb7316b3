"""Arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Recording = Annotated[Path, typer.Argument(metavar="IN", help="WAV, FLAC, OGG, Opus, MP3, or what ffmpeg reads.")]
StreamFile = Annotated[Path, typer.Argument(metavar="IN.lig", help="A .lig file.")]
LigOut = Annotated[Path, typer.Option("-o", "--output", metavar="OUT.lig", help="Where to write the stream.")]
Seed = Annotated[
    int, typer.Option(help="Where the random numbers start: same seed, same bytes (but for time budgets).")
]
Steps = Annotated[int | None, typer.Option(help="Optimiser steps, instead of the preset's or recipe's.")]
Width = Annotated[int | None, typer.Option(help="Units per layer, instead of the design's choice.")]
Network = Annotated[str, typer.Option(help="Architecture of the network.")]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda.")]
Checkpoint = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Keep the state in this folder; the same command goes on from it after a crash."),
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite the output where it exists.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout and nothing else.")]
