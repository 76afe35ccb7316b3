import time

import made_streams as made
import numpy as np
import pytest

import ligeia
from ligeia.audio.blocks import Segments
from ligeia.codec.bytesio import varint
from ligeia.codec.container import Block, parse, write_block, write_header
from ligeia.codec.decode import decode_pieces
from ligeia.codec.encode import encode_inr
from ligeia.codec.header import Header
from ligeia.codec.parameters.coding import ParameterCoding
from ligeia.codec.parameters.quantise import EXACT
from ligeia.errors import FormatError
from ligeia.networks import Siren

STREAM = made.several_blocks()


def test_blocks_are_found_where_they_are():
    parsed = parse(STREAM)
    _, spans = made.header_and_spans(STREAM)
    assert sorted(parsed.payloads) == [0, 1, 2, 3]
    assert parsed.header_bytes == spans[0][1]
    assert parsed.total_bytes == len(STREAM)
    assert parsed.lost == []
    assert parse(STREAM, salvage=True).payloads == parsed.payloads


@pytest.mark.parametrize("stream", [STREAM, made.several_blocks(EXACT, silent=(2,))], ids=["quantised", "exact"])
def test_every_truncation_is_refused(stream):
    for length in range(len(stream)):
        for call in (ligeia.decode, ligeia.inspect):
            with pytest.raises(FormatError):
                call(stream[:length])


def test_every_damaged_byte_is_found():
    for position in range(len(STREAM)):
        for pattern in (0x01, 0x80, 0xFF, 0x55, STREAM[position] or 0x10):
            damaged = bytearray(STREAM)
            damaged[position] ^= pattern
            with pytest.raises(FormatError):
                ligeia.decode(bytes(damaged))


@pytest.mark.parametrize("tail", [b"\0", b"\xb7", STREAM, write_block(Block(0, b"")), write_block(Block(4, b""))])
def test_trailing_bytes_are_refused(tail):
    with pytest.raises(FormatError, match="follow the last block"):
        parse(STREAM + tail)


@pytest.mark.parametrize("stream", [b"", b"L", b"LI", b"LIG", b"RIFF" + bytes(40), b"LIG\x02" + STREAM[4:], bytes(99)])
def test_what_is_not_a_stream(stream):
    for salvage in (False, True):
        with pytest.raises(FormatError):
            parse(stream, salvage=salvage)


def test_a_stream_is_parsed_once(monkeypatch):
    whole, damaged = parse(STREAM), parse(STREAM[:-1], salvage=True)
    monkeypatch.setattr("ligeia.codec.container.read_header", None)
    assert np.array_equal(np.concatenate(list(decode_pieces(whole)), axis=1), ligeia.decode(whole).render().samples)
    assert ligeia.inspect(whole).total_bytes == len(STREAM)
    # How it was parsed holds for what is decoded of it.
    assert ligeia.decode(damaged).report["lost"] == [3]
    assert ligeia.decode(whole, salvage=True).report["lost"] == []


def test_swapped_and_repeated_blocks_are_refused():
    _, spans = made.header_and_spans(STREAM)
    head, first, second, *rest = (STREAM[low:high] for low, high in spans)
    for order in ([head, second, first, *rest], [head, first, first, *rest], [head, first, second, *rest[1:]]):
        with pytest.raises(FormatError):
            parse(b"".join(order))
    assert parse(b"".join([head, second, first, *rest]), salvage=True).lost == []


def test_a_payload_too_short_for_its_network_is_refused():
    stream = encode_inr(made.make_inr(Siren(width=40), Segments(20, 10)), made.QUANTISED)
    _, spans = made.header_and_spans(stream)
    low, _ = spans[2]
    short = stream[:low] + write_block(Block(1, b"\x80\x3e" + bytes(98)))
    with pytest.raises(FormatError, match="too short"):
        parse(short)
    assert parse(short, salvage=True).lost == [1]


def test_salvage_finds_the_other_blocks_after_any_damage_to_one():
    _, spans = made.header_and_spans(STREAM)
    whole = parse(STREAM).payloads
    low, high = spans[2]
    for position in range(low, high):
        damaged = STREAM[:position] + bytes([STREAM[position] ^ 0xFF]) + STREAM[position + 1 :]
        parsed = parse(damaged, salvage=True)
        assert parsed.lost == [1]
        assert parsed.payloads == {number: whole[number] for number in (0, 2, 3)}


def test_salvage_finds_its_way_after_deleted_and_inserted_bytes():
    _, spans = made.header_and_spans(STREAM)
    low, high = spans[2]
    for at in (low, low + 1, (low + high) // 2, high - 1):
        assert parse(STREAM[:at] + STREAM[at + 5 :], salvage=True).lost == ([1, 2] if at > high - 5 else [1])
        assert parse(STREAM[:at] + b"\xb7\xb7\0\0" + STREAM[at:], salvage=True).lost == ([] if at == low else [1])


def test_salvage_after_a_loss_of_the_end():
    _, spans = made.header_and_spans(STREAM)
    assert parse(STREAM[: spans[3][1]], salvage=True).lost == [3]
    assert parse(STREAM[: spans[0][1]], salvage=True).lost == [0, 1, 2, 3]


def test_header_damage_cannot_be_salvaged():
    _, spans = made.header_and_spans(STREAM)
    for position in range(spans[0][1]):
        damaged = bytearray(STREAM)
        damaged[position] ^= 0x40
        with pytest.raises(FormatError):
            parse(bytes(damaged), salvage=True)


def test_a_stream_of_markers_does_not_stall_the_search():
    header = write_header(Header(Siren(width=200), 8000, Segments(20, 10), ParameterCoding(made.QUANTISED)))
    # Each of 200 000 markers promises a block of 150 000 bytes whose checksum is wrong: 30 GB to read in all.
    hostile = header + (b"\xb7\1" + varint(150_000)) * 200_000
    started = time.process_time()
    assert parse(hostile, salvage=True).lost == [0, 1]
    assert time.process_time() - started < 2


def test_salvage_survives_a_large_damaged_region():
    stream = made.several_blocks(count=200)
    _, spans = made.header_and_spans(stream)
    low, high = spans[1][0], spans[199][1]
    rubbish = made.integers(high - low, 5).astype("u1").tobytes()
    assert parse(stream[:low] + rubbish + stream[high:], salvage=True).lost == list(range(199))
