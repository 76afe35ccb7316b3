"""The file formats that libsndfile writes for us: endings, subtypes, rates and channels."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ligeia.errors import InputError

_OPUS_RATES = (8000, 12000, 16000, 24000, 48000)
_MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)


@dataclass(frozen=True)
class Format:
    """One format: libsndfile's `name`, `subtypes` (the first is the default), and its limits."""

    name: str
    subtypes: tuple[str, ...]
    channels: int
    rates: str
    takes: Callable[[int], bool]


FORMATS = {
    ".wav": Format("WAV", ("PCM_16", "PCM_24", "PCM_32", "FLOAT"), 1024, "any", lambda rate: True),
    ".flac": Format(
        "FLAC",
        ("PCM_16", "PCM_24"),
        8,
        "1 to 65535 Hz, and multiples of 10 Hz up to 655350 Hz",
        lambda rate: rate <= 65535 or (rate <= 655350 and rate % 10 == 0),
    ),
    # Beyond its limit libsndfile's Vorbis encoder opens, then fails, and can crash the process.
    ".ogg": Format("OGG", ("VORBIS",), 255, "up to 200000 Hz", lambda rate: rate <= 200000),
    ".opus": Format("OGG", ("OPUS",), 255, f"{_OPUS_RATES} Hz", _OPUS_RATES.__contains__),
    ".mp3": Format("MP3", ("MPEG_LAYER_III",), 2, f"{_MP3_RATES} Hz", _MP3_RATES.__contains__),
}


def format_for(path: Path) -> Format | None:
    """The format that the ending of `path` names, or None where ffmpeg has to write it.

    Raises:
        InputError: `path` has no ending.
    """
    if not path.suffix:
        raise InputError(f"cannot write {path}: its name needs an ending such as .wav or .flac")
    return FORMATS.get(path.suffix.lower())


def checked_subtype(form: Format | None, subtype: str | None) -> str:
    """The subtype to write: the given one, or the default of the format.

    Raises:
        InputError: the format has no such subtype.
    """
    known = form.subtypes if form else ("default",)
    chosen = known[0] if subtype is None else subtype.upper()
    if chosen not in known:
        raise InputError(f"there is no subtype {subtype} for this ending; known: {', '.join(known)}")
    return chosen


def check_limits(form: Format, rate: int, channels: int) -> None:
    """Check that the format takes `rate` (Hz) and `channels`.

    Raises:
        InputError: it does not.
    """
    if not 1 <= channels <= form.channels:
        raise InputError(f"{form.subtypes[0]} files take 1 to {form.channels} channels, got {channels}")
    if not form.takes(rate):
        name = form.name if form.name != "OGG" else form.subtypes[0]
        raise InputError(f"{name} files do not take {rate} Hz; they take {form.rates}")
