"""Facts about a stream, read from its header and framing alone: no network is built, torch is not loaded."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ligeia.arguments import checks_types
from ligeia.codec.budget import OverBudget, check_budget
from ligeia.codec.container import Stream
from ligeia.codec.framing import damaged, open_stream
from ligeia.codec.header import payload_sizes
from ligeia.codec.source import Streamable, opened
from ligeia.codec.synthesis.decoding import unsuited
from ligeia.dsp.threads import one_blas_thread


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
    sample_count: int
    """Samples per channel."""
    seconds: float
    """Duration in seconds."""
    blocks: int
    """Number of blocks."""
    silent_blocks: int
    """Number of silent blocks among them."""
    total_bytes: int
    """Length of the stream."""
    kbps: float
    """Rate in 1000 bit/s."""
    bytes_by_part: dict[str, int]
    """Bytes by purpose: header, sections (tags), framing, gains (or steps), parameters."""
    pcm16_ratio: float
    """Size as a part of 16-bit PCM of the same sound."""
    coding: str
    """The coding of the payloads: "parameters", "transform" or "family"."""
    model: str | None
    """The model that the coding needs beside the stream, if any: its name and digest."""
    parameters: int | None = None
    """Unique parameters of all audible blocks; None where coefficients were not counted."""
    coefficients: int | None = None
    """Coefficients other than 0 in all audible blocks of a sparse network; None of others, or where not counted."""
    bits: tuple[int, int, int] | None = None
    """Coding "parameters": bits per number of the first, hidden and output layers before entropy coding."""
    profile: str | None = None
    """Coding "transform": the name of its profile."""
    family: str | None = None
    """Coding "family": the kind of the model."""
    code: int | None = None
    """Coding "family": numbers of the code of a block."""
    model_bytes: int | None = None
    """Coding "family": size of the model's file, which a decoder needs beside the stream."""
    enhanced: bool = False
    """True where `decode` lets a network that knows speech rewrite the sound, unless it is told otherwise."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Title, artist and the like."""
    pcm16_bytes: int = 0
    """Bytes of 16-bit PCM of the same sound."""
    refused: str | None = None
    """Reason to refuse the whole sound in `decode` without `max_seconds`: the bytes do not justify what they claim."""


@checks_types
def inspect(stream: Streamable | Stream, *, counting: bool = False) -> StreamInfo:
    """Return facts about a `.lig` stream: its bytes, the path of a file, or a binary file object.

    Only header and framing are read, so that damage to payloads is not found. With `counting`, the coefficients of the
    transform coding are counted, which takes as long as decoding all of it.

    Raises:
        FormatError: header or framing are not valid; with `counting`, anything is not.
        InputError: the file cannot be read.

    Example:
        >>> import ligeia
        >>> tone = ligeia.Audio([[0.0, 0.1, 0.2, 0.1] * 200], rate=8000)
        >>> inspect(ligeia.encode(tone)).seconds
        0.1
    """
    if isinstance(stream, Stream):
        return facts_of(stream, counting=counting)
    with opened(stream) as source:
        parsed = open_stream(source)
        damage = parsed.faults.within(range(parsed.header.segments.count))
        if damage:
            raise damaged(parsed, *damage[0])
        return facts_of(parsed, counting=counting)


def facts_of(parsed: Stream, *, counting: bool = False) -> StreamInfo:
    """Return facts about a stream as it was parsed; those of a damaged one are about the blocks that are there."""
    header, segments = parsed.header, parsed.header.segments
    sizes = [size for size in payload_sizes(parsed.payloads) if size]
    with one_blas_thread():
        counts: dict[str, Any] = header.coding.counts(parsed.payloads, header, reading=counting)
    parts = {"header": parsed.header_bytes}
    if parsed.section_bytes:
        parts["sections"] = parsed.section_bytes
    parts["framing"] = parsed.total_bytes - sum(parts.values()) - sum(sizes)
    seconds = segments.sample_count / header.rate
    pcm16_bytes = segments.sample_count * header.spec.channels * 2
    return StreamInfo(
        network=header.spec.name,
        fields={
            field.name: getattr(header.spec, field.name)
            for field in header.spec.stored_fields()
            if field.name in ("width", "depth") or getattr(header.spec, field.name) != field.default
        },
        rate=header.rate,
        channels=header.spec.channels,
        sample_count=segments.sample_count,
        seconds=seconds,
        blocks=segments.count,
        silent_blocks=len(parsed.payloads) - len(sizes),
        total_bytes=parsed.total_bytes,
        kbps=parsed.total_bytes * 8 / seconds / 1000,
        bytes_by_part=parts | header.coding.bytes_by_part(sizes),
        pcm16_ratio=parsed.total_bytes / pcm16_bytes,
        pcm16_bytes=pcm16_bytes,
        refused=_refusal(parsed),
        coding=header.coding.name,
        enhanced=unsuited(header) is None,
        tags=parsed.tags,
        model=None if header.coding.model is None else str(header.coding.model),
        **counts,
        **header.coding.facts(),
    )


def _refusal(parsed: Stream) -> str | None:
    try:
        check_budget(parsed, parsed.header.rate)
    except OverBudget as error:
        return str(error)
    return None
