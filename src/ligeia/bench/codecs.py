"""The table of codecs, and finding them by name: `opus`, `mp3:32`, `ligeia:standard`."""

from collections.abc import Callable
from dataclasses import dataclass

from ligeia.bench import ours, standalone, through_ffmpeg, uncompressed
from ligeia.bench.codec import Codec, name_of
from ligeia.bench.dac_codec import dac
from ligeia.bench.encodec_codec import encodec
from ligeia.bench.plugins import PREFIX, from_entry_point, from_path, plug_ins
from ligeia.errors import InputError


@dataclass(frozen=True)
class Family:
    """One codec at all its settings."""

    name: str
    """What stands before the colon."""
    make: Callable[[str], Codec]
    """Makes the codec at a setting, or raises `InputError`."""
    ladder: tuple[str, ...]
    """Settings that the name alone stands for."""
    setting: str
    """What may stand after the colon; empty where nothing may."""
    summary: str
    """What it is."""
    install: str
    """What brings it."""


_FFMPEG = "Debian: apt-get install ffmpeg"
_BUILT_IN = "part of ligeia"

FAMILIES: tuple[Family, ...] = (
    Family(
        "ligeia",
        ours.ligeia,
        ours.PRESETS,
        "preset, kbit/s, or both: speech@16",
        "functions of time, quantised",
        _BUILT_IN,
    ),
    Family(
        "opus",
        through_ffmpeg.opus,
        ("6", "8", "12", "16", "24", "32", "48", "64"),
        "kbit/s",
        "Opus, variable rate (libopus in ffmpeg); 1 or 2 channels",
        _FFMPEG,
    ),
    Family(
        "opusenc",
        standalone.opusenc,
        ("6", "8", "12", "16", "24", "32", "48", "64"),
        "kbit/s",
        "Opus, variable rate (opusenc and opusdec, which resample)",
        "Debian: apt-get install opus-tools",
    ),
    Family(
        "mp3",
        standalone.mp3,
        ("16", "24", "32", "48", "64", "96", "128"),
        "kbit/s",
        "MP3, constant rate (lame); 1 or 2 channels",
        "Debian: apt-get install lame",
    ),
    Family(
        "aac",
        through_ffmpeg.aac,
        ("16", "24", "32", "48", "64", "96", "128"),
        "kbit/s",
        "AAC-LC (ffmpeg's own encoder)",
        _FFMPEG,
    ),
    Family(
        "vorbis",
        through_ffmpeg.vorbis,
        ("-1", "1", "3", "5"),
        "quality, -1 to 10",
        "Vorbis, variable rate (libvorbis in ffmpeg)",
        _FFMPEG,
    ),
    Family(
        "speex",
        through_ffmpeg.speex,
        ("4", "8", "16", "24"),
        "kbit/s",
        "Speex for speech, 8, 16 or 32 kHz (libspeex in ffmpeg); 1 or 2 channels",
        _FFMPEG,
    ),
    Family(
        "codec2",
        through_ffmpeg.codec2,
        ("3200", "2400", "1600", "1300", "700C"),
        "mode",
        "Codec 2, a vocoder for speech, 8 kHz (libcodec2 in ffmpeg); mono",
        _FFMPEG,
    ),
    Family("flac", standalone.flac, ("",), "", "FLAC, lossless", "Debian: apt-get install flac"),
    Family("pcm16", uncompressed.pcm16, ("",), "", "the 16-bit WAV file as it is", _BUILT_IN),
    Family("mulaw", uncompressed.mulaw, ("",), "", "G.711 mu-law, 8 bits a sample", _BUILT_IN),
    Family(
        "encodec",
        encodec,
        ("1.5", "3", "6", "12", "24"),
        "kbit/s",
        "EnCodec, 24 kHz mono (untried)",
        "pip install encodec; weights in torch.hub's folder",
    ),
    Family(
        "dac",
        dac,
        ("44khz",),
        "model",
        "Descript's audio codec (untried)",
        "pip install descript-audio-codec; weights in ~/.cache/descript/dac",
    ),
)
BY_NAME = {family.name: family for family in FAMILIES}


def codecs_named(names: str) -> list[Codec]:
    """The codecs of a list such as `opus,mp3:32,flac`; a family alone stands for its ladder, the first of equals stays.

    Raises:
        InputError: a family or setting is unknown, or the list is empty.

    Example:
        >>> [name_of(codec) for codec in codecs_named("mp3:32,flac,mp3:32")]
        ['mp3:32', 'flac']
    """
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    if not wanted:
        raise InputError(f"name at least one codec; there are: {_known()}")
    found: dict[str, Codec] = {}
    for codec in (codec for name in wanted for codec in _named(name)):
        found.setdefault(name_of(codec), codec)
    return list(found.values())


def _named(name: str) -> list[Codec]:
    family, _, setting = name.partition(":")
    if family in BY_NAME:
        known = BY_NAME[family]
        return [known.make(one) for one in ((setting,) if setting else known.ladder)]
    if family == PREFIX:
        return from_path(setting)
    if family in plug_ins():
        return from_entry_point(family, setting)
    raise InputError(f"unknown codec {family!r}; there are: {_known()}")


def _known() -> str:
    return ", ".join([*BY_NAME, *(name for name in plug_ins() if name not in BY_NAME)])
