"""The blocks of a stream: all of them, or those that damage has left."""

from dataclasses import dataclass

from ligeia.codec.bytesio import Reader
from ligeia.codec.container import MARKER, Block, Header, plausible, read_block, read_header
from ligeia.errors import FormatError, InputError

_SEARCH_FACTOR = 64
"""A search for blocks after damage reads at most this many times the stream: a hostile one cannot stall it."""


@dataclass(frozen=True)
class Stream:
    """A parsed stream: its header, its blocks by number, and how many bytes the header takes."""

    header: Header
    blocks: dict[int, Block]
    header_bytes: int
    total_bytes: int

    @property
    def lost(self) -> list[int]:
        """Numbers of the blocks that are missing or damaged."""
        return [number for number in range(self.header.segments.count) if number not in self.blocks]


def parse(data: bytes, *, salvage: bool = False) -> Stream:
    """Header and blocks of a stream; with `salvage`, the blocks that are whole, wherever they stand.

    Raises:
        FormatError: the header is not valid; or, without `salvage`, anything else is not.
    """
    if not isinstance(data, bytes | bytearray | memoryview):
        raise InputError(f"a stream is bytes, got {type(data).__name__}; read the file first: Path(...).read_bytes()")
    reader = Reader(bytes(data))
    header = read_header(reader)
    header_bytes = reader.position
    count = header.segments.count
    if not salvage and count > len(data):
        raise FormatError(f"the stream ends early: {len(data)} bytes cannot hold {count} blocks")
    found = _search_blocks(reader, header) if salvage else _all_blocks(reader, header)
    blocks = {block.number: block for block in found if plausible(header, block.payload)}
    if not salvage and len(blocks) < count:
        raise FormatError("a block is too short for the parameters that the header promises")
    return Stream(header, blocks, header_bytes, len(data))


def _all_blocks(reader: Reader, header: Header) -> list[Block]:
    blocks = []
    for number in range(header.segments.count):
        block = read_block(reader, header)
        if block.number != number:
            raise FormatError(f"block {block.number} stands where block {number} should")
        blocks.append(block)
    if reader.position != len(reader.data):
        raise FormatError(f"{len(reader.data) - reader.position} bytes follow the last block")
    return blocks


def _search_blocks(reader: Reader, header: Header) -> list[Block]:
    """Valid blocks from the reader's position on; after damage the next marker is tried."""
    blocks: list[Block] = []
    data, position = reader.data, reader.position
    budget = _SEARCH_FACTOR * len(data) + 2**16
    while (position := data.find(MARKER, position)) >= 0 and budget > 0:
        attempt = Reader(data, position)
        try:
            blocks.append(read_block(attempt, header))
            position = attempt.position
        except FormatError:
            budget -= attempt.position - position + 16
            position += 1
    return blocks
