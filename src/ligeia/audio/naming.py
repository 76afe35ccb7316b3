"""Names of files of sounds: the endings of recordings and streams, and the name of what is made of a file."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

LOSSLESS = (".wav", ".flac")
"""Endings that a file keeps in a folder of results; any other becomes .wav, so that nothing is lost."""
STREAM = ".lig"
RECORDINGS = (
    ".wav", ".wave", ".bwf", ".w64", ".rf64", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc", ".au",
    ".snd", ".caf", ".sph", ".voc", ".m4a", ".m4b", ".aac", ".mp4", ".webm", ".mka", ".wma", ".ac3", ".ape", ".wv",
    ".tta", ".amr", ".spx",
)  # fmt: skip
"""Endings of the files that `--recursive` takes as recordings; a file that is named may have any."""


@dataclass(frozen=True)
class Naming:
    """Names of a command's results, and the files that it takes from a folder."""

    takes: tuple[str, ...]
    """Endings, in lower case, of the files that are taken from a folder."""
    name: Callable[[Path], str]
    """Name of the result for a file."""
    beside: bool
    """Without -o a result lies beside its recording."""
    ending: str | None = None
    """The ending that only `--force` changes."""


def to_streams() -> Naming:
    """Return how streams are called that are made of recordings: NAME.lig."""
    return Naming(RECORDINGS, lambda path: f"{path.stem}{STREAM}", beside=True, ending=STREAM)


def to_format(ending: str) -> Naming:
    """Return how recordings are called that are made of streams: NAME and `ending`, such as .wav."""
    return Naming((STREAM,), lambda path: f"{path.stem}{ending}", beside=True)


def to_recordings() -> Naming:
    """Return how recordings are called that are made of others: as they are, but .wav for what loses samples."""
    return Naming(
        RECORDINGS, lambda path: path.name if path.suffix.lower() in LOSSLESS else f"{path.stem}.wav", beside=False
    )
