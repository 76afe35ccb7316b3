import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ligeia.codec.bytesio import MAX_VARINT, Reader, number, varint
from ligeia.errors import FormatError


@given(st.integers(0, MAX_VARINT))
def test_varints_come_back_in_the_shortest_spelling(value):
    spelled = varint(value)
    reader = Reader(spelled)
    assert reader.varint() == value
    assert reader.position == len(spelled) == max(1, -(-value.bit_length() // 7))


def test_known_varints():
    assert [varint(value) for value in (0, 127, 128, 300)] == [b"\0", b"\x7f", b"\x80\x01", b"\xac\x02"]
    assert len(varint(MAX_VARINT)) == 8


@pytest.mark.parametrize("spelled", [b"", b"\x80", b"\x80\0", b"\xff\x80\0", b"\xff" * 8 + b"\1", b"\x80" * 7 + b"\0"])
def test_refused_varints(spelled):
    with pytest.raises(FormatError):
        Reader(spelled).varint()


@given(st.integers(0, 2**31 - 1) | st.floats(0, 1e300))
def test_numbers_come_back(value):
    spelled = number(float(value))
    reader = Reader(spelled)
    assert struct.pack("<d", reader.number()) == struct.pack("<d", abs(float(value)))
    assert reader.position == len(spelled)


def test_whole_numbers_are_short():
    assert number(30.0) == b"\x3c"
    assert number(0.5) == b"\1" + struct.pack("<d", 0.5)
    assert number(2.0**31)[:1] == b"\1"


@given(st.integers(1, 2**50))
def test_other_odd_tags_are_refused(n):
    with pytest.raises(FormatError, match="not a valid tag"):
        Reader(varint(2 * n + 1) + bytes(8)).number()


@given(st.binary(max_size=9), st.integers(-3, 12))
def test_reading_stops_at_the_end(data, count):
    reader = Reader(data)
    if 0 <= count <= len(data):
        assert reader.take(count) == data[:count]
        assert reader.position == count
    else:
        with pytest.raises(FormatError, match="ends early"):
            reader.take(count)
        assert reader.position == 0


@given(st.binary(max_size=12))
def test_anything_is_a_varint_and_a_number_or_an_error(data):
    for read in (Reader.varint, Reader.number):
        reader = Reader(data)
        try:
            assert read(reader) is not None
        except FormatError:
            continue
        assert 0 < reader.position <= len(data)
