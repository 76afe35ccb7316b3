"""Tags of MP3 files (ID3v2.3, id3.org), written here: libsndfile writes UTF-8 where the tag says Latin-1."""

from collections.abc import Mapping

_FRAMES = {
    "title": b"TIT2",
    "artist": b"TPE1",
    "album": b"TALB",
    "track": b"TRCK",
    "genre": b"TCON",
    "copyright": b"TCOP",
}
_UTF_16 = b"\x01"


def id3_tag(tags: Mapping[str, str]) -> bytes:
    """Return an ID3v2.3 tag, to stand before the first frame; nothing where there is nothing to say.

    A date becomes its year, and a comment one without a language; what ID3v2.3 has no frame for is left out.

    Example:
        >>> id3_tag({"title": "Ä"})
        b'ID3\\x03\\x00\\x00\\x00\\x00\\x00\\x0fTIT2\\x00\\x00\\x00\\x05\\x00\\x00\\x01\\xff\\xfe\\xc4\\x00'
    """
    frames = [_frame(_FRAMES[name], _UTF_16 + _utf_16(tags[name])) for name in _FRAMES if name in tags]
    if (year := tags.get("date", "")[:4]).isascii() and year.isdigit() and len(year) == 4:
        frames.append(_frame(b"TYER", b"\0" + year.encode()))
    if "comment" in tags:
        frames.append(_frame(b"COMM", _UTF_16 + b"und" + _utf_16("") + b"\0\0" + _utf_16(tags["comment"])))
    body = b"".join(frames)
    return b"ID3\x03\0\0" + _seven_bits(len(body)) + body if body else b""


def _frame(name: bytes, content: bytes) -> bytes:
    return name + len(content).to_bytes(4, "big") + b"\0\0" + content


def _utf_16(text: str) -> bytes:
    return b"\xff\xfe" + text.encode("utf-16-le")


def _seven_bits(size: int) -> bytes:
    return bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
