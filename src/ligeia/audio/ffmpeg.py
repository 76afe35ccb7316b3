"""Formats that libsndfile does not know, through an `ffmpeg` process where one is installed.

Some formats that ffmpeg reads are lists of other files (HLS, DASH, ffconcat, SDP, movies with external tracks),
and ffmpeg follows them whatever the file is called. A recording from a stranger could thus read any file that
the process may read. Therefore the demuxer is chosen here, from the first bytes, among formats that hold
their own samples; and ffmpeg gets the bytes through a pipe, with every other protocol forbidden.
"""

import errno
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from ligeia.audio import limits
from ligeia.audio.children import run_child
from ligeia.audio.formats import MUXERS, id3_bytes
from ligeia.audio.spool import no_room, temporary_file
from ligeia.errors import InputError

_SECONDS = 120.0  # that ffmpeg may take for any file
_SECONDS_FOR_BYTE = 2e-5  # and more for long ones: 10 hours of speech at 32 kbit/s take an hour at most
_HEAD = 512  # bytes that tell the format
_MOST_TAGS = 4  # ID3 tags before the sound
_MOST_TAG_BYTES = 2**17  # of the list of tags
_TAG_LINE = re.compile(r"^((?:\\.|[^\\=\n])+)=((?:\\.|[^\\\n])*)$", re.DOTALL | re.MULTILINE)
MOST_ALLOCATED = 2**30  # bytes at a time, by ffmpeg
_NO_ROOM = (  # what ffmpeg says, and the error of the system
    (b"No space left on device", errno.ENOSPC),
    (b"Failed to perform internal IO", errno.ENOSPC),  # in the temporary file behind a pipe
    (b"Disk quota exceeded", errno.EDQUOT),
    (b"File too large", errno.EFBIG),
)
_TOO_LARGE = -25  # ended by SIGXFSZ: a file became larger than `ulimit -f` allows

# The first bytes of the containers that hold their own samples, and the demuxer of each.
_MAGIC = [
    (re.compile(pattern, re.DOTALL), demuxer)
    for pattern, demuxer in (
        (rb"(RIFF|RIFX|RF64|BW64)....WAVE", "wav"),
        (rb"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb", "w64"),
        (rb"RIFF....AVI ", "avi"),
        (rb"FORM....AIF[FC]", "aiff"),
        (rb"FORM....8SVX|FRM8........DSD ", "iff"),
        (rb"caff\0\x01", "caf"),
        (rb"\.snd", "au"),
        (rb"Creative Voice File\x1a", "voc"),
        (rb"NIST_1A\n", "nistsphere"),
        (rb"fLaC", "flac"),
        (rb"OggS", "ogg"),
        (rb"....(ftyp|moov|mdat|wide|free|skip|pnot)", "mov"),
        (rb"\x1a\x45\xdf\xa3", "matroska"),
        (rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\0\xaa\0\x62\xce\x6c", "asf"),
        (rb"FLV\x01", "flv"),
        (rb"nut/multimedia container\0", "nut"),
        (rb"\.RMF\0|\.ra\xfd", "rm"),
        (rb"#!AMR(-WB|_MC1\.0|-WB_MC1\.0)?\n", "amr"),
        (rb"\x0b\x77...[\x00-\x57]", "ac3"),  # the last byte: bit-stream versions up to 10
        (rb"\x0b\x77...[\x58-\x87]", "eac3"),  # and from 11 to 16
        (rb"\x7f\xfe\x80\x01|\xfe\x7f\x01\x80|\x1f\xff\xe8\0|\xff\x1f\0\xe8", "dts"),
        (rb"DTSHDHDR", "dtshd"),
        (rb"MAC ", "ape"),
        (rb"wvpk", "wv"),
        (rb"TTA[12]", "tta"),
        (rb"tBaK", "tak"),
        (rb"MPCK", "mpc8"),
        (rb"MP\+", "mpc"),
        (rb"ajkg", "shn"),
        (rb"DSD ", "dsf"),
        (rb"\0\0\x01\xba", "mpeg"),
        (rb"\x47.{187}\x47|.{4}\x47.{191}\x47", "mpegts"),
        (rb"\xff[\xf0\xf1\xf8\xf9]", "aac"),  # ADTS: layer bits 00
    )
]


def decode(path: Path, wav: Path, *, streamed_wav: bool = False) -> list[tuple[str, str]]:
    """Decode the first audio stream of `path` to the float32 WAV file `wav`, with the same rate and channels.

    Return names and values of the tags of `path`. They pass through a file beside `wav`.

    `streamed_wav`: it is a WAV file whose header states a length of 0 instead of the true one.

    Raises:
        InputError: the bytes of `path` are of no format that holds its own samples, they decode to more than such a
            file may hold (`limits`), there is no room for that, or ffmpeg is missing, fails, or takes too long.
    """
    failure = f"{path} is not a recording that can be read"
    with open(path, "rb", buffering=0) as file:  # ffmpeg reads on from where the descriptor stands
        demuxer = find_demuxer(file)
        if demuxer is None:
            raise InputError(f"{failure}: its first bytes are of no known audio format")
        size = path.stat().st_size
        most = limits.most_decoded(size)
        file.seek(0)
        with temporary_file() as listed:
            output = [*_writing(wav, most), "-f", "ffmetadata", f"file:{listed}"]
            try:
                _run([*_reading(demuxer, streamed_wav), *output], failure, size, file)
            except _NoRoom as error:
                raise no_room(error) from error
            with open(listed, "rb") as tags:
                found = parse_tags(tags.read(_MOST_TAG_BYTES))
    if wav.stat().st_size >= most:
        raise InputError(f"{path} {limits.too_much(size)}")
    return found


def parse_tags(listed: bytes) -> list[tuple[str, str]]:
    """Return names and values of the tags of a whole recording, as ffmpeg lists them.

    Example:
        >>> parse_tags(b";FFMETADATA1\\ntitle=a \\\\= b\\n[CHAPTER]\\ntitle=first\\n")
        [('title', 'a = b')]
    """
    text = listed.decode(errors="replace").partition("\n[")[0]  # before streams and chapters
    return [(_unescaped(name), _unescaped(value)) for name, value in _TAG_LINE.findall(text)]


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


def find_demuxer(file: IO[bytes]) -> str | None:
    """Return the name of ffmpeg's demuxer for the bytes at the start of `file`, or None where it is not known."""
    start, head = 0, file.read(_HEAD)
    for _ in range(_MOST_TAGS):
        start += id3_bytes(head)
        file.seek(start)
        head = file.read(_HEAD)
    demuxer = next((demuxer for pattern, demuxer in _MAGIC if pattern.match(head)), None)
    return demuxer or ("mp3" if start or _is_mpeg_frame(head.lstrip(b"\0")) else None)


def _is_mpeg_frame(head: bytes) -> bool:
    """Tell whether `head` begins with the header of an MPEG frame of layer II or III (ISO 11172-3, 2.4.1.3)."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer, bit_rate, rate = head[1] >> 3 & 3, head[1] >> 1 & 3, head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer in (1, 2) and bit_rate != 15 and rate != 3


def _reading(demuxer: str, streamed_wav: bool) -> list[str]:
    options = ["-ignore_length", "1"] if streamed_wav else ["-xerror"]
    if demuxer == "mov":
        options += ["-enable_drefs", "0", "-use_absolute_path", "0"]
    # The protocol `cache` makes a pipe seekable; neither it nor `pipe` opens a file by its name.
    protocols = ["-protocol_whitelist", "cache,pipe", "-read_ahead_limit", "-1"]
    only_sound = ["-vn", "-sn", "-dn", "-max_alloc", str(MOST_ALLOCATED)]  # pictures and subtitles are not even opened
    return ["-f", demuxer, "-format_whitelist", demuxer, *options, *only_sound, *protocols, "-i", "cache:pipe:0"]


def _writing(wav: Path, most: int) -> list[str]:
    samples = ["-map", "a:0", "-c:a", "pcm_f32le"]
    return [*samples, "-rf64", "auto", "-f", "wav", "-fs", str(most), f"file:{wav}"]


def encode(
    samples: Path, path: Path, ending: str, *, rate: int, channels: int, tags: Mapping[str, str] | None = None
) -> None:
    """Encode the W64 file `samples` to `path`, with `tags`, in the format that `ending` names in `MUXERS`.

    Raises:
        InputError: ffmpeg is missing, fails (it may not take the rate in Hz), or takes too long.
        OSError: there is no room for the file.
    """
    shape = ["-ar", str(rate), "-ac", str(channels)]  # stated, so that ffmpeg refuses rather than changes
    source = ["-f", "w64", "-i", f"file:{samples}", "-map", "a:0"]
    listed = [part for name, value in (tags or {}).items() for part in ("-metadata", f"{name}={value}")]
    arguments = [*source, *shape, *listed, "-f", MUXERS[ending], f"file:{path}"]
    _run(arguments, f"ffmpeg cannot write {channels} channel(s) at {rate} Hz as {ending}", samples.stat().st_size)


class _NoRoom(OSError):
    """The output of ffmpeg found no room."""


def _shortage(done: "subprocess.CompletedProcess[bytes]") -> int | None:
    """Return the error number of the system where ffmpeg found no room for its output."""
    if done.returncode == _TOO_LARGE:
        return errno.EFBIG
    return next((number for text, number in _NO_ROOM if text in done.stderr), None)


def _run(arguments: list[str], failure: str, size: int, source: IO[bytes] | int = subprocess.DEVNULL) -> None:
    program = shutil.which("ffmpeg")
    if program is None:
        raise InputError(f"{failure}; installing ffmpeg would bring more formats")
    command = [program, "-nostdin", "-hide_banner", "-v", "error", "-y", *arguments]
    seconds = _SECONDS + size * _SECONDS_FOR_BYTE
    try:
        done = run_child(command, stdin=source, timeout=seconds)
    except subprocess.TimeoutExpired as error:
        raise InputError(f"{failure}: ffmpeg took longer than {seconds:.3g} s") from error
    except OSError as error:
        raise InputError(f"{failure}: ffmpeg does not run ({error.strerror})") from error
    if number := _shortage(done):
        raise _NoRoom(number, os.strerror(number))
    if done.returncode != 0:
        raise InputError(f"{failure} ({_reason(done)})")


def _reason(done: "subprocess.CompletedProcess[bytes]") -> str:
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    if done.returncode < 0 and not lines:
        return f"ffmpeg: ended by signal {-done.returncode}"
    # Without the name of the temporary file that ffmpeg reads or writes.
    return "ffmpeg: " + re.sub(r"^file:.*: (?=[^:]*$)", "", (lines or ["no reason given"])[-1].strip())[:200]
