"""A suite: a text file that lists clips, one a line, in groups.

```
# anything after a # is a remark
[speech]
speech/one.flac
[music]
music/two.wav
```

Groups are reported apart; metrics made for speech are left out in the group `music`, and the other way round.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from ligeia.errors import InputError

ENDINGS = (".wav", ".flac", ".ogg", ".opus", ".mp3", ".aif", ".aiff", ".m4a")
"""What counts as a recording where the suite is a folder."""
LONGEST = 2**20
"""Bytes of a suite file, at most."""


@dataclass(frozen=True)
class Clip:
    """One recording of a suite."""

    name: str
    """As the suite writes it: it names the clip in every row."""
    path: Path
    """Where it lies."""
    group: str
    """The heading it stands under; empty where there is none."""


def read_suite(path: Path, data: Path | None = None) -> list[Clip]:
    """The clips of a suite file, or all recordings in a folder (its subfolders are the groups).

    Relative names are looked up in `data` where it is given, else beside the suite file, else in the folder that
    the environment variable LIGEIA_DATA names.

    Raises:
        InputError: the suite cannot be read, lists no clip, or lists one that is not there.
    """
    try:
        clips = _from_folder(path) if path.is_dir() else _from_text(_text(path), _roots(path, data))
    except OSError as error:
        raise InputError(f"cannot read the suite {path}: {error.strerror}") from error
    if not clips:
        raise InputError(f"the suite {path} lists no clips")
    return clips


def _text(path: Path) -> str:
    if path.stat().st_size > LONGEST:
        raise InputError(f"{path} is no suite: it has {path.stat().st_size} bytes; is it a recording?")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no suite: it is not text; is it a recording?") from error


def _roots(path: Path, data: Path | None) -> list[Path]:
    if data is not None:
        return [data]
    named = os.environ.get("LIGEIA_DATA")
    return [path.parent, *([Path(named)] if named else [])]


def _from_text(text: str, roots: list[Path]) -> list[Clip]:
    group = ""
    clips: dict[str, Clip] = {}
    for line in text.splitlines():
        entry = line.partition("#")[0].strip()
        if entry.startswith("[") and entry.endswith("]"):
            group = entry[1:-1].strip()
        elif entry:
            clips.setdefault(entry, Clip(entry, _found(entry, roots), group))
    return list(clips.values())


def _found(name: str, roots: list[Path]) -> Path:
    places = [root / name for root in roots]
    for place in places:
        if place.is_file():
            return place.resolve()
    raise InputError(f"the suite's clip {name} is not there; looked for {', '.join(map(str, places))}")


def _from_folder(folder: Path) -> list[Clip]:
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS and path.is_file())
    names = [path.relative_to(folder) for path in found]
    groups = ["" if name.parent == Path() else name.parent.as_posix() for name in names]
    return [
        Clip(name.as_posix(), path.resolve(), group) for name, path, group in zip(names, found, groups, strict=True)
    ]
