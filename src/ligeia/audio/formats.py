"""Recordings on disk: the headers of WAV and MP3 that state a length, and the formats that can be written.

libsndfile believes headers. Those that state a false length (a cut file), none (a stream), or a length of 0 are found
here, and reported to the caller, or the file is decoded by other means.
"""

import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import soundfile

from ligeia.errors import InputError, SettingsError


class ForwardFile(soundfile.SoundFile):  # type: ignore[misc]  # soundfile states no types
    """A sound file that libsndfile reads or writes strictly from front to back.

    The `soundfile` package seeks to the new position after each block that it reads or writes, which
    resets libsndfile's MP3 decoder: every block would begin with a burst of wrong samples.
    """

    def seekable(self) -> bool:
        """False, which keeps `soundfile` from seeking."""
        return False


_ORDERS = {b"RIFF": "<", b"RF64": "<", b"RIFX": ">"}
_IN_DS64 = 0xFFFFFFFF


@dataclass(frozen=True)
class DataChunk:
    """The data chunk of a WAV file; sizes in bytes."""

    promised: int
    """Size that the header states."""
    present: int
    """Size of the rest of the file."""
    block: int
    """Size of one sample of every channel."""
    open_ended: bool
    """True where the stated size is a placeholder, left by a program that wrote to a pipe."""


def check_riff(path: Path) -> None:
    """Check that a WAV file is not cut short; other files pass.

    Raises:
        InputError: the data chunk is longer than the rest of the file.
    """
    chunk = data_chunk(path)
    if chunk is None or chunk.open_ended or chunk.promised <= chunk.present:
        return
    promised, present = chunk.promised // chunk.block, chunk.present // chunk.block
    raise InputError(f"{path} is cut short: its header promises {promised} samples per channel, it holds {present}")


def data_chunk(path: Path) -> DataChunk | None:
    """Return the data chunk of `path`, or None where it is not a WAV file or has none."""
    with open(path, "rb") as file:
        head = file.read(12)
        order = _ORDERS.get(head[:4])
        if order is None or head[8:] != b"WAVE":
            return None
        chunk = _find_data(file, order)
        # An empty sound with further chunks behind it is not a stream: its outer size is right.
        outer = struct.unpack(order + "I", head[4:8])[0] + 8
        is_stated = outer >= os.fstat(file.fileno()).st_size and outer < _IN_DS64
        return replace(chunk, open_ended=False) if chunk and chunk.promised == 0 and is_stated else chunk


def _find_data(file: BinaryIO, order: str) -> DataChunk | None:
    block, long_size = 1, None
    for name, size in _chunks(file, order):
        if name == b"fmt ":
            block = _block(file.read(16), order)
        elif name == b"ds64":
            long_size = _ds64_data_size(file.read(16))
        elif name == b"data":
            return _measured(file, size, block, long_size)
    return None


def _chunks(file: BinaryIO, order: str) -> Iterator[tuple[bytes, int]]:
    while len(header := file.read(8)) == 8:
        name, size = struct.unpack(order + "4sI", header)
        body = file.tell()
        yield name, size
        file.seek(body + size + size % 2)  # chunks begin at even positions


def _measured(file: BinaryIO, size: int, block: int, long_size: int | None) -> DataChunk:
    present = os.fstat(file.fileno()).st_size - file.tell()
    if size == _IN_DS64 and long_size is not None:
        return DataChunk(long_size, present, block, open_ended=long_size == 0)
    return DataChunk(size, present, block, open_ended=_is_placeholder(size))


def _is_placeholder(size: int) -> bool:
    # Programs that write to a pipe cannot come back to fill in the size. They leave 0, the greatest
    # number (ffmpeg; some subtract the header), or about 2 GiB (sox, arecord).
    return size == 0 or size >= 0xFFFFFF00 or 0x7FFFF000 <= size <= 0x80000000


def _block(fmt: bytes, order: str) -> int:
    if len(fmt) < 14:
        return 1
    return max(1, int(struct.unpack(order + "H", fmt[12:14])[0]))


def _ds64_data_size(ds64: bytes) -> int | None:
    return int(struct.unpack("<Q", ds64[8:16])[0]) if len(ds64) == 16 else None


_TAGS = (b"Xing", b"Info", b"VBRI")
_FIRST_FRAME = 4096  # bytes; holds the first frame, which is where such a tag lies


def has_length_tag(path: Path) -> bool:
    """Tell whether the first MPEG frame of `path` carries a Xing, Info or VBRI tag."""
    with open(path, "rb") as file:
        file.seek(id3_bytes(file.read(10)))
        start = file.read(_FIRST_FRAME)
    return any(tag in start for tag in _TAGS)


def id3_bytes(head: bytes) -> int:
    """Return the length of the ID3v2 tag that `head` begins with, in bytes; 0 where there is none."""
    if len(head) < 10 or head[:3] != b"ID3":
        return 0
    size = 0
    for byte in head[6:10]:  # seven bits each
        size = size << 7 | byte & 0x7F
    return 10 + size + (10 if head[5] & 0x10 else 0)  # a flag says that a footer follows


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
    ".opus": Format("OGG", ("OPUS",), 255, f"{', '.join(map(str, _OPUS_RATES))} Hz", _OPUS_RATES.__contains__),
    ".mp3": Format("MP3", ("MPEG_LAYER_III",), 2, f"{', '.join(map(str, _MP3_RATES))} Hz", _MP3_RATES.__contains__),
}


SAMPLES = Format("W64", ("FLOAT",), 1024, "any", lambda rate: True)
"""The format of the temporary files that ffmpeg encodes from: it counts its bytes in 64 bits."""

# Endings that ffmpeg writes as one file, and the muxer of each. Other muxers write playlists and parts beside the file,
# or one file for each stream, over whatever lies there.
MUXERS = {
    ".3gp": "3gp",
    ".aac": "adts",
    ".ac3": "ac3",
    ".aif": "aiff",
    ".aiff": "aiff",
    ".au": "au",
    ".caf": "caf",
    ".eac3": "eac3",
    ".m4a": "ipod",
    ".m4b": "ipod",
    ".mka": "matroska",
    ".mkv": "matroska",
    ".mov": "mov",
    ".mp2": "mp2",
    ".mp4": "mp4",
    ".oga": "oga",
    ".spx": "spx",
    ".tta": "tta",
    ".voc": "voc",
    ".w64": "w64",
    ".webm": "webm",
    ".wma": "asf",
    ".wv": "wv",
}


def ending_of(path: Path, format: str | None = None) -> str:
    """Return the ending that names the format to write, such as `.wav`: `format`, or the ending of `path`.

    Raises:
        SettingsError: no such format can be written.
    """
    if format is None and not path.suffix:
        raise SettingsError(f'cannot write {path}: its name needs an ending such as .wav or .flac, or format="wav"')
    ending = path.suffix.lower() if format is None else "." + format.lower().removeprefix(".")
    if ending not in FORMATS and ending not in MUXERS:
        what = f"the ending of {path}" if format is None else "a format"
        raise SettingsError(f"{ending} is not valid as {what}; valid: {', '.join([*FORMATS, *MUXERS])}")
    return ending


def format_for(path: Path, format: str | None = None) -> Format | None:
    """Return the format that `format`, or the ending of `path`, names; None where ffmpeg has to write it.

    Raises:
        SettingsError: as `ending_of`.
    """
    return FORMATS.get(ending_of(path, format))


def checked_subtype(form: Format | None, subtype: str | None) -> str:
    """Return the subtype to write: `subtype`, or the default of the format.

    Raises:
        SettingsError: the format has no such subtype.
    """
    subtypes = form.subtypes if form else ("default",)
    chosen = subtypes[0] if subtype is None else subtype.upper()
    if chosen not in subtypes:
        raise SettingsError(f"{subtype} is not a valid subtype for this ending; valid: {', '.join(subtypes)}")
    return chosen


def nearest_subtype(path: Path, subtype: str | None) -> str | None:
    """Return the subtype with which `path` keeps most of a source whose samples are `subtype`; None: the default.

    The same where the ending of `path` has it; the finest where the source has more bits than that; else the default.

    Raises:
        SettingsError: `path` has no ending, or one that cannot be written.

    Example:
        >>> nearest_subtype(Path("a.flac"), "FLOAT"), nearest_subtype(Path("a.wav"), "VORBIS")
        ('PCM_24', 'PCM_16')
    """
    form = format_for(path)
    if form is None:
        return None
    if subtype in form.subtypes:
        return subtype
    return form.subtypes[-1] if subtype in _FINE else form.subtypes[0]


_FINE = ("PCM_24", "PCM_32", "FLOAT", "DOUBLE")


def check_limits(form: Format, rate: int, channels: int) -> None:
    """Check that the format takes `rate` (Hz) and `channels`.

    Raises:
        SettingsError: it does not.
    """
    if not 1 <= channels <= form.channels:
        raise SettingsError(f"{form.subtypes[0]} files take 1 to {form.channels} channels, got {channels}")
    if not form.takes(rate):
        name = form.name if form.name != "OGG" else form.subtypes[0]
        raise SettingsError(f"{name} files do not take {rate} Hz; they take {form.rates}")
