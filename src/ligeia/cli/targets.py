"""Targets of commands: beside the recording, one file, standard output, or a folder for several.

The places of all results are found and checked before any work begins.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ligeia.audio.naming import STREAM, Naming
from ligeia.cli.sources import STDIN, is_pipe, named, path_of
from ligeia.cli.standard import standard_output
from ligeia.errors import InputError, SettingsError

STDOUT = Path("-")
"""The output that stands for standard output."""


@dataclass(frozen=True)
class Place:
    """One recording (or stream), and where its result goes."""

    recording: Path
    target: Path
    picture: Path | None = None
    subtype: str | None = None
    """Sample format to write; None: that of the recording, as far as the target has it."""
    overwrite: bool = False

    @property
    def to_stdout(self) -> bool:
        """True where the result goes to standard output."""
        return self.target == STDOUT


@dataclass(frozen=True)
class Wanted:
    """Inputs and output, as the command was told them."""

    inputs: Sequence[Path]
    output: str | None = None
    """-o as it was typed; None: beside each recording."""
    recursive: bool = False
    overwrite: bool = False
    plot: str | None = None
    subtype: str | None = None
    keeps: tuple[Path, ...] = ()
    """Further files that no result may replace: models, masks."""

    @property
    def several(self) -> bool:
        """True where the command speaks of several recordings, even if a folder has only one."""
        return len(self.inputs) > 1 or self.recursive

    @property
    def into_folder(self) -> bool:
        """True where the output is a folder; for several recordings, a name without an ending means one as well."""
        if self.output is None or self.output == str(STDOUT):
            return False
        return is_folder(self.output) or (self.several and not Path(self.output).suffix)


def is_folder(output: str) -> bool:
    """Tell whether `output` names a folder: it is one, or was typed with a slash at its end."""
    return output.endswith(("/", os.sep)) or Path(output).is_dir()


def places_of(wanted: Wanted, naming: Naming) -> list[Place]:
    """Return where each recording and its picture are written, all checked before any work.

    Raises:
        SettingsError: inputs and output do not fit together.
        InputError: a folder holds nothing to take, two results have one name, or one would replace a recording; and of
            a single recording: a file exists and may not be overwritten, or cannot be written.
    """
    found = list(_inputs(wanted, naming))
    targets = [_target(path, inside, wanted, naming) for path, inside in found]
    _check_names(found, targets)
    pictures = [_picture(target, wanted) for target in targets]
    places = [
        Place(path, target, picture, wanted.subtype, wanted.overwrite)
        for (path, _), target, picture in zip(found, targets, pictures, strict=True)
    ]
    if wanted.into_folder:
        _make(Path(str(wanted.output)))
    for place in places:
        _check_place(place, [path for path, _ in found], wanted, naming)
    return places


# --- what is read ---------------------------------------------------------------------------------------------------


def _inputs(wanted: Wanted, naming: Naming) -> Iterator[tuple[Path, Path]]:
    """Yield each file, and its path within the folder it was found in: its name where it was named itself."""
    if list(wanted.inputs).count(STDIN) > 1:
        raise SettingsError("standard input (-) can be read once only")
    for path in wanted.inputs:
        if not path.is_dir() or path == STDIN:
            yield path, Path(path.name)
        elif wanted.recursive:
            yield from _within(path, wanted, naming)
        else:
            raise InputError(f"cannot read {path}: it is a folder; --recursive takes all recordings in it")


def _within(folder: Path, wanted: Wanted, naming: Naming) -> Iterator[tuple[Path, Path]]:
    """Yield the files of a folder that `naming` takes, in order; neither hidden ones nor earlier results."""
    results = None if wanted.output is None else Path(wanted.output).resolve()
    count = 0
    for root, folders, files in os.walk(folder):
        inner = Path(root)
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and (inner / name).resolve() != results
        )
        for name in sorted(files):
            if not name.startswith(".") and Path(name).suffix.lower() in naming.takes:
                count += 1
                yield inner / name, (inner / name).relative_to(folder)
    if not count:
        raise InputError(f"{folder} holds no file that ends in {', '.join(naming.takes)}")


# --- what is written ------------------------------------------------------------------------------------------------


def _target(path: Path, inside: Path, wanted: Wanted, naming: Naming) -> Path:
    """Return the file that the result of one recording goes to."""
    if wanted.output is None:
        if not naming.beside:
            raise SettingsError("say where to write: -o FILE, or -o DIR/ for several")
        if is_pipe(path):
            raise SettingsError(
                f"{named(path)} has no name that a result could have: -o FILE, or -o - (standard output)"
            )
        return path.with_name(naming.name(path))
    output = path_of(wanted.output)
    if wanted.into_folder:
        if is_pipe(path):
            raise SettingsError(f"{named(path)} has no name that its result in {output} could have: -o FILE")
        return output / inside.with_name(naming.name(inside))
    if wanted.several:
        what = "the recordings of a folder" if wanted.recursive else f"{len(wanted.inputs)} recordings"
        if output == STDOUT:
            raise SettingsError(f"{what} cannot go to standard output in one: -o DIR/")
        raise SettingsError(f"{what} need a folder: -o {wanted.output}/")
    return output


def _check_names(found: list[tuple[Path, Path]], targets: list[Path]) -> None:
    """Require a name of its own for each result."""
    first: dict[str, int] = {}
    for number, ((path, _), target) in enumerate(zip(found, targets, strict=True)):
        other = first.setdefault(os.path.realpath(target), number)
        if other != number:
            raise InputError(
                f"{found[other][0]} and {path} would both be written to {target}: rename one, or write them apart"
            )


def _check_place(place: Place, inputs: list[Path], wanted: Wanted, naming: Naming) -> None:
    """Refuse a result that would replace an input, or would have a misleading name; of one recording, that exists."""
    from ligeia.audio.atomic import checked_target
    from ligeia.codec.recordings import refuse_stream

    if place.to_stdout:
        standard_output()
        return
    if naming.ending == STREAM and place.recording.suffix.lower() == STREAM and place.target == place.recording:
        refuse_stream(place.recording)
    refuse_inputs(place.target, [*inputs, *wanted.keeps])
    is_device = place.target.exists() and not place.target.is_file()
    if naming.ending is not None and not wanted.overwrite and not is_device:
        _check_ending(place.target, naming.ending)
    if place.picture is not None:
        refuse_inputs(place.picture, [*inputs, *wanted.keeps])
    if not wanted.several:
        checked_target(place.target, overwrite=wanted.overwrite)
        if place.picture is not None:
            checked_target(place.picture, overwrite=wanted.overwrite)


def refuse_inputs(target: Path, inputs: Sequence[Path]) -> None:
    """Refuse to write over what is read, by whatever name: the same file, or a link to it.

    Raises:
        InputError: `target` is one of `inputs`.
    """
    for path in inputs:
        if path != STDIN and path.is_file() and target.is_file() and os.path.samefile(path, target):
            what = "it is the recording itself" if path == target else f"it is {path}, which is read"
            raise InputError(f"cannot write {target}: {what}")


def _check_ending(target: Path, ending: str) -> None:
    if target.suffix.lower() != ending:
        raise SettingsError(
            f"{target} does not end in {ending}, as streams do: -o {target.with_suffix(ending)}, or pass --force"
        )


def _picture(target: Path, wanted: Wanted) -> Path | None:
    if wanted.plot is None:
        return None
    return picture_of(target, wanted.plot, in_folder=wanted.into_folder)


def picture_of(target: Path, plot: str, *, in_folder: bool) -> Path:
    """Return the file of the picture that goes with `target`: `plot`, or NAME.png in it where it names a folder.

    Raises:
        SettingsError: there is a folder of results and `plot` is not one, or it has the ending of no picture.
        InputError: the folder cannot be made.
    """
    from ligeia.plots.style import FORMS

    path = Path(plot)
    if is_folder(plot):
        _make(path)
        return path / f"{target.stem}.png"
    if in_folder:
        raise SettingsError(f"the pictures of a folder of results need a folder: --plot {plot}/")
    if path.suffix.lower() not in FORMS:
        raise SettingsError(f"{plot} is not a valid picture file: its ending must be {', '.join(FORMS)}")
    return path


def _make(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot make the folder {folder}: {error.strerror}") from error
