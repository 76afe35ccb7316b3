"""The framing of a stream that is not read as a whole: where each block lies, and its payload when it is asked for.

Only the header and the few bytes before each payload are read to begin with. A payload is read, and its checksum
verified, each time that it is asked for; one that is damaged counts as missing, and is noted in the faults.
"""

from array import array
from collections.abc import Iterator, Mapping
from zlib import crc32

from ligeia.codec.bytesio import Reader
from ligeia.codec.container import MARKER, Block, Stream, parse, plausible, read_block, read_header
from ligeia.codec.faults import Damaged, Faults
from ligeia.codec.header import Header
from ligeia.codec.sections import read_sections, tags_in
from ligeia.codec.source import Source
from ligeia.errors import FormatError

HEAD_BYTES = 2**17
"""Bytes from the beginning that hold the header, and the sections behind it, of any stream."""
FRAME_BYTES = 1 + 8 + 8
"""Bytes of marker, number and length at most."""
CHECKSUM_BYTES = 4


class Payloads(Mapping[int, bytes]):
    """The payloads of a stream by number, as `Stream.payloads`, each of them read when it is asked for."""

    def __init__(self, source: Source, header: Header, faults: Faults) -> None:
        self._source, self._header, self._faults = source, header, faults
        self._begins, self._ends = array("q"), array("q")
        self.sizes = array("q")
        """Bytes of the payload of each block."""

    def add(self, begin: int, end: int, size: int) -> None:
        """Add the next block: it takes the bytes from `begin` to `end`, and `size` of them are payload."""
        self._begins.append(begin)
        self._ends.append(end)
        self.sizes.append(size)

    def __len__(self) -> int:
        return len(self.sizes) - len(self._faults.reasons)

    def __iter__(self) -> Iterator[int]:
        return (number for number in range(len(self.sizes)) if number not in self._faults.reasons)

    def __contains__(self, number: object) -> bool:
        return number in range(len(self.sizes)) and number not in self._faults.reasons

    def __getitem__(self, number: int) -> bytes:
        if number not in self:
            raise KeyError(number)
        if not self.sizes[number]:
            return b""
        begin, end = self._begins[number], self._ends[number]
        try:
            block = read_block(Reader(self._source.at(begin, end - begin)), self._header)
        except FormatError:
            block = Block(-1, b"")
        if block.number != number:
            self._faults.add(number, "its checksum does not match")
            raise KeyError(number)
        return block.payload


def open_stream(source: Source, *, salvage: bool = False) -> Stream:
    """Return the stream in `source`, whose payloads are read when they are asked for.

    It may be damaged: what is missing from the framing is in its faults, and the rest is found as payloads are read.
    With `salvage` everything is read at once, and the blocks that are whole are found wherever they stand.

    Raises:
        FormatError: the header or a section is not valid, or bytes follow the last block.
    """
    if salvage:
        return parse(source.at(0, source.size), salvage=True)
    reader = Reader(source.at(0, HEAD_BYTES))
    header = read_header(reader)
    header_bytes = reader.position
    tags = tags_in(read_sections(reader))
    faults = Faults()
    payloads = Payloads(source, header, faults)
    end = _find_blocks(source, reader.position, header, payloads, faults)
    if faults.end is None and end < source.size:
        raise FormatError(f"{source.size - end} bytes follow the last block")
    sections = reader.position - header_bytes
    return Stream(header, payloads, header_bytes, source.size, tags=tags, section_bytes=sections, faults=faults)


def _find_blocks(source: Source, position: int, header: Header, payloads: Payloads, faults: Faults) -> int:
    """Add the blocks of a stream to `payloads`, up to the last one or to damage; return where they end."""
    for number in range(header.segments.count):
        try:
            length, end = _read_frame(source, position, number, header)
        except FormatError as error:
            faults.end, faults.ending = number, str(error)
            return position
        payloads.add(position, end, length)
        if not plausible(header, length):
            faults.add(number, "it is too short for the parameters that the header promises")
        position = end
    return position


def _read_frame(source: Source, position: int, number: int, header: Header) -> tuple[int, int]:
    """Return the length of the payload of a block, and where the block ends; an empty one is verified, too."""
    data = source.at(position, FRAME_BYTES + CHECKSUM_BYTES)
    reader = Reader(data)
    if not data:
        raise FormatError(f"the stream ends early, {header.segments.count} blocks were promised")
    if reader.byte() != MARKER:
        raise FormatError(f"no block begins at byte {position}")
    found, length = reader.varint(), reader.varint()
    if found != number:
        raise FormatError(f"block {found} stands where block {number} should")
    if length > header.coding.longest_payload(header.spec):
        raise FormatError(f"{length} bytes are impossible")
    end = position + reader.position + length + CHECKSUM_BYTES
    if end > source.size:
        raise FormatError(f"the stream ends early, within block {number} of {header.segments.count}")
    if not length and crc32(data[: reader.position]) != int.from_bytes(reader.take(CHECKSUM_BYTES), "little"):
        raise FormatError("its checksum does not match")
    return length, end


def damaged(parsed: Stream, number: int, reason: str, around: int = 0) -> Damaged:
    """Return the error of a block that is not valid, where `around` samples more than those it reaches depend on it."""
    header = parsed.header
    first = number * header.segments.hop - header.coding.reach_samples(header.spec) - around
    return Damaged(number, reason, first / header.rate)
