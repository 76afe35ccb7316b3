"""`ligeia info`: the contents of a .lig file, from its header and framing alone."""

import os
from typing import Annotated, BinaryIO

import typer

from ligeia.cli.options import Json, StreamFile

COUNTED_BYTES = 1_000_000
"""Coefficients of longer files are counted on request only."""


def info(
    stream_file: StreamFile,
    coefficients: Annotated[
        bool | None,
        typer.Option(
            "--coefficients/--no-coefficients",
            help="Count the coefficients of the lapped network, which takes as long as decoding. "
            "[default: in files up to 1 MB]",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show what a .lig file holds.

    Network, duration, rate, size, and where the bytes go.
    """
    from dataclasses import asdict

    from ligeia.audio.tags import shown
    from ligeia.cli.output import show
    from ligeia.cli.progress import duration
    from ligeia.cli.sources import opened_stream
    from ligeia.codec.inspect import inspect

    with opened_stream(stream_file) as file:
        small = os.fstat(file.fileno()).st_size <= COUNTED_BYTES
        facts = inspect(file, counting=small if coefficients is None else coefficients)
        claim = _claim(file)
    fields = ", ".join(f"{name} {value}" for name, value in facts.fields.items())
    silent = f", {facts.silent_blocks} silent" if facts.silent_blocks else ""
    if facts.family is not None:
        numbers = f"{facts.code:,} numbers of code a block"
    elif facts.profile is None:
        numbers = f"{facts.parameters:,} parameters, bits {facts.bits}"
    else:
        count = "coefficients not counted" if facts.coefficients is None else f"{facts.coefficients:,} coefficients"
        numbers = f"{count}, profile {facts.profile}{', enhanced by a network' if facts.enhanced else ''}"
    lines = [
        (
            "sound",
            f"{facts.seconds:.3f} s ({duration(facts.seconds)}), {facts.sample_count} samples, {facts.rate} Hz, "
            f"{facts.channels} channel(s)",
        ),
        ("network", f"{facts.network}: {fields}"),
        ("blocks", f"{facts.blocks}{silent}; {numbers}"),
        ("size", f"{facts.total_bytes:,} bytes, {facts.kbps:.1f} kbps, {100 * facts.pcm16_ratio:.1f} % of 16-bit PCM"),
        ("bytes", ", ".join(f"{name} {count:,}" for name, count in facts.bytes_by_part.items())),
    ]
    if facts.family is not None:
        lines.insert(1, ("family", f"{facts.model}, kind {facts.family}; its file has {facts.model_bytes:,} bytes"))
    if claim is not None:
        lines.append(("claim", claim))
    lines += [(name, shown(value)) for name, value in facts.tags.items()]
    show({**asdict(facts), "claim": claim}, as_json=as_json, lines=lines)


def _claim(file: BinaryIO) -> str | None:
    """Return what a stream asks for beyond what its bytes justify, so that it is decoded on request only."""
    from ligeia.cli.wording import in_options
    from ligeia.codec.budget import OverBudget, check_budget
    from ligeia.codec.framing import open_stream
    from ligeia.codec.source import Source

    file.seek(0)
    parsed = open_stream(Source(file))
    try:
        check_budget(parsed, parsed.header.rate)
    except OverBudget as error:
        return in_options(str(error))
    return None
