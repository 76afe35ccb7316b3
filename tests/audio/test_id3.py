import pytest

from ligeia.audio.formats import id3_bytes
from ligeia.audio.id3 import id3_tag


def frames_of(tag: bytes) -> dict[bytes, bytes]:
    """The frames of an ID3v2.3 tag (id3.org/id3v2.3.0, §3.3)."""
    assert tag[:6] == b"ID3\x03\0\0"
    assert id3_bytes(tag[:10]) == len(tag)
    frames, at = {}, 10
    while at < len(tag):
        size = int.from_bytes(tag[at + 4 : at + 8], "big")
        frames[tag[at : at + 4]] = tag[at + 10 : at + 10 + size]
        at += 10 + size
    assert at == len(tag)
    return frames


def test_texts_are_in_utf_16_behind_their_mark():
    frames = frames_of(id3_tag({"title": "Ä𝄞", "artist": "b", "track": "3/12", "genre": "Jazz"}))
    assert sorted(frames) == [b"TCON", b"TIT2", b"TPE1", b"TRCK"]
    assert frames[b"TIT2"][0] == 1
    assert frames[b"TIT2"][1:].decode("utf-16") == "Ä𝄞"


@pytest.mark.parametrize(
    ("date", "year"), [("2021-03-04", b"\0002021"), ("1999", b"\0001999"), ("May", None), ("٢٠٢١", None)]
)
def test_a_date_becomes_its_year(date, year):
    assert (frames_of(id3_tag({"date": date, "title": "x"}))).get(b"TYER") == year


def test_a_comment_has_a_language_and_a_description():
    comment = frames_of(id3_tag({"comment": "a\nb"}))[b"COMM"]
    assert comment[:4] == b"\1und"
    assert comment[4:8] == b"\xff\xfe\0\0"
    assert comment[8:].decode("utf-16") == "a\nb"


def test_nothing_to_say_takes_no_bytes():
    assert id3_tag({}) == id3_tag({"license": "x", "date": "soon"}) == b""


def test_long_tags_have_their_length_in_seven_bits():
    frames = frames_of(id3_tag(dict.fromkeys(("title", "artist", "album", "comment", "copyright"), "x" * 1024)))
    assert len(frames[b"TIT2"]) == 1 + 2 + 2 * 1024  # the kind of text, the mark of UTF-16, and two bytes a letter
