"""Pairs of files from two folders: they have the same name, whatever their endings."""

import os
from dataclasses import dataclass
from pathlib import Path
from unicodedata import normalize

from ligeia.audio.naming import RECORDINGS, STREAM
from ligeia.errors import InputError

AMBIGUOUS = "several files of one folder have this name, move all but one away: {files}"


@dataclass(frozen=True)
class Pair:
    """Two files of one name."""

    name: str
    """Path below the folder, without ending, with forward slashes."""
    reference: Path
    estimate: Path


@dataclass(frozen=True)
class Pairing:
    """The files of two folders, by name."""

    pairs: tuple[Pair, ...]
    """Pairs in order of name."""
    ambiguous: dict[str, str]
    """Names that several files of one folder have, and which these are."""
    only_reference: tuple[str, ...]
    """Files of the first folder, below it, that have no partner."""
    only_estimate: tuple[str, ...]
    """Files of the second folder that have none."""


def pair_folders(reference: Path, estimate: Path) -> Pairing:
    """Pair the sounds below two folders: recordings and `.lig` streams, by their endings; hidden ones do not count.

    Raises:
        InputError: a folder cannot be read, or holds no sounds.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     for name in ("a/one.wav", "a/two.wav", "b/one.lig"):
        ...         Path(folder, name).parent.mkdir(exist_ok=True)
        ...         Path(folder, name).touch()
        ...     found = pair_folders(Path(folder, "a"), Path(folder, "b"))
        >>> [pair.name for pair in found.pairs], found.only_reference
        (['one'], ('two.wav',))
    """
    ours, theirs = _by_name(reference), _by_name(estimate)
    common = sorted(ours.keys() & theirs.keys())
    ambiguous = {
        name: _which(ours[name], theirs[name]) for name in common if max(len(ours[name]), len(theirs[name])) > 1
    }
    return Pairing(
        tuple(Pair(name, ours[name][0], theirs[name][0]) for name in common if name not in ambiguous),
        ambiguous,
        _alone(reference, ours, theirs),
        _alone(estimate, theirs, ours),
    )


def _by_name(folder: Path) -> dict[str, list[Path]]:
    names: dict[str, list[Path]] = {}
    for path in _sounds(folder):
        name = path.relative_to(folder).with_suffix("").as_posix()
        names.setdefault(normalize("NFC", name), []).append(path)  # two systems may spell one accent differently
    if not names:
        raise InputError(f"{folder} holds no recordings and no .lig files")
    return names


def _sounds(folder: Path) -> list[Path]:
    def refuse(error: OSError) -> None:
        raise InputError(f"cannot read {error.filename}: {error.strerror}") from error

    found = []
    for place, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(place, name) for name in files if not name.startswith(".")]
    return sorted(path for path in found if path.suffix.lower() in (*RECORDINGS, STREAM))


def _which(*sides: list[Path]) -> str:
    files = [path.name for side in sides if len(side) > 1 for path in side]
    return AMBIGUOUS.format(files=", ".join(files))


def _alone(folder: Path, ours: dict[str, list[Path]], theirs: dict[str, list[Path]]) -> tuple[str, ...]:
    files = [path for name in ours.keys() - theirs.keys() for path in ours[name]]
    return tuple(sorted(path.relative_to(folder).as_posix() for path in files))
