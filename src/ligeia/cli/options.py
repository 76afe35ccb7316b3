"""Arguments and options that several commands share, for one sound or for many; and how times are written."""

from math import isfinite
from pathlib import Path
from typing import Annotated

import typer

from ligeia.cli.sources import path_of


def seconds_of(typed: str | float) -> float:
    """Return a time as typed, in seconds: plain seconds, M:SS or H:MM:SS, each with a fraction of the seconds.

    Raises:
        typer.BadParameter: it is not a time, is negative, or has 60 minutes or seconds behind an hour or a minute.

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


# --- encode ----------------------------------------------------------------------------------------------------------

Preset = Annotated[
    str | None,
    typer.Option(
        help="speech, music or waveform (default: waveform with --snr, else speech or music, whichever suits the "
        "sound); with --network dense: draft, standard or fine."
    ),
]
Kbps = Annotated[float | None, typer.Option(help="Bit rate to meet, in kbit/s.")]
TargetSnr = Annotated[float | None, typer.Option(metavar="DB", help="Signal-to-noise ratio to meet, in dB.")]
Quality = Annotated[float | None, typer.Option(metavar="Q", help="Quality from 0 (smallest) to 10 (best); default: 6.")]
EncoderNetwork = Annotated[
    str | None,
    typer.Option(
        help="lapped (default; solved in closed form), siren (sines of a phase that is fitted to the sound, for the "
        "least error) or dense (a SIREN for each block, fitted by gradient descent; needs torch)."
    ),
]
QuantisationAware = Annotated[
    bool | None, typer.Option(help="With --network dense: quantisation-aware fitting (default: yes).")
]
WithTags = Annotated[bool, typer.Option("--tags/--no-tags", help="Keep title, artist and the like of the recording.")]

# --- decode ----------------------------------------------------------------------------------------------------------

DecodedFormat = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="NAME",
        help="Format where no output file names one: wav, flac, ogg, opus, mp3, ... (default: wav).",
    ),
]
DecodedRate = Annotated[
    int | None,
    typer.Option(metavar="HZ", min=1, max=2**31 - 1, help="Sampling rate in Hz (default: that of the original)."),
]
DecodedSubtype = Annotated[str | None, typer.Option(help="Sample format: PCM_16, PCM_24, PCM_32 or FLOAT.")]
Salvage = Annotated[bool, typer.Option("--salvage", help="Replace damaged blocks by silence instead of failing.")]
Rewriting = Annotated[
    str,
    typer.Option(
        metavar="auto|on|off",
        help="Let a network that knows speech rewrite it: where it has learned (low rates), always, or never.",
    ),
]

# --- score -----------------------------------------------------------------------------------------------------------

MetricNames = Annotated[
    str | None,
    typer.Option(
        metavar="a,b,...",
        help="Metrics to compute (default: all but the slow ones; of folders those that reports show).",
    ),
]
Mixing = Annotated[
    str | None,
    typer.Option(help="each (mean over channels) or mono (downmix); default: each metric's own convention."),
]
LevelKind = Annotated[str, typer.Option(help="kept, or matched (first scale the estimate by least squares).")]
Aligned = Annotated[bool, typer.Option(help="Find and undo the delay of the estimate.")]
MaxDelay = Annotated[
    float,
    typer.Option(metavar="TIME", help="Longest delay to search for (default: half a second).", parser=seconds_of),
]

# --- denoise ---------------------------------------------------------------------------------------------------------

DenoisingMethod = Annotated[str | None, typer.Option(help="How; see --list (default: ligeia's own).")]
DenoisingStrength = Annotated[
    float,
    typer.Option(metavar="S", min=0, max=1, help="0 leaves the recording as it is, 1 takes all that is found."),
]
MethodModel = Annotated[
    Path | None,
    typer.Option(metavar="PATH", help="File or folder of weights, for methods that run other's models."),
]

# --- embed -----------------------------------------------------------------------------------------------------------

EmbeddingModel = Annotated[
    str, typer.Argument(metavar="MODEL", help="A file, or the name of a model of the package; see --list.")
]
Refine = Annotated[
    int,
    typer.Option(metavar="N", min=0, help="Hypernetworks: gradient steps on the functions, once written."),
]
AtomsRatio = Annotated[
    float | None,
    typer.Option(metavar="R", min=1, help="Atoms: compression ratio in samples per number (default: 16)."),
]
Emphasis = Annotated[
    float | None,
    typer.Option(
        metavar="E",
        min=0,
        max=1,
        help="Atoms: perceptual weighting (default: 0, the best SNR; 0.6: the best PESQ).",
    ),
]
StoredBits = Annotated[
    int | None,
    typer.Option(
        min=2,
        max=22,
        help="Hypernetworks: bits of each stored number (default: float32, exact).",
    ),
]
CodeSteps = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, help="Families: steps of the search for a code, at most (default: 400)."),
]
