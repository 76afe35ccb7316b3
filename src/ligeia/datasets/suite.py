"""Suites: named lists of clips, in groups, that results are reported on.

A suite is a text file with one clip a line, or a folder of recordings; the folders in it are the groups. The suites in
`ligeia/datasets/suites` come with the package and go by name: `ligeia bench speech_music`.

```
# anything after a # is a remark
[speech]
speech/one.flac
[music]
music/two.wav
```

Groups are reported apart. Metrics made for speech are left out in the group `music`, and the other way round.
"""

import os
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from ligeia.datasets.layouts import audio_files, data_folder
from ligeia.errors import InputError

MAX_BYTES = 2**20
"""Size of a suite file at most."""
INSTALLED = Path(str(files("ligeia.datasets"))) / "suites"
"""Folder of the suites that come with the package."""


@dataclass(frozen=True)
class Clip:
    """One recording of a suite."""

    name: str
    """Path as written in the suite: it names the clip in every row."""
    path: Path
    """Absolute path of the recording."""
    group: str
    """The heading above it in the suite; empty where there is none."""


def suite_names() -> list[str]:
    """Return the names of the suites that come with the package."""
    return sorted(path.stem for path in INSTALLED.glob("*.txt"))


def read_suite(suite: str | os.PathLike[str], data: Path | None = None) -> list[Clip]:
    """Read the clips of a suite: a text file, a folder of recordings, or an installed suite by its name.

    An existing file or folder goes before a name. Relative clips are looked up in `data` where it is given, else beside
    the suite file, else in the folder that the environment variable LIGEIA_DATA names.

    Raises:
        InputError: the suite cannot be read, lists no clip, or lists one that does not exist.
    """
    path = suite_path(suite)
    try:
        clips = _from_folder(path) if path.is_dir() else _from_text(_text(path), _roots(path, data))
    except OSError as error:
        raise InputError(f"cannot read the suite {path}: {error.strerror}") from error
    if not clips:
        raise InputError(f"the suite {path} lists no clips")
    return clips


def suite_path(suite: str | os.PathLike[str]) -> Path:
    """Return the file or folder of a suite given by path, or by name where it comes with the package.

    Raises:
        InputError: there is neither.
    """
    path = Path(suite)
    if not path.exists() and os.fspath(suite) in suite_names():
        return INSTALLED / f"{suite}.txt"
    if not path.exists():
        raise InputError(
            f"cannot read the suite {path}: no such file or folder; installed suites: {', '.join(suite_names())}"
        )
    return path


def _text(path: Path) -> str:
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise InputError(f"{path} is not a suite: it has {size} bytes; is it a recording?")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not a suite: it is not text; is it a recording?") from error


def _roots(path: Path, data: Path | None) -> list[Path]:
    """Return the folders in which relative clips are looked up."""
    if data is not None:
        return [data]
    beside = [] if path.parent == INSTALLED else [path.parent]
    common = data_folder()
    roots = beside if common is None else [*beside, common]
    if not roots:
        raise InputError(f"the suite {path.stem} needs recordings: set LIGEIA_DATA to their folder")
    return roots


def _from_text(text: str, roots: list[Path]) -> list[Clip]:
    group = ""
    clips: dict[str, Clip] = {}
    for line in text.splitlines():
        entry = line.partition("#")[0].strip()
        if entry.startswith("[") and entry.endswith("]"):
            group = entry[1:-1].strip()
        elif entry:
            clips.setdefault(entry, Clip(entry, _resolve(entry, roots), group))
    return list(clips.values())


def _resolve(name: str, roots: list[Path]) -> Path:
    candidates = [root / name for root in roots]
    for path in candidates:
        if path.is_file():
            return path.resolve()
    raise InputError(f"the suite's clip {name} does not exist; looked for {', '.join(map(str, candidates))}")


def _from_folder(folder: Path) -> list[Clip]:
    clips = []
    for path in audio_files(folder):
        name = path.relative_to(folder)
        group = "" if name.parent == Path() else name.parts[0]
        clips.append(Clip(name.as_posix(), path.resolve(), group))
    return clips
