"""Where the commands that turn recordings into recordings write: one file, or a folder for several."""

import os
from dataclasses import dataclass
from pathlib import Path

from ligeia.errors import InputError

LOSSLESS = (".wav", ".flac")
"""Endings that a file keeps in a folder of results; any other becomes .wav, so that nothing is lost."""


@dataclass(frozen=True)
class Place:
    """One recording, and where its result goes."""

    recording: Path
    target: Path
    picture: Path | None
    subtype: str | None
    """Sample format to write; None: that of the recording, as far as the target has it."""
    overwrite: bool


def is_folder(output: Path, typed: str | None = None) -> bool:
    """Tell whether `output` names a folder: it is one, or was `typed` with a slash at its end."""
    return output.is_dir() or (typed or "").endswith(("/", os.sep))


def targets_of(recordings: list[Path], output: str, *, overwrite: bool) -> list[Path]:
    """Return the file that each recording is written to, and make the folder where `output` names one.

    Raises:
        InputError: there are several recordings and `output` is not a folder, two of them have one name, a file exists
            and `overwrite` is false, or one would be written over itself.
    """
    from ligeia.audio.atomic import checked_target

    path = Path(output)
    if not is_folder(path, output):
        if len(recordings) > 1:
            raise InputError(f"{len(recordings)} recordings need a folder: -o {output}/")
        checked_target(path, overwrite=overwrite, source=recordings[0])
        return [path]
    targets = [path / _name(recording) for recording in recordings]
    for target, recording in zip(targets, recordings, strict=True):
        if targets.count(target) > 1:
            raise InputError(f"two recordings would be written to {target}: rename one, or take another folder")
        if path.is_dir():
            checked_target(target, overwrite=overwrite, source=recording)
    _make(path)
    return targets


def picture_of(target: Path, plot: str | None, *, in_folder: bool, overwrite: bool) -> Path | None:
    """Return the file of the picture that goes with `target`: `plot`, or NAME.png in it where it names a folder.

    Raises:
        InputError: there is a folder of results and `plot` is not one, it cannot be written, or exists and `overwrite`
            is false.
    """
    from ligeia.audio.atomic import checked_target

    if plot is None:
        return None
    path = Path(plot)
    if is_folder(path, plot):
        _make(path)
        picture = path / f"{target.stem}.png"
        checked_target(picture, overwrite=overwrite)
        return picture
    if in_folder:
        raise InputError(f"the pictures of a folder of results need a folder: --plot {plot}/")
    if path.suffix not in (".png", ".svg"):
        raise InputError(f"{plot} is not a valid picture file: its ending must be .png or .svg")
    checked_target(path, overwrite=overwrite)
    return path


def places_of(
    recordings: list[Path], output: str, plot: str | None, *, subtype: str | None, overwrite: bool
) -> list[Place]:
    """Return where each recording and its picture are written, all checked before any work.

    Raises:
        InputError: as `targets_of` and `picture_of`.
    """
    targets = targets_of(recordings, output, overwrite=overwrite)
    in_folder = is_folder(Path(output))
    pictures = [picture_of(target, plot, in_folder=in_folder, overwrite=overwrite) for target in targets]
    triples = zip(recordings, targets, pictures, strict=True)
    return [Place(recording, target, picture, subtype, overwrite) for recording, target, picture in triples]


def _name(recording: Path) -> str:
    return recording.name if recording.suffix.lower() in LOSSLESS else f"{recording.stem}.wav"


def _make(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot make the folder {folder}: {error.strerror}") from error
