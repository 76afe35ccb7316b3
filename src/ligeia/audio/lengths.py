"""Check that a recording is whole: where its container says that the sound ends, and whether the file goes that far.

Decoders make the best of a file that was cut short, and say nothing. Each parser below finds, in the first bytes of one
container, the position in the file at which the samples end. Formats that state none are named to the user instead.
"""

import os
import re
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from ligeia.audio.formats import check_riff, data_chunk, has_length_tag, id3_bytes
from ligeia.errors import InputError

_MOST_CHUNKS = 1 << 16  # looked at: hostile files are made of millions of empty ones
_NOT_STATED = 0x7F000000  # sizes from here on are placeholders of programs that write to a pipe (sox, ffmpeg)
UNSTATED = -1
"""Position of the end where the container leaves it open."""

Parser = Callable[[BinaryIO], int | None]


def check_whole(path: Path) -> tuple[str, ...]:
    """Check that a recording is as long as its container says; return notes where that cannot be known.

    Raises:
        InputError: it is cut short.
    """
    check_riff(path)
    with open(path, "rb") as file:
        end = sound_end(file)
        size = os.fstat(file.fileno()).st_size
    if end is not None and end > size:
        raise InputError(f"{path} is cut short: its header promises {end} bytes, it holds {size}")
    if end == UNSTATED or _is_open_ended(path):
        return ("the file states no length, so whether it was cut short cannot be known",)
    return ()


def sound_end(file: BinaryIO) -> int | None:
    """Return the position at which the samples of an open file end, `UNSTATED`, or None for formats unknown here."""
    head = file.read(160)
    for magic, offset, parser in _PARSERS:
        if head[offset:].startswith(magic):
            file.seek(0)
            try:
                return parser(file)
            except (struct.error, ValueError, IndexError):  # the header itself is cut: whoever decodes it says so
                return None
    return None


def _is_open_ended(path: Path) -> bool:
    """Tell whether a WAV, FLAC or MP3 file states no length."""
    with open(path, "rb") as file:
        head = file.read(26)
        file.seek(id3_bytes(head))
        first = file.read(2)
    if head.startswith(b"fLaC"):
        return int.from_bytes(head[21:26], "big") % 2**36 == 0  # STREAMINFO: number of samples, 0 for unknown
    chunk = data_chunk(path)
    return chunk.open_ended if chunk else len(first) == 2 and first[0] == 0xFF and _is_untagged(first[1], path)


def _is_untagged(second: int, path: Path) -> bool:
    is_mpeg = second & 0xE0 == 0xE0 and second & 0x06 != 0
    return not (is_mpeg and has_length_tag(path))  # all else that begins so, such as AAC, has no such tag


# --- containers made of chunks -----------------------------------------------------------------------


def _iff(file: BinaryIO) -> int | None:
    """AIFF, AIFC, 8SVX: chunks of a name and a size."""
    for name, size, body in _chunks(file, 12, ">4sI", lambda size: size + size % 2):
        if name in (b"SSND", b"BODY"):
            return UNSTATED if size == 0 or size >= _NOT_STATED else int(body + size)
    return None


def _w64(file: BinaryIO) -> int | None:
    """Sony Wave64: sizes of 64 bits, which count the chunk's own header of 24 bytes."""
    for name, size, body in _chunks(file, 40, "<16sQ", lambda size: (size + 7) // 8 * 8 - 24):
        if name.startswith(b"data"):
            return UNSTATED if size <= 24 or size >= 2**62 else body - 24 + size
    return None


def _caf(file: BinaryIO) -> int | None:
    for name, size, body in _chunks(file, 8, ">4sq", lambda size: size):
        if name == b"data":
            return UNSTATED if size < 0 else body + size
    return None


def _mov(file: BinaryIO) -> int | None:
    """MP4 and QuickTime: the end of the last box whose kind is known."""
    end, size = 0, _size(file)
    for _ in range(_MOST_CHUNKS):
        file.seek(end)
        length, kind = struct.unpack(">I4s", file.read(8))
        if kind not in _BOXES:
            return end  # tags or padding behind the boxes
        if length == 1:
            length = int(struct.unpack(">Q", file.read(8))[0])
        if length < 8:
            return UNSTATED if kind == b"mdat" else end  # 0: to the end of the file
        end += length
        if end >= size:
            return int(end)
    return None


_BOXES = {b"ftyp", b"moov", b"mdat", b"moof", b"mfra", b"sidx", b"styp", b"free", b"skip", b"wide", b"meta", b"pnot"}


def _chunks(file: BinaryIO, start: int, head: str, length: Callable[[int], int]) -> Iterator[tuple[bytes, int, int]]:
    """The chunks from `start` on, as (name, stated size, where the body begins)."""
    place = start
    for _ in range(_MOST_CHUNKS):
        file.seek(place)
        if len(header := file.read(struct.calcsize(head))) < struct.calcsize(head):
            return
        name, size = struct.unpack(head, header)
        body = place + len(header)
        yield name, size, body
        place = body + length(size)
        if place < body:
            return


# --- containers with one header ----------------------------------------------------------------------


def _au(file: BinaryIO) -> int | None:
    head = file.read(12)
    start, size = struct.unpack(">II" if head[:4] == b".snd" else "<II", head[4:])
    return UNSTATED if size >= _NOT_STATED else int(start + size)


def _avi(file: BinaryIO) -> int | None:
    size = int(struct.unpack("<4xI", file.read(8))[0])
    return UNSTATED if size == 0 or size >= 2**32 - 2**16 else 8 + size


def _nist(file: BinaryIO) -> int | None:
    head = file.read(1 << 16).decode("latin-1")
    start = int(head.split("\n", 2)[1])
    fields = dict(re.findall(r"^(\w+) -\w+ (\S+)", head[:start], re.MULTILINE))
    if not {"sample_count", "sample_n_bytes"} <= fields.keys() or "shorten" in fields.get("sample_coding", ""):
        return UNSTATED
    channels = int(fields.get("channel_count", "1"))
    return start + int(fields["sample_count"]) * int(fields["sample_n_bytes"]) * channels


def _avr(file: BinaryIO) -> int | None:
    stereo, bits, frames = struct.unpack(">HH10xI", file.read(30)[12:])
    return 128 + int(frames * (bits // 8)) * (2 if stereo else 1)


def _mpc2k(file: BinaryIO) -> int | None:
    stereo, frames = struct.unpack("<B8xI", file.read(34)[21:])
    return 42 + 2 * int(frames) * (2 if stereo else 1)


def _wve(file: BinaryIO) -> int | None:
    return 32 + int(struct.unpack(">I", file.read(22)[18:])[0])


def _dsf(file: BinaryIO) -> int | None:
    return int(struct.unpack("<12xQ", file.read(20))[0])


def _voc(file: BinaryIO) -> int | None:
    place = int(struct.unpack("<20xH", file.read(22))[0])
    for _ in range(_MOST_CHUNKS):
        file.seek(place)
        kind = file.read(1)
        if kind == b"\0":
            return place + 1
        if not kind:
            return place + 1  # the block that ends the list is missing
        place += 4 + int.from_bytes(file.read(3), "little")
    return None


def _mat4(file: BinaryIO) -> int | None:
    """Matlab 4: the rate and the samples, each a matrix with its own header."""
    place = 0
    for _ in range(2):
        file.seek(place)
        head = file.read(20)
        order = ">" if head[:4] == b"\0\0\x03\xe8" else "<"
        kind, rows, columns, imaginary, name = struct.unpack(order + "5I", head)
        place += 20 + name + rows * columns * _MAT4_BYTES[kind % 100 // 10] * (1 + imaginary)
    return place


_MAT4_BYTES = (8, 4, 4, 2, 2, 1)


def _mat5(file: BinaryIO) -> int | None:
    """Matlab 5: the end of the last part of the last matrix (libsndfile states eight bytes too many for the whole)."""
    order = "<" if file.read(128)[126:] == b"IM" else ">"
    place, end = 128, _size(file)
    for _ in range(_MOST_CHUNKS):
        if place >= end:
            return place
        file.seek(place)
        kind, length = struct.unpack(order + "II", file.read(8))
        if kind == _MATRIX:
            place += 8  # go through its parts
        elif kind >> 16:
            place += 8  # a small part lies within its own header
        else:
            last = place + 8 + length
            place = last if last >= end else place + 8 + (length + 7) // 8 * 8
    return None


_MATRIX = 14


def _sds(file: BinaryIO) -> int | None:
    """MIDI sample dump: packets of 127 bytes with 120 bytes of samples, in digits of seven bits."""
    head = file.read(13)
    samples = head[10] | head[11] << 7 | head[12] << 14
    in_packet = 120 // max(1, -(-head[6] // 7))
    return 21 + -(-samples // in_packet) * 127


def _matroska(file: BinaryIO) -> int | None:
    """Matroska and WebM: an EBML header, then one segment that holds everything."""
    head = file.read(1 << 12)
    size, place = _ebml_size(head, 4)
    place += size
    if head[place : place + 4] != b"\x18\x53\x80\x67":
        return None
    size, body = _ebml_size(head, place + 4)
    return UNSTATED if size == 2 ** (7 * (body - place - 4)) - 1 else body + size


def _ebml_size(head: bytes, place: int) -> tuple[int, int]:
    """The number at a place, whose leading zeros count the bytes that follow, and the place behind it."""
    count = 9 - head[place].bit_length()
    number = int.from_bytes(head[place : place + count], "big")
    return number & (1 << 7 * count) - 1, place + count


def _asf(file: BinaryIO) -> int | None:
    head = file.read(1 << 14)
    place = head.index(bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365"))  # File Properties Object
    size, flags = struct.unpack("<Q40xI", head[place + 40 : place + 92])
    return UNSTATED if flags & 1 or size == 0 else int(size)  # the flag: broadcast


def _flv(file: BinaryIO) -> int | None:
    found = re.search(rb"filesize\0(.{8})", file.read(1 << 12), re.DOTALL)
    size = struct.unpack(">d", found[1])[0] if found else 0.0
    return int(size) if 0 < size < 2**62 else UNSTATED


def _ogg(file: BinaryIO) -> int | None:
    """Ogg states no length, but the last page says that it is the last."""
    size = _size(file)
    file.seek(max(0, size - (1 << 16) - 300))  # a page is shorter
    tail = file.read()
    place = tail.rfind(b"OggS")
    if place < 0 or len(tail) < place + 27 or not tail[place + 5] & 4:
        return UNSTATED
    segments = tail[place + 27 : place + 27 + tail[place + 26]]
    return size - len(tail) + place + 27 + tail[place + 26] + sum(segments)


def _no_length(file: BinaryIO) -> int | None:
    return UNSTATED


def _size(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_size


_PARSERS: list[tuple[bytes, int, Parser]] = [
    (b"FORM", 0, _iff),
    (b"riff\x2e\x91\xcf\x11", 0, _w64),
    (b"caff\0\x01", 0, _caf),
    (b".snd", 0, _au),
    (b"dns.", 0, _au),
    (b"AVI ", 8, _avi),
    (b"NIST_1A\n", 0, _nist),
    (b"\xf0\x7e", 0, _sds),
    (b"2BIT", 0, _avr),
    (b"\x01\x04", 0, _mpc2k),
    (b"ALawSoundFile**", 0, _wve),
    (b"DSD ", 0, _dsf),
    (b"Creative Voice File\x1a", 0, _voc),
    (b"MATLAB 5.0 MAT-file", 0, _mat5),
    (b"samplerate\0", 20, _mat4),
    (b"\x1a\x45\xdf\xa3", 0, _matroska),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", 0, _asf),
    (b"FLV\x01", 0, _flv),
    (b"OggS", 0, _ogg),
    *((kind, 4, _mov) for kind in sorted(_BOXES)),
    *((magic, 0, _no_length) for magic in (b" paf", b"fap ", b"PVF1\n", b"Extended Instrument: ")),
    (b"\x64\xa3", 0, _no_length),  # IRCAM, in both orders of bytes
    (b"\xa3\x64", 2, _no_length),
    *((magic, 0, _no_length) for magic in (b"\0\0\x01\xba", b"\x47", b"\x0b\x77", b"nut/multi", b"#!AMR", b".RMF")),
    *(
        (magic, 0, _no_length)
        for magic in (b"\x7f\xfe\x80\x01", b"\xfe\x7f\x01\x80", b"\x1f\xff\xe8\0", b"\xff\x1f\0\xe8")
    ),
]
