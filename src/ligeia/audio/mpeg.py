"""Whether an MP3 file states its length; where it does not, libsndfile guesses and stops too early."""

from pathlib import Path

_TAGS = (b"Xing", b"Info", b"VBRI")
_FIRST_FRAME = 4096  # bytes; holds the first frame, which is where such a tag lies


def has_length_tag(path: Path) -> bool:
    """Whether the first MPEG frame of `path` carries a Xing, Info or VBRI tag."""
    with open(path, "rb") as file:
        file.seek(_id3_bytes(file.read(10)))
        start = file.read(_FIRST_FRAME)
    return any(tag in start for tag in _TAGS)


def _id3_bytes(head: bytes) -> int:
    if len(head) < 10 or head[:3] != b"ID3":
        return 0
    size = 0
    for byte in head[6:10]:  # seven bits each
        size = size << 7 | byte & 0x7F
    return 10 + size + (10 if head[5] & 0x10 else 0)  # a flag says that a footer follows
