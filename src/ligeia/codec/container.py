"""The container: a header that describes the function, sections, and independent blocks (FORMAT.md §2, §3)."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, replace
from typing import Any
from zlib import crc32

from ligeia.audio.blocks import Segments
from ligeia.codec.bytesio import Reader, number, varint
from ligeia.codec.coding import coding_bytes, coding_of, read_coding_id
from ligeia.codec.faults import Faults
from ligeia.codec.header import MAX_BLOCKS, MAX_LENGTH, MAX_PARAMETERS, MAX_RATE, MAX_SAMPLES, Header, ModelId
from ligeia.codec.sections import TAGS, read_sections, salvage_sections, tag_sections, tags_in, write_sections
from ligeia.errors import FormatError, InputError
from ligeia.networks import BY_WIRE_ID
from ligeia.networks.spec import FIRST_PRIVATE, NetworkSpec

MAGIC = b"LIG"
VERSION = 1
MARKER = 0xB7
RATES = (0, 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000, 176400, 192000)
"""Sampling rates that take four bits; 0 stands for any other, which follows as a number of its own."""
SEARCH_FACTOR = 64
"""A search for blocks after damage reads at most this many times the stream: a hostile one cannot stall it."""


@dataclass(frozen=True)
class Block:
    """One block of a stream: its number, and its payload (empty for silence)."""

    number: int
    payload: bytes


@dataclass(frozen=True)
class Stream:
    """A parsed stream: its header, the payloads of its blocks by number, and the sizes of header and stream."""

    header: Header
    payloads: Mapping[int, bytes]
    header_bytes: int
    total_bytes: int
    salvaged: bool = False
    """True where blocks that are damaged, missing or not valid count as silence."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Title, artist and the like, in order of their names."""
    section_bytes: int = 0
    """Size of the sections between the header and block 0."""
    faults: Faults = field(default_factory=Faults, compare=False)
    """Known faults of its blocks; decoding adds those whose payload is not valid."""

    @property
    def lost(self) -> list[int]:
        """Numbers of the blocks that are missing or damaged, or have been found not valid by decoding them."""
        numbers, invalid = range(self.header.segments.count), self.faults.reasons
        return [number for number in numbers if number not in self.payloads or number in invalid]


# --- the header -------------------------------------------------------------------------------------


def write_header(header: Header) -> bytes:
    """Return the header as bytes, checksum included.

    Raises:
        InputError: no decoder would accept it.
    """
    data = _header_bytes(header)
    try:
        decoded = read_header(Reader(data))
    except FormatError as error:
        raise InputError(f"this cannot be stored: {error}") from error
    if decoded.segments != header.segments:  # the header does not say those that follow from the network
        cut = header.segments
        raise InputError(f"this cannot be stored: blocks of {cut.hop} + {cut.overlap} samples of this network")
    return data


def _header_bytes(header: Header) -> bytes:
    segments = header.segments
    body = MAGIC + bytes([VERSION]) + varint(header.spec.wire_id)
    body += _signal_bytes(header.rate, header.spec.channels) + varint(segments.sample_count)
    if not _has_own_blocks(header.spec.wire_id):
        body += varint(0 if segments.hop == segments.sample_count else segments.hop) + varint(segments.overlap)
    body += coding_bytes(header.coding) + _field_bytes(header.spec)
    return body + crc32(body).to_bytes(4, "little")


def read_header(reader: Reader) -> Header:
    """Read and check the header.

    Raises:
        FormatError: this is not a `.lig` stream, or it is of a newer version, damaged, or impossible.
    """
    start = reader.position
    if reader.take(min(3, len(reader.data))) != MAGIC:
        raise FormatError("this is not a .lig stream: it does not begin with LIG")
    version = reader.byte()
    if version != VERSION:
        raise FormatError(f"this stream has format version {version}; this program knows only {VERSION}")
    wire_id = reader.varint()
    rate, channels = _read_signal(reader)
    samples = reader.varint()
    hop, overlap = (0, 0) if _has_own_blocks(wire_id) else (reader.varint(), reader.varint())
    coding = read_coding_id(reader)
    fields = _read_fields(reader, wire_id)
    body = reader.data[start : reader.position]
    if crc32(body) != int.from_bytes(reader.take(4), "little"):
        raise FormatError("the header is damaged: its checksum does not match")
    try:
        spec = replace(BY_WIRE_ID[wire_id](channels=channels), **fields)
        segments = _checked_segments(samples, hop or spec.block_samples or samples, overlap)
        return _checked_header(spec, rate, segments, coding)
    except InputError as error:
        raise FormatError(f"impossible header: {error}") from error


def _signal_bytes(rate: int, channels: int) -> bytes:
    """Encode rate and channels: four bits each in one byte, and what does not fit there (0) behind it."""
    code, few = RATES.index(rate) if rate in RATES[1:] else 0, channels if channels < 16 else 0
    return bytes([few << 4 | code]) + (b"" if code else varint(rate)) + (b"" if few else varint(channels))


def _read_signal(reader: Reader) -> tuple[int, int]:
    byte = reader.byte()
    code, few = byte & 15, byte >> 4
    if code >= len(RATES):
        raise FormatError(f"{code} is not a valid rate code")
    rate = RATES[code] if code else reader.varint()
    return rate, few or reader.varint()


def _default(entry: Any) -> Any:
    assert entry.default is not MISSING, "stored fields have defaults"
    return entry.default


def _field_bytes(spec: NetworkSpec) -> bytes:
    """Encode a bit mask of the fields that differ from their defaults, and their values."""
    mask, values = 0, b""
    for position, entry in enumerate(spec.stored_fields()):
        value = getattr(spec, entry.name)
        if value != _default(entry):
            mask |= 1 << position
            values += number(float(value))
    return varint(mask) + values


def _read_fields(reader: Reader, wire_id: int) -> dict[str, Any]:
    if wire_id not in BY_WIRE_ID:
        raise FormatError(f"this stream needs network number {wire_id}, {_unknown(wire_id)}")
    stored = BY_WIRE_ID[wire_id].stored_fields()
    mask = reader.varint()
    if mask >> len(stored):
        raise FormatError(f"the network has fields that this program does not know (mask {mask:#x})")
    fields: dict[str, Any] = {}
    for position, entry in enumerate(stored):
        if mask >> position & 1:
            fields[entry.name] = _as_type(entry.name, reader.number(), type(_default(entry)))
    return fields


def _unknown(wire_id: int) -> str:
    if wire_id < FIRST_PRIVATE:
        return "which this program does not know"
    return "a network of its maker's own: register its class first (ligeia.register), here it is not known"


def _as_type(name: str, value: float, kind: type) -> Any:
    if kind is float:
        return value
    if not value.is_integer() or (kind is bool and value not in (0, 1)):
        raise FormatError(f"{name} cannot be {value}")
    return kind(value)


def _checked_header(spec: NetworkSpec, rate: int, segments: Segments, coding: tuple[int, ModelId | None]) -> Header:
    """Return the header as objects, or raise `FormatError` where a value is out of range."""
    if not 1 <= rate <= MAX_RATE:
        raise FormatError(f"impossible header: rate {rate} Hz")
    if spec.parameters > MAX_PARAMETERS:
        raise FormatError(f"impossible header: {spec.parameters} parameters in a block")
    return Header(spec, rate, segments, coding_of(*coding, spec))


def _has_own_blocks(wire_id: int) -> bool:
    """Return whether a network's blocks are of one length, so that the header need not say it."""
    return wire_id in BY_WIRE_ID and BY_WIRE_ID[wire_id](channels=1).block_samples is not None


def _checked_segments(samples: int, hop: int, overlap: int) -> Segments:
    if not 1 <= samples <= MAX_SAMPLES:
        raise FormatError(f"impossible header: {samples} samples")
    if not overlap <= hop <= MAX_LENGTH - overlap:
        raise FormatError(f"impossible header: blocks of {hop} + {overlap} samples")
    segments = Segments(samples, hop, overlap)
    if segments.count > MAX_BLOCKS:
        raise FormatError(f"impossible header: {segments.count} blocks")
    return segments


# --- sections ---------------------------------------------------------------------------------------


def with_tags(stream: bytes, tags: Mapping[str, str] | None) -> bytes:
    """Return a stream with these tags in place of its own; all its other bytes are kept.

    Raises:
        FormatError: the stream does not begin with a valid header and sections.
        TypeError, SettingsError: the tags are not valid.
    """
    reader = Reader(stream)
    read_header(reader)
    behind_header = reader.position
    others = [section for section in read_sections(reader) if section.type != TAGS]
    return stream[:behind_header] + write_sections([*others, *tag_sections(tags)]) + stream[reader.position :]


def _salvaged_tags(reader: Reader) -> dict[str, str]:
    sections = salvage_sections(reader)
    try:
        return tags_in(sections)
    except FormatError:
        return {}


# --- blocks -----------------------------------------------------------------------------------------


def write_block(block: Block) -> bytes:
    """Return a block with its marker, number, length and checksum."""
    body = bytes([MARKER]) + varint(block.number) + varint(len(block.payload)) + block.payload
    return body + crc32(body).to_bytes(4, "little")


def read_block(reader: Reader, header: Header) -> Block:
    """Read the block at the reader's position.

    Raises:
        FormatError: no valid block begins here.
    """
    start = reader.position
    if reader.byte() != MARKER:
        raise FormatError(f"damaged at byte {start}: no block begins here")
    index, length = reader.varint(), reader.varint()
    if index >= header.segments.count or length > header.coding.longest_payload(header.spec):
        raise FormatError(f"damaged at byte {start}: block {index} of {length} bytes is impossible")
    payload = reader.take(length)
    body = reader.data[start : reader.position]
    if crc32(body) != int.from_bytes(reader.take(4), "little"):
        raise FormatError(f"block {index} is damaged: its checksum does not match")
    return Block(index, payload)


def plausible(header: Header, length: int) -> bool:
    """Return whether `length` bytes of payload are enough for the parameters of the network (silence has none)."""
    return not length or length * header.coding.parameters_per_byte >= header.spec.parameters


def parse(data: bytes | Stream, *, salvage: bool = False) -> Stream:
    """Read header and blocks of a stream; with `salvage`, the blocks that are whole, wherever they stand.

    A stream that is parsed already is not parsed again.

    Raises:
        FormatError: the header is not valid; or, without `salvage`, anything else is not.
    """
    if isinstance(data, Stream):
        return replace(data, salvaged=data.salvaged or salvage)
    reader = Reader(checked_bytes(data))
    header = read_header(reader)
    header_bytes = reader.position
    tags = _salvaged_tags(reader) if salvage else tags_in(read_sections(reader))
    section_bytes = reader.position - header_bytes
    count = header.segments.count
    if not salvage and count > len(data):
        raise FormatError(f"the stream ends early: {len(data)} bytes cannot hold {count} blocks")
    blocks = _search_blocks(reader, header) if salvage else _all_blocks(reader, header)
    payloads = {block.number: block.payload for block in blocks if plausible(header, len(block.payload))}
    if not salvage and len(payloads) < count:
        raise FormatError("a block is too short for the parameters that the header promises")
    return Stream(header, payloads, header_bytes, len(data), salvage, tags, section_bytes)


def checked_bytes(data: object) -> bytes:
    """Return what should be a stream as bytes; a `TypeError` where it is none."""
    if not isinstance(data, bytes | bytearray | memoryview):
        raise TypeError(
            f"a stream is bytes, got {type(data).__name__}; read the file, Path(...).read_bytes(), or use ligeia.open"
        )
    return bytes(data)


def _all_blocks(reader: Reader, header: Header) -> list[Block]:
    blocks = []
    for place in range(header.segments.count):
        block = read_block(reader, header)
        if block.number != place:
            raise FormatError(f"block {block.number} stands where block {place} should")
        blocks.append(block)
    if reader.position != len(reader.data):
        raise FormatError(f"{len(reader.data) - reader.position} bytes follow the last block")
    return blocks


def _search_blocks(reader: Reader, header: Header) -> list[Block]:
    """Return the valid blocks from the reader's position on; after damage the next marker is tried."""
    blocks: list[Block] = []
    data, position = reader.data, reader.position
    budget = SEARCH_FACTOR * len(data) + 2**16
    while (position := data.find(MARKER, position)) >= 0 and budget > 0:
        attempt = Reader(data, position)
        try:
            blocks.append(read_block(attempt, header))
            position = attempt.position
        except FormatError:
            budget -= attempt.position - position + 16
            position += 1
    return blocks
