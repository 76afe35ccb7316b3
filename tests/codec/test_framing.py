import io

import made_streams as made
import pytest

from ligeia.codec.container import Block, parse, write_block
from ligeia.codec.framing import open_stream
from ligeia.codec.source import Source
from ligeia.errors import FormatError


def opened(stream):
    return open_stream(Source(io.BytesIO(stream)))


def test_payloads_are_those_of_parsing_it_all():
    stream = made.several_blocks(count=5, silent=(2,))
    lazy, parsed = opened(stream), parse(stream)
    assert dict(lazy.payloads) == parsed.payloads
    assert len(lazy.payloads) == 5
    assert list(lazy.payloads.sizes) == [len(payload) for payload in parsed.payloads.values()]
    assert (lazy.header, lazy.header_bytes, lazy.total_bytes) == (parsed.header, parsed.header_bytes, len(stream))
    assert lazy.lost == []


@pytest.mark.parametrize("number", [0, 2, 4])
def test_the_framing_ends_where_it_is_damaged(number):
    stream = made.several_blocks(count=5, silent=(2,))
    _, spans = made.header_and_spans(stream)
    low, _ = spans[number + 1]
    for wrong in (stream[:low], stream[:low] + b"\0" + stream[low + 1 :], stream[:low] + stream[low + 1 :]):
        lazy = opened(wrong)
        assert lazy.faults.end == number
        assert lazy.lost == [*range(number, 5)]
        assert [*lazy.payloads] == [*range(number)]


def test_payloads_that_are_damaged_count_as_missing():
    stream = bytearray(made.several_blocks(count=5))
    _, spans = made.header_and_spans(stream)
    stream[spans[3][1] - 6] ^= 1
    lazy = opened(bytes(stream))
    assert 2 in lazy.payloads
    assert lazy.payloads.get(2) is None
    assert 2 not in lazy.payloads
    assert lazy.lost == [2]
    assert [*lazy.payloads] == [0, 1, 3, 4]
    assert lazy.faults.reasons == {2: "its checksum does not match"}


def test_payloads_that_are_too_short_are_known_beforehand():
    stream = made.several_blocks(count=2)
    _, spans = made.header_and_spans(stream)
    lazy = opened(stream[: spans[2][0]] + write_block(Block(1, b"x")))
    assert lazy.lost == [1]
    assert "too short" in lazy.faults.reasons[1]


def test_what_follows_the_last_block():
    with pytest.raises(FormatError, match="1 bytes follow"):
        opened(made.several_blocks() + b"x")
