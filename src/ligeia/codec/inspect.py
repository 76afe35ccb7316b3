"""What a stream holds, read from its header and frame alone: no network is built, torch is not loaded."""

from dataclasses import dataclass
from typing import Any

from ligeia.codec.blocks import GAIN_BYTES, coded_units, unpack_block
from ligeia.codec.container import Coding
from ligeia.codec.stream import Stream, parse
from ligeia.codec.transform.payload import HEAD_BYTES
from ligeia.codec.transform.scale_factors import profile_of


@dataclass(frozen=True)
class StreamInfo:
    """Facts about a stream; every size is in bytes of the stream itself."""

    network: str
    """Name of the architecture."""
    fields: dict[str, Any]
    """Its width and depth, and the fields that are not at their defaults."""
    rate: int
    """Sampling rate in Hz."""
    channels: int
    """Number of channels."""
    frames: int
    """Samples per channel."""
    seconds: float
    """Duration in seconds."""
    blocks: int
    """Number of blocks."""
    silent_blocks: int
    """How many of them are silence."""
    parameters: int | None
    """Unique parameters of all audible blocks; None where units were not counted."""
    units: int | None
    """Units that are there, in all audible blocks, of a sparse network; None of others, or where not counted."""
    bits: tuple[int, int, int] | None
    """Bits per number of the first, hidden and output layers before entropy coding; None: coded in steps."""
    profile: str | None
    """The profile of numbers that are coded in steps, else None."""
    total_bytes: int
    """Length of the stream."""
    kbps: float
    """Rate in 1000 bit/s."""
    bytes_by_part: dict[str, int]
    """Where the bytes go: header, framing, gains (or steps), parameters."""
    pcm16_ratio: float
    """Size as a part of 16-bit PCM of the same sound."""


def inspect(stream: bytes, *, counting: bool = True) -> StreamInfo:
    """Facts about a `.lig` stream.

    To count the units of blocks that are coded in steps they have to be read, which takes as long as decoding: without
    `counting` they are not.

    Raises:
        FormatError: the stream is not valid.
    """
    parsed = parse(stream)
    header, segments = parsed.header, parsed.header.segments
    payloads = [len(block.payload) for block in parsed.blocks.values()]
    audible = sum(1 for size in payloads if size)
    coding = header.bits if isinstance(header.bits, Coding) else None
    heads = (HEAD_BYTES if coding else GAIN_BYTES) * audible
    parts = {
        "header": parsed.header_bytes,
        "framing": len(stream) - parsed.header_bytes - sum(payloads),
        "steps" if coding else "gains": heads,
        "parameters": sum(payloads) - heads,
    }
    counts = {} if coding and not counting else _counts(parsed, audible)
    seconds = segments.frames / header.rate
    return StreamInfo(
        network=header.spec.name,
        fields={
            field.name: getattr(header.spec, field.name)
            for field in header.spec.stored_fields()
            if field.name in ("width", "depth") or getattr(header.spec, field.name) != field.default
        },
        rate=header.rate,
        channels=header.spec.channels,
        frames=segments.frames,
        seconds=seconds,
        blocks=segments.count,
        silent_blocks=segments.count - audible,
        parameters=counts.get("parameters"),
        units=counts.get("units"),
        bits=None if isinstance(header.bits, Coding) else (header.bits.first, header.bits.hidden, header.bits.output),
        profile=profile_of(coding.profile).name if coding else None,
        total_bytes=len(stream),
        kbps=len(stream) * 8 / seconds / 1000,
        bytes_by_part=parts,
        pcm16_ratio=len(stream) / (segments.frames * header.spec.channels * 2),
    )


def _counts(parsed: Stream, audible: int) -> dict[str, int]:
    """Those of all audible blocks; the blocks of a sparse network have to be unpacked to count them."""
    header = parsed.header
    if isinstance(header.bits, Coding):
        units = coded_units({number: block.payload for number, block in parsed.blocks.items()}, header)
        return {"parameters": 2 * units, "units": units}
    if not header.spec.sparse:
        return {"parameters": audible * header.spec.parameters}
    totals: dict[str, int] = {}
    for block in parsed.blocks.values():
        gain, arrays = unpack_block(block.payload, header)
        counts = header.spec.counted({name: value[None] for name, value in arrays.items()}, [gain])
        totals = {name: totals.get(name, 0) + count for name, count in counts.items()}
    return totals
