"""Items and manifests: lists of recordings, and the facts about each.

A manifest is a CSV file (UTF-8, one header line) beside the recordings that it lists. Some corpora spell its columns
differently; `COLUMNS` has the spellings that are read. Nothing in a manifest is trusted: paths stay in its folder.
"""

import csv
import io
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from math import isfinite
from pathlib import Path, PurePosixPath

from ligeia.audio.atomic import write_bytes
from ligeia.audio.reading import open_audio
from ligeia.errors import InputError
from ligeia.progress import OnProgress, Reporter

MANIFEST = "MANIFEST.csv"
"""Usual name of a manifest."""
MAX_BYTES = 2**28
"""Size of a manifest at most: about a million rows."""
MAX_SECONDS, MAX_RATE, MAX_CHANNELS = 1e7, 10**7, 1024
"""Largest values that a manifest may state."""

COLUMNS: dict[str, tuple[str, ...]] = {
    "id": ("id",),
    "path": ("path",),
    "set": ("set",),
    "seconds": ("seconds", "duration_s"),
    "rate": ("rate", "sample_rate"),
    "channels": ("channels",),
    "speaker": ("speaker", "speaker_or_instrument", "instrument"),
    "label": ("label",),
    "source": ("source",),
    "licence": ("licence", "license"),
}
"""Fields of an `Item`, and the column names that stand for them; the first one is written."""
OPTIONAL = ("id", "source")
SOURCE_PARTS = ("source_repo", "source_path")
"""Columns that together name the source where there is no column `source`."""

_REMARK = re.compile(r" \([MF]\b[^)]*\)$")  # the speaker's gender, which not every row of a speaker states alike
_SPEAKERS = (
    (re.compile(r"(?<!\d)(\d{1,5})-\d{1,6}-\d{4}(?!\d)"), "LibriSpeech-"),
    (re.compile(r"(?<![a-z0-9])(p\d{3}|s5)_\d{3}(?!\d)"), "VCTK-"),
    (re.compile(r"(?<![A-Z])(LJ)\d{3}-\d{4}(?!\d)"), ""),
)


@dataclass(frozen=True, kw_only=True)
class Item:
    """One recording and the facts about it; unknown ones are empty or None."""

    id: str
    """Name of the item, unique in its dataset: the corpus's own, or the path from the dataset's folder."""
    path: Path
    """Absolute path of the recording."""
    set: str
    """Dataset, or the part of it, that the item belongs to."""
    seconds: float | None = None
    """Duration."""
    rate: int | None = None
    """Sampling rate in Hz."""
    channels: int | None = None
    """Number of channels."""
    speaker: str = ""
    """Speaker or instrument, named alike in all datasets (`LibriSpeech-103`): splits keep the items of one together."""
    label: str = ""
    """Facts, as `name=value; name=value`."""
    source: str = ""
    """The recording that the item was cut from, or where it comes from."""
    licence: str = ""
    """Terms under which it may be used."""

    @property
    def tags(self) -> dict[str, str]:
        """The facts of the label by name.

        Example:
            >>> Item(id="a", path=Path("a.wav"), set="notes", label="midi=60; note=C4").tags
            {'midi': '60', 'note': 'C4'}
        """
        pairs = (part.partition("=") for part in self.label.split(";") if "=" in part)
        return {name.strip(): value.strip() for name, _, value in pairs}


def speaker_in(name: str) -> str:
    """Return the speaker whom the name of a recording states as LibriSpeech, VCTK or LJ Speech do; else nothing.

    Example:
        >>> speaker_in("speech/ls_clean_103-1240-0000.flac"), speaker_in("vctk16_p225_003"), speaker_in("song")
        ('LibriSpeech-103', 'VCTK-p225', '')
    """
    for pattern, corpus in _SPEAKERS:
        match = pattern.search(PurePosixPath(name).name)
        if match:
            return "LJSpeech" if match[1] == "LJ" else corpus + match[1]
    return ""


def read_manifest(path: str | os.PathLike[str]) -> list[Item]:
    """Read the items of a manifest, in its order; paths are relative to its folder.

    Raises:
        InputError: it cannot be read, a column is missing, a value is invalid, a path leaves the folder or leads
            nowhere, or a path or id comes twice. The message names the row.
    """
    path = Path(path)
    reader = csv.DictReader(io.StringIO(_text(path), newline=""), strict=True)
    items: list[Item] = []
    try:
        spelling = _spelling(reader.fieldnames or (), path)
        folder = path.parent.resolve()
        for row in reader:
            try:
                items.append(_item(row, spelling, folder))
            except InputError as error:
                raise InputError(f"{path}, line {reader.line_num}: {error}") from error
    except csv.Error as error:
        raise InputError(f"{path}, line {reader.line_num}: not valid CSV ({error})") from error
    check_unique(items, path)
    return items


def _text(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise InputError(f"{path} is not a manifest: it has {size} bytes, at most {MAX_BYTES} are read")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"cannot read the manifest {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not a manifest: it is not UTF-8 text") from error
    if "\0" in text:
        raise InputError(f"{path} is not a manifest: it holds NUL characters")
    return text


def _spelling(header: Sequence[str], path: Path) -> dict[str, str]:
    """Return the column of the file for each field that it has."""
    spelling = {field: next((name for name in names if name in header), "") for field, names in COLUMNS.items()}
    missing = [field for field, name in spelling.items() if not name and field not in OPTIONAL]
    if missing:
        raise InputError(f"{path} is not a manifest: it has no column {', '.join(missing)}")
    return {field: name for field, name in spelling.items() if name}


def _item(row: Mapping[str, str | None], spelling: Mapping[str, str], folder: Path) -> Item:
    if None in row or None in row.values():
        raise InputError("the row has more or fewer fields than the header")
    values = {field: (row[name] or "").strip() for field, name in spelling.items()}
    source = values.get("source", "") or ":".join(filter(None, (row.get(name) for name in SOURCE_PARTS)))
    return Item(
        id=values.get("id") or values["path"],
        path=_inside(folder, values["path"]),
        set=values["set"],
        seconds=_number(values["seconds"], "seconds", MAX_SECONDS),
        rate=_count(values["rate"], "rate", MAX_RATE),
        channels=_count(values["channels"], "channels", MAX_CHANNELS),
        speaker=_REMARK.sub("", values["speaker"]),
        label=values["label"],
        source=source,
        licence=values["licence"],
    )


def _inside(folder: Path, name: str) -> Path:
    """Return the absolute path of a recording, links followed; it must be a file below `folder`."""
    if not name:
        raise InputError("the path is empty")
    path = (folder / name).resolve()
    if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts or not path.is_relative_to(folder):
        raise InputError(f"the path {name} leaves the manifest's folder")
    if not path.is_file():
        raise InputError(f"the file {name} does not exist")
    return path


def _number(text: str, field: str, largest: float) -> float | None:
    try:
        value = float(text) if text else None
    except ValueError:
        value = float("nan")
    if value is not None and not (isfinite(value) and 0 <= value <= largest):
        raise InputError(f"{field} must be a number from 0 to {largest:g}, got {text!r}")
    return value


def _count(text: str, field: str, largest: int) -> int | None:
    value = _number(text, field, largest)
    if value is not None and (value != int(value) or value < 1):
        raise InputError(f"{field} must be a whole number from 1 to {largest}, got {text!r}")
    return None if value is None else int(value)


def check_unique(items: Iterable[Item], where: Path) -> None:
    """Refuse items of one dataset that share an id or a file.

    Raises:
        InputError: two do.
    """
    ids: set[str] = set()
    paths: set[Path] = set()
    for item in items:
        if item.id in ids:
            raise InputError(f"{where} lists the id {item.id} twice")
        if item.path in paths:
            raise InputError(f"{where} lists the file {item.path} twice")
        ids.add(item.id)
        paths.add(item.path)


def write_manifest(path: str | os.PathLike[str], items: Iterable[Item], *, overwrite: bool = False) -> None:
    """Write items as a manifest, whole or not at all; their recordings must lie below its folder.

    Raises:
        InputError: a recording lies elsewhere, two items share an id or a file, or the file cannot be written.
    """
    path, items = Path(path), list(items)
    folder = path.parent.resolve()
    check_unique(items, path)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names[0] for names in COLUMNS.values())
    for item in items:
        if not item.path.resolve().is_relative_to(folder):
            raise InputError(f"cannot list {item.path} in {path}: it does not lie below {folder}")
        place = item.path.resolve().relative_to(folder).as_posix()
        writer.writerow(_cell(place if field == "path" else getattr(item, field)) for field in COLUMNS)
    write_bytes(path, text.getvalue().encode(), overwrite=overwrite)


def _cell(value: object) -> str:
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def measured(items: Iterable[Item], *, on_progress: OnProgress | None = None) -> Iterator[Item]:
    """Yield items with duration, rate and channels as their files have them, one file after the other.

    Raises:
        InputError: a file cannot be read.
    """
    items = list(items)
    report = Reporter(on_progress)
    report.stage("reading recordings", 0.0, 1.0)
    for number, item in enumerate(items):
        with open_audio(item.path) as sound:
            yield replace(item, seconds=sound.seconds, rate=sound.rate, channels=sound.channels)
        report((number + 1) / len(items))
    report.finish()


assert [field.name for field in fields(Item)] == list(COLUMNS)
