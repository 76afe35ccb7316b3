"""Recordings that commands write: to a file, or to standard output in a format that is named; and what was clipped."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ligeia.cli.standard import standard_output
from ligeia.cli.targets import STDOUT, Place
from ligeia.errors import SettingsError

if TYPE_CHECKING:
    from ligeia.audio.writing import AudioWriter

DEFAULT = ".wav"
FLOAT = "FLOAT"


def checked_ending(form: str | None, output: str | None, subtype: str | None = None) -> str:
    """Return the ending of results that no output file names, for the name of a format: "flac", or ".flac".

    Raises:
        SettingsError: `output` names a file with another ending, or there is no such format, or it has no `subtype`.
    """
    from ligeia.audio.formats import checked_subtype, format_for
    from ligeia.cli.targets import is_folder

    ending = DEFAULT if form is None else f".{form.lower().lstrip('.')}"
    unnamed = output is None or output == str(STDOUT) or is_folder(output)
    named = "" if unnamed else Path(str(output)).suffix.lower()
    if form is not None and named not in ("", ending):
        raise SettingsError(f"--format {form} contradicts the ending of {output}: leave one of them out")
    written = format_for(Path(str(output) if named else f"result{ending}"))
    if subtype is not None:
        checked_subtype(written, subtype)
    return ending


def named_for(target: Path, ending: str = DEFAULT) -> Path:
    """Return a path whose ending names the format of `target`."""
    return Path(f"standard output{ending}") if target == STDOUT else target


def writer_for(
    place: Place,
    shape: Mapping[str, int],
    *,
    subtype: str | None = None,
    ending: str = DEFAULT,
    tags: Mapping[str, str] | None = None,
) -> "AudioWriter":
    """Return the writer of a place's result: `shape` has rate and channels, `subtype` is the place's unless given."""
    from ligeia.audio.writing import AudioWriter

    rate, channels, subtype = shape["rate"], shape["channels"], place.subtype if subtype is None else subtype
    if place.to_stdout:
        form = ending.removeprefix(".")
        return AudioWriter(standard_output(), rate=rate, channels=channels, subtype=subtype, format=form, tags=tags)
    return AudioWriter(
        place.target, rate=rate, channels=channels, subtype=subtype, overwrite=place.overwrite, tags=tags
    )


def with_level(writer: "AudioWriter", notes: Iterable[str] = ()) -> dict[str, Any]:
    """Return what was written beyond full scale, with `notes` and one that says it, as facts."""
    clipping = [f"{said}; --subtype FLOAT in a .wav file keeps them" for said in writer.clipping]
    notes = [*notes, *clipping]
    return {"clipped": writer.clipped, "peak": writer.peak, "notes": notes}


def output_name(output: str) -> str:
    """Return what reports call an output."""
    return "standard output" if output == str(STDOUT) else output
