"""The container: a header that says what the function looks like, and independent blocks (FORMAT.md §2, §3)."""

from dataclasses import MISSING, dataclass, replace
from typing import Any
from zlib import crc32

from ligeia.audio.blocks import Segments
from ligeia.codec.bytesio import Reader, number, varint
from ligeia.codec.transform.scale_factors import profile_of
from ligeia.errors import FormatError, InputError
from ligeia.networks import BY_WIRE_ID
from ligeia.networks.lapped import Lapped
from ligeia.networks.spec import NetworkSpec

MAGIC = b"LIG"
VERSION = 1
MARKER = 0xB7
RATES = (0, 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000, 176400, 192000)
"""Sampling rates that take four bits; 0 stands for any other, which follows as a number of its own."""
MAX_RATE = 2**31 - 1
MAX_FRAMES = 2**48
MAX_LENGTH = 2**26
"""Samples in a block at most."""
MAX_BLOCKS = 2**22
"""Blocks at most: what a program holds for each of them stays small, whatever a header says."""
MAX_PARAMETERS = 2**24
"""Parameters in a block at most."""
MAX_MAGNITUDE = 2.0**40
"""Largest absolute parameter: with `MAX_GAIN` it keeps what a decoder computes finite in single precision."""
MAX_GAIN = 2.0**32
"""Largest gain of a block."""
CODED = 1 << 15
"""Bit of the depths that says: stored by the rules of §8."""
MAX_CODED = 2**21
"""Parameters in a block that is stored by the rules of §8."""
MAX_CODED_ROWS = 2**12
"""Superframes times channels in such a block: each takes a decoder its time, however short it is."""
CODED_PER_BYTE = 1024
"""As `PARAMETERS_PER_BYTE`, for such blocks."""
PARAMETERS_PER_BYTE = 32
"""No valid block holds more parameters per byte of payload: it bounds memory and time before they are spent."""


@dataclass(frozen=True)
class Bits:
    """Bits per number of the first layer, the hidden layers and the output layer: 2 to 24, or 32 for float32.

    32 in the hidden layers means that everything is stored as it is.
    """

    first: int = 18
    hidden: int = 8
    output: int = 12

    def __post_init__(self) -> None:
        for bits in (self.first, self.hidden, self.output):
            if not (2 <= bits <= 24 or bits == 32):
                raise InputError(f"bits must lie between 2 and 24, or be 32, got {bits}")
        if 32 in (self.first, self.hidden, self.output) and not self.exact:
            raise InputError("32 bits go for all layers or none")

    @property
    def exact(self) -> bool:
        """Whether parameters are stored as float32, unchanged."""
        return self.first == self.hidden == self.output == 32

    @property
    def packed(self) -> int:
        """The three in 15 bits; 32 becomes 0."""
        return (self.first % 32) << 10 | (self.hidden % 32) << 5 | self.output % 32

    @classmethod
    def unpacked(cls, word: int) -> "Bits":
        """Inverse of `packed`."""
        return cls(*((word >> shift & 31) or 32 for shift in (10, 5, 0)))


EXACT = Bits(32, 32, 32)


@dataclass(frozen=True)
class Coding:
    """The numbers of a lapped network are stored by the rules of §8, with a profile."""

    profile: int
    """Its number."""

    @property
    def packed(self) -> int:
        """In 16 bits, the top one set."""
        return CODED | self.profile


@dataclass(frozen=True)
class Header:
    """What the function looks like: everything but the numbers of its networks."""

    spec: NetworkSpec
    rate: int
    segments: Segments
    bits: Bits | Coding

    @property
    def longest_payload(self) -> int:
        """No valid payload has more bytes: a number and its scale take at most 24 + 12 + 24 bits."""
        return 16 * self.spec.parameters + 64


@dataclass(frozen=True)
class Block:
    """One block of the stream: its number, and its payload (empty for silence)."""

    number: int
    payload: bytes


def write_header(header: Header) -> bytes:
    """The header as bytes, checksum included.

    Raises:
        InputError: no decoder would accept it.
    """
    data = _header_bytes(header)
    try:
        found = read_header(Reader(data))
    except FormatError as error:
        raise InputError(f"this cannot be stored: {error}") from error
    if found.segments != header.segments:  # the header does not say those that follow from the network
        cut = header.segments
        raise InputError(f"this cannot be stored: blocks of {cut.hop} + {cut.overlap} samples of this network")
    return data


def _header_bytes(header: Header) -> bytes:
    segments = header.segments
    body = MAGIC + bytes([VERSION]) + varint(header.spec.wire_id)
    body += _signal_bytes(header.rate, header.spec.channels) + varint(segments.frames)
    if not _has_own_blocks(header.spec.wire_id):
        body += varint(0 if segments.hop == segments.frames else segments.hop) + varint(segments.overlap)
    body += header.bits.packed.to_bytes(2, "little") + _field_bytes(header.spec)
    return body + crc32(body).to_bytes(4, "little")


def read_header(reader: Reader) -> Header:
    """Read and check the header.

    Raises:
        FormatError: this is no `.lig` stream, it is from a newer version, damaged, or asks for the impossible.
    """
    start = reader.position
    if reader.take(min(3, len(reader.data))) != MAGIC:
        raise FormatError("this is not a .lig stream: it does not begin with LIG")
    version = reader.byte()
    if version != VERSION:
        raise FormatError(f"this stream has format version {version}; this program knows only {VERSION}")
    wire_id = reader.varint()
    rate, channels = _read_signal(reader)
    frames = reader.varint()
    hop, overlap = (0, 0) if _has_own_blocks(wire_id) else (reader.varint(), reader.varint())
    packed = int.from_bytes(reader.take(2), "little")
    fields = _read_fields(reader, wire_id)
    body = reader.data[start : reader.position]
    if crc32(body) != int.from_bytes(reader.take(4), "little"):
        raise FormatError("the header is damaged: its checksum does not match")
    try:
        spec = replace(BY_WIRE_ID[wire_id](channels=channels), **fields)
        segments = _checked_segments(frames, hop or spec.block_samples or frames, overlap)
        return _checked_header(spec, rate, segments, packed)
    except InputError as error:
        raise FormatError(f"impossible header: {error}") from error


def write_block(block: Block) -> bytes:
    """A block with its marker, number, length and checksum."""
    body = bytes([MARKER]) + varint(block.number) + varint(len(block.payload)) + block.payload
    return body + crc32(body).to_bytes(4, "little")


def read_block(reader: Reader, header: Header) -> Block:
    """The block at the reader's position.

    Raises:
        FormatError: there is no valid block here.
    """
    start = reader.position
    if reader.byte() != MARKER:
        raise FormatError(f"damaged at byte {start}: no block begins here")
    index, length = reader.varint(), reader.varint()
    if index >= header.segments.count or length > header.longest_payload:
        raise FormatError(f"damaged at byte {start}: block {index} of {length} bytes cannot be")
    payload = reader.take(length)
    body = reader.data[start : reader.position]
    if crc32(body) != int.from_bytes(reader.take(4), "little"):
        raise FormatError(f"block {index} is damaged: its checksum does not match")
    return Block(index, payload)


def plausible(header: Header, payload: bytes) -> bool:
    """Whether a payload is long enough for the parameters of the network (silence has none)."""
    return not payload or len(payload) * parameters_per_byte(header) >= header.spec.parameters


def parameters_per_byte(header: Header) -> int:
    """Parameters that a byte of payload stands for at most."""
    return CODED_PER_BYTE if isinstance(header.bits, Coding) else PARAMETERS_PER_BYTE


def _signal_bytes(rate: int, channels: int) -> bytes:
    """Rate and channels: four bits each in one byte, and what does not fit there (0) behind it."""
    code, few = RATES.index(rate) if rate in RATES[1:] else 0, channels if channels < 16 else 0
    return bytes([few << 4 | code]) + (b"" if code else varint(rate)) + (b"" if few else varint(channels))


def _read_signal(reader: Reader) -> tuple[int, int]:
    byte = reader.byte()
    code, few = byte & 15, byte >> 4
    if code >= len(RATES):
        raise FormatError(f"{code} is no rate code")
    rate = RATES[code] if code else reader.varint()
    return rate, few or reader.varint()


def _default(field: Any) -> Any:
    assert field.default is not MISSING, "stored fields have defaults"
    return field.default


def _field_bytes(spec: NetworkSpec) -> bytes:
    """A bit mask of the fields that differ from their defaults, and their values."""
    mask, values = 0, b""
    for position, field in enumerate(spec.stored_fields()):
        value = getattr(spec, field.name)
        if value != _default(field):
            mask |= 1 << position
            values += number(float(value))
    return varint(mask) + values


def _read_fields(reader: Reader, wire_id: int) -> dict[str, Any]:
    if wire_id not in BY_WIRE_ID:
        raise FormatError(f"this stream needs network number {wire_id}, which this program does not know")
    stored = BY_WIRE_ID[wire_id].stored_fields()
    mask = reader.varint()
    if mask >> len(stored):
        raise FormatError(f"the network has fields that this program does not know (mask {mask:#x})")
    fields: dict[str, Any] = {}
    for position, field in enumerate(stored):
        if mask >> position & 1:
            fields[field.name] = _as_type(field.name, reader.number(), type(_default(field)))
    return fields


def _as_type(name: str, value: float, kind: type) -> Any:
    if kind is float:
        return value
    if not value.is_integer() or (kind is bool and value not in (0, 1)):
        raise FormatError(f"{name} cannot be {value}")
    return kind(value)


def _checked_header(spec: NetworkSpec, rate: int, segments: Segments, packed: int) -> Header:
    """The header as objects, or `FormatError` where a value is out of range."""
    if not 1 <= rate <= MAX_RATE:
        raise FormatError(f"impossible header: rate {rate} Hz")
    if spec.parameters > MAX_PARAMETERS:
        raise FormatError(f"impossible header: {spec.parameters} parameters in a block")
    return Header(spec, rate, segments, _checked_profile(spec, packed) if packed & CODED else Bits.unpacked(packed))


def _checked_profile(spec: NetworkSpec, packed: int) -> Coding:
    if not isinstance(spec, Lapped):
        raise FormatError(f"impossible header: the network {spec.name} is not stored by profiles")
    if spec.parameters > MAX_CODED or spec.frames * spec.channels > MAX_CODED_ROWS:
        raise FormatError(f"impossible header: {spec.parameters} parameters in {spec.frames} superframes of a block")
    return Coding(profile_of(packed ^ CODED).wire_id)


def _has_own_blocks(wire_id: int) -> bool:
    """Whether a network's blocks are of one length, so that the header need not say it."""
    return wire_id in BY_WIRE_ID and BY_WIRE_ID[wire_id](channels=1).block_samples is not None


def _checked_segments(frames: int, hop: int, overlap: int) -> Segments:
    if not 1 <= frames <= MAX_FRAMES:
        raise FormatError(f"impossible header: {frames} samples")
    if not overlap <= hop <= MAX_LENGTH - overlap:
        raise FormatError(f"impossible header: blocks of {hop} + {overlap} samples")
    segments = Segments(frames, hop, overlap)
    if segments.count > MAX_BLOCKS:
        raise FormatError(f"impossible header: {segments.count} blocks")
    return segments
