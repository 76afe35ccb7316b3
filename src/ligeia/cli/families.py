"""Common parts of the commands for families: options, the list of shipped families, where sounds are written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ligeia.cli.options import seconds_of
from ligeia.cli.sources import path_of
from ligeia.cli.standard import standard_output
from ligeia.cli.targets import STDOUT, Place, is_folder, refuse_inputs
from ligeia.errors import InputError, SettingsError

if TYPE_CHECKING:
    from ligeia.audio.signal import Audio
    from ligeia.codec.family.model import FamilyModel

MOST_RATE = 384_000
STREAM = ".lig"

Family = Annotated[str, typer.Argument(metavar="MODEL", help="A file, or the name of a family; see --list.")]
SoundsOut = Annotated[
    str,
    typer.Option(
        "-o", "--output", metavar="DIR|OUT.wav", help="A folder for one file each; or one file, its ending a format."
    ),
]
Pitch = Annotated[
    float | None,
    typer.Option(metavar="NOTE", help="Semitones, A4 = 69, for families that know pitches (default: an item's)."),
]
Seconds = Annotated[
    float | None,
    typer.Option(
        metavar="TIME", help="Duration, for families that know durations (default: their own).", parser=seconds_of
    ),
]
RenderRate = Annotated[
    int | None, typer.Option("--rate", metavar="HZ", help="Sampling rate of what is written (default: the family's).")
]
Picture = Annotated[
    Path | None,
    typer.Option("--plot", metavar="FILE.png", help="Draw codes, and a morph's path (needs matplotlib)."),
]


def list_families(requested: bool) -> None:
    """Print the families of the package, and exit."""
    if not requested:
        return
    from ligeia.cli.output import print_table
    from ligeia.codec.family.finding import shipped_families
    from ligeia.codec.family.members import kind_of
    from ligeia.codec.family.model import read_model

    rows = []
    for path in shipped_families():
        model = read_model(path)
        knows = [
            name for name, known in (("pitch", kind_of(model).pitched), ("duration", kind_of(model).timed)) if known
        ]
        labels = len(set(model.labels))
        rows.append(
            (
                path.stem,
                f"{path.stat().st_size / 1e6:.1f} MB",
                model.kind,
                f"{model.items} sounds, {labels} labels",
                f"{model.numbers} numbers",
                f"{model.seconds:g} s at {model.rate} Hz",
                " and ".join(knows) or "neither",
            )
        )
    print_table(("FAMILY", "size", "kind", "learned from", "code", "sounds", "knows pitch, duration"), rows)
    raise typer.Exit


ListFamilies = Annotated[
    bool,
    typer.Option("--list", callback=list_families, is_eager=True, help="List the families that come with the package."),
]


def render_rate(model: "FamilyModel", rate: int | None) -> int:
    """Return the rate to render at; a `SettingsError` where it is out of range."""
    if rate is not None and not 1000 <= rate <= MOST_RATE:
        raise SettingsError(f"--rate must lie between 1000 and {MOST_RATE} Hz, got {rate}")
    return model.rate if rate is None else rate


@dataclass(frozen=True)
class Places:
    """The files of several sounds."""

    output: Path
    single: bool
    """All sounds go into one file."""
    stem: str
    count: int
    overwrite: bool
    ending: str = ".wav"

    @classmethod
    def of(cls, output: str, stem: str, count: int, *, overwrite: bool, ending: str = ".wav") -> "Places":
        """Return where `count` sounds go, and check that nothing is overwritten; a folder is made.

        Raises:
            InputError: a file exists and `overwrite` is false, or it cannot be written.
        """
        from ligeia.audio.atomic import checked_target

        path = path_of(output)
        single = path == STDOUT or (bool(path.suffix) and not is_folder(output))
        places = cls(path, single, stem, count, overwrite, ending)
        if places.to_stdout:
            standard_output()
            return places
        if single:
            checked_target(path, overwrite=overwrite)
            return places
        if path.exists() and not path.is_dir():
            raise InputError(f"cannot write {output}: it is a file, not a folder; give it an ending for one recording")
        if path.is_dir():
            for number in range(count):
                checked_target(places.file(number), overwrite=overwrite)
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"cannot make the folder {output}: {error.strerror}") from error
        return places

    @property
    def to_stdout(self) -> bool:
        """True where the one result goes to standard output."""
        return self.output == STDOUT

    def refuse(self, inputs: Sequence[Path]) -> None:
        """Refuse to write over what is read.

        Raises:
            InputError: a result would replace one of `inputs`.
        """
        for path in [self.output] if self.single else map(self.file, range(self.count)):
            refuse_inputs(path, inputs)

    def file(self, number: int) -> Path:
        """The file of a sound in the folder, counted from 0."""
        digits = max(len(str(self.count)), 2)
        return self.output / f"{self.stem}_{number + 1:0{digits}}{self.ending}"


def write_sounds(places: Places, sounds: "Iterator[Audio]", *, rate: int, pause: float) -> list[str]:
    """Write sounds of one channel, one file each, or one after the other with a `pause` (seconds); return the files.

    A sound whose peak is above full scale is scaled down to it.
    """
    import numpy as np

    from ligeia.audio.writing import write_audio
    from ligeia.cli.written import writer_for
    from ligeia.latent.morphing import softened

    if not places.single:
        files = []
        for number, sound in enumerate(sounds):
            write_audio(places.file(number), at_full_scale(sound), overwrite=places.overwrite)
            files.append(str(places.file(number)))
        return files
    silence = np.zeros((1, round(pause * rate)), np.float32)
    place = Place(Path(places.stem), places.output, overwrite=places.overwrite)
    with writer_for(place, {"rate": rate, "channels": 1}) as writer:
        for number, sound in enumerate(sounds):
            if number:
                writer.write(silence)
            level = at_full_scale(sound)
            writer.write(level.samples if places.count == 1 else softened(level).samples)
    return [str(places.output)]


def at_full_scale(sound: "Audio") -> "Audio":
    """Return a sound with its peak at full scale where it was above, and any other as it is."""
    from ligeia.audio.signal import Audio

    peak = float(abs(sound.samples).max(initial=0))
    return Audio(sound.samples / peak, sound.rate) if peak > 1 else sound


def family_inputs(model: str) -> list[Path]:
    """Return the file of a family, where it was given by one."""
    return [Path(model)] if Path(model).is_file() else []


def facts_of_family(model: "FamilyModel") -> dict[str, Any]:
    """Return what a command reports of a family."""
    return {"family": str(model.id), "kind": model.kind, "model_bytes": model.size}
