"""A stream becomes an INR. Nothing here needs an optimiser."""

from ligeia.audio.blocks import Segments
from ligeia.codec.blocks import unpack_blocks
from ligeia.codec.bytesio import Reader
from ligeia.codec.container import Header, parameters_per_byte, read_header
from ligeia.codec.stream import Stream, parse
from ligeia.errors import FormatError
from ligeia.inr import INR

_FREE_NUMBERS = 2**27
"""Parameters that an INR may have whatever the size of its stream."""


def decode(stream: bytes, *, salvage: bool = False) -> INR:
    """The INR that a `.lig` stream holds.

    With `salvage`, damaged or missing blocks become silence (`report["lost"]` lists them) instead of an error.

    Raises:
        FormatError: the stream is not valid. With `salvage`: not even its header is.

    Example:
        >>> import ligeia
        >>> tone = ligeia.Audio([[0.0, 0.1, 0.2, 0.1] * 200], rate=8000)
        >>> decode(ligeia.encode(tone)).render().frames
        800
    """
    parsed = parse(stream, salvage=salvage)
    return make_inr(parsed, range(parsed.header.segments.count), parsed.header.segments, salvage)


def make_inr(parsed: Stream, numbers: range, segments: Segments, salvage: bool) -> INR:
    """The INR of the blocks `numbers`, which lie as `segments` says.

    Raises:
        FormatError: a block is not valid, or all would take far more memory than the stream has bytes.
    """
    header, blocks = parsed.header, parsed.blocks
    _check_size(parsed, len(numbers))
    payloads = {number: blocks[number].payload for number in numbers if number in blocks}
    unpacked = unpack_blocks(payloads, numbers, header)
    if unpacked.invalid and not salvage:
        raise FormatError(next(iter(unpacked.invalid.values())))
    lost = [number for number in numbers if number not in blocks] + list(unpacked.invalid)
    report = {"lost": sorted(lost)}
    return INR(header.spec, unpacked.parameters, header.rate, segments, unpacked.gains, report)


def _check_size(parsed: Stream, count: int) -> None:
    """Refuse an INR that is far larger than its stream: silent and lost blocks take room in it, but not there."""
    numbers = count * parsed.header.spec.parameters
    if numbers > _FREE_NUMBERS + parameters_per_byte(parsed.header) * parsed.total_bytes:
        raise FormatError(
            f"{parsed.total_bytes} bytes would become {numbers} numbers, nearly all of them silence or lost: "
            "decode it piece by piece"
        )


def stream_header(stream: bytes) -> Header:
    """The header of a stream.

    Raises:
        FormatError: it is not valid.
    """
    return read_header(Reader(stream))
