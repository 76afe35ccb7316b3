import json
from pathlib import Path
from zlib import crc32

import made_streams as made
import numpy as np
import pytest
import reference_decoder
from hypothesis import given
from hypothesis import strategies as st

import ligeia
from ligeia.audio.signal import Audio
from ligeia.codec.bytesio import Reader, varint
from ligeia.codec.container import parse, with_tags
from ligeia.codec.sections import (
    MAX_SECTION_BYTES,
    Section,
    read_sections,
    salvage_sections,
    tag_sections,
    tags_in,
    write_sections,
)
from ligeia.errors import FormatError, InputError, SettingsError

VECTORS = Path(__file__).parents[1] / "vectors"
PLAIN = made.several_blocks()
TAGS = {
    "title": "Ночной поезд",
    "artist": "A. N. Other",
    "date": "2021-03-04",
    "track": "3/12",
    "comment": "one\n\ttwo",
}
OTHERS = (Section(2, b""), Section(77, b"\xb7\0\0\x5a" * 9), Section(2**16, bytes(range(256))))


def insert(stream: bytes, data: bytes) -> bytes:
    """`stream` with `data` between its header and block 0."""
    at = parse(stream).header_bytes
    return stream[:at] + data + stream[at:]


def raw(kind: int, payload: bytes) -> bytes:
    body = b"\x5a" + varint(kind) + varint(len(payload)) + payload
    return body + crc32(body).to_bytes(4, "little")


def pair(name: bytes, value: bytes) -> bytes:
    return varint(len(name)) + name + varint(len(value)) + value


def golden() -> dict[str, bytes]:
    tagged = with_tags(PLAIN, TAGS)
    return {"tagged": tagged, "sections": insert(PLAIN, write_sections([*OTHERS, *tag_sections(TAGS)]))}


@pytest.mark.parametrize("name", golden())
def test_golden_streams(name, regenerate):
    path, made_now = VECTORS / f"{name}.lig", golden()[name]
    regenerate = regenerate and not path.exists()  # version 1 is frozen
    if regenerate:
        path.write_bytes(made_now)
        path.with_suffix(".json").write_text(json.dumps({"bytes": len(made_now), "tags": TAGS}, indent=1) + "\n")
    stream, expected = path.read_bytes(), json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert stream == made_now
    assert expected == {"bytes": len(stream), "tags": TAGS}
    header, _, samples = reference_decoder.decode(stream)
    assert header["tags"] == ligeia.inspect(stream).tags == parse(stream).tags == TAGS
    # No section changes the sound.
    assert np.array_equal(samples, reference_decoder.decode(PLAIN)[2])
    assert np.array_equal(ligeia.decode(stream).render().samples, ligeia.decode(PLAIN).render().samples)
    assert with_tags(stream, None) == (PLAIN if name == "tagged" else insert(PLAIN, write_sections(OTHERS)))


def test_sections_are_read_as_they_were_written():
    data = write_sections(OTHERS[::-1])
    reader = Reader(b"..." + data + PLAIN[-10:], 3)
    assert read_sections(reader) == OTHERS
    assert reader.position == 3 + len(data)
    assert read_sections(Reader(b"")) == read_sections(Reader(b"\xb7")) == ()


def test_what_cannot_be_written():
    with pytest.raises(InputError, match="one section of each type"):
        write_sections([Section(1, b""), Section(1, b"")])
    with pytest.raises(InputError, match="65536 at most"):
        write_sections([Section(9, bytes(MAX_SECTION_BYTES))])
    for tags in (
        {"Title": "x"},
        {"": "x"},
        {"title": ""},
        {"title": "a\0"},
        {"title": "\x9b31m"},
        {"title": "é" * 2049},
    ):
        with pytest.raises(SettingsError):
            tag_sections(tags)
    with pytest.raises(TypeError):
        tag_sections({"track": 3})  # type: ignore[dict-item]
    assert tag_sections({}) == tag_sections(None) == ()


INVALID = {
    "damaged": raw(1, b"")[:-1] + b"\0",
    "type 0": raw(0, b""),
    "twice": raw(5, b"") * 2,
    "not in order": raw(5, b"") + raw(4, b""),
    "too long": raw(9, bytes(MAX_SECTION_BYTES - 8)),
    "long together": raw(9, bytes(40_000)) + raw(10, bytes(30_000)),
    "no end": b"\x5a\1\xff\x7f",
    "no UTF-8": raw(1, pair(b"title", b"Caf\xe9")),
    "half a pair": raw(1, pair(b"title", "\ud800".encode("utf-8", "surrogatepass"))),
    "an odd name": raw(1, pair(b"Title", b"x")),
    "no name": raw(1, pair(b"", b"x")),
    "no value": raw(1, pair(b"title", b"")),
    "a long value": raw(1, pair(b"title", b"x" * 4097)),
    "NUL": raw(1, pair(b"title", b"a\0b")),
    "an escape": raw(1, pair(b"title", b"\x1b[2J")),
    "a C1 control": raw(1, pair(b"title", "\x9b2J".encode())),
    "tags not in order": raw(1, pair(b"title", b"x") + pair(b"artist", b"x")),
    "a tag twice": raw(1, pair(b"title", b"x") * 2),
    "a value that goes on": raw(1, b"\5title\7x"),
    "a name without a value": raw(1, b"\5title"),
}


@pytest.mark.parametrize("name", INVALID)
def test_what_is_not_valid_is_refused(name):
    stream = insert(PLAIN, INVALID[name])
    with pytest.raises(FormatError):
        parse(stream)
    with pytest.raises(reference_decoder.Invalid):
        reference_decoder.decode(stream)
    # With salvage the sound is whole, and the tags are lost.
    salvaged = parse(stream, salvage=True)
    assert salvaged.payloads == parse(PLAIN).payloads
    assert salvaged.tags == {}


def test_limits_are_reached():
    most = raw(9, bytes(MAX_SECTION_BYTES - 9))
    assert len(most) == MAX_SECTION_BYTES
    assert parse(insert(PLAIN, most)).section_bytes == MAX_SECTION_BYTES
    long = raw(1, pair(b"a" * 32, b"x" * 4096))
    assert len(parse(insert(PLAIN, long)).tags["a" * 32]) == 4096
    reference_decoder.decode(insert(PLAIN, long))


def test_every_damaged_byte_is_found():
    stream = golden()["tagged"]
    parsed = parse(stream)
    start = parsed.header_bytes
    for position in range(start, start + parsed.section_bytes):
        for pattern in (0x01, 0x80, 0xFF):
            damaged = stream[:position] + bytes([stream[position] ^ pattern]) + stream[position + 1 :]
            with pytest.raises(FormatError):
                parse(damaged)
            assert parse(damaged, salvage=True).payloads == parsed.payloads
    for cut in range(start, start + parsed.section_bytes):
        with pytest.raises(FormatError):
            parse(stream[:cut])


def test_salvage_keeps_what_stands_before_the_damage():
    data = write_sections([*tag_sections(TAGS), *OTHERS])
    damaged = insert(PLAIN, data[:-1] + b"\0")
    assert parse(damaged, salvage=True).tags == TAGS
    reader = Reader(data[:-1] + b"\0")
    assert salvage_sections(reader) == (*tag_sections(TAGS), *OTHERS[:-1])


def test_a_block_inside_a_section_does_not_replace_the_true_one():
    other = made.several_blocks(silent=(0, 1, 2, 3))
    blocks = other[parse(other).header_bytes :]
    stream = insert(PLAIN, raw(77, blocks))
    assert parse(stream).payloads == parse(stream, salvage=True).payloads == parse(PLAIN).payloads


def test_tags_are_counted_and_encoded():
    tone = Audio(np.sin(np.arange(4000) / 9)[None], 8000)
    plain, tagged = ligeia.encode(tone), ligeia.encode(tone, tags={"title": "x"})
    assert with_tags(tagged, {}) == plain
    facts = ligeia.inspect(tagged)
    assert facts.bytes_by_part["sections"] == len(tagged) - len(plain)
    assert sum(facts.bytes_by_part.values()) == facts.total_bytes
    assert "sections" not in ligeia.inspect(plain).bytes_by_part
    with pytest.raises(SettingsError, match="control character"):
        ligeia.encode(tone, tags={"title": "\x1b[2J"})


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=40)
NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789_-", min_size=1, max_size=32)


@given(st.dictionaries(NAMES, TEXTS, max_size=6))
def test_any_tags_survive(tags):
    stream = with_tags(PLAIN, tags)
    assert parse(stream).tags == reference_decoder.decode(stream)[0]["tags"] == tags
    assert tags_in(read_sections(Reader(stream, parse(stream).header_bytes))) == tags
