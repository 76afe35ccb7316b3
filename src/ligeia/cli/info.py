"""`ligeia info`: the contents of a .lig file, from its header and framing alone."""

from typing import Annotated

import typer

from ligeia.cli.options import Json, StreamFile


def info(
    stream_file: StreamFile,
    coefficients: Annotated[
        bool,
        typer.Option(
            "--coefficients/--no-coefficients",
            help="Count the coefficients of the lapped network, which takes as long as decoding.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Show what a .lig file holds.

    Network, duration, rate, size, and where the bytes go.
    """
    from dataclasses import asdict

    from ligeia.audio.tags import NAMES, shown
    from ligeia.cli.output import show
    from ligeia.cli.progress import duration
    from ligeia.cli.sources import opened_stream
    from ligeia.cli.wording import in_options
    from ligeia.codec.inspect import inspect

    with opened_stream(stream_file) as file:
        facts = inspect(file, counting=coefficients)
    fields = ", ".join(f"{name} {value}" for name, value in facts.fields.items())
    silent = f", {facts.silent_blocks} silent" if facts.silent_blocks else ""
    if facts.family is not None:
        numbers = f"{facts.code:,} numbers of code a block"
    elif facts.profile is None:
        count = "parameters not counted" if facts.parameters is None else f"{facts.parameters:,} parameters"
        numbers = f"{count}, bits {facts.bits}"
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
        ("decoded", f"{facts.pcm16_bytes:,} bytes of 16-bit PCM"),
        ("bytes", ", ".join(f"{name} {count:,}" for name, count in facts.bytes_by_part.items())),
    ]
    if facts.family is not None:
        lines.insert(1, ("family", f"{facts.model}, kind {facts.family}; its file has {facts.model_bytes:,} bytes"))
    if facts.refused is not None:
        lines.append(("refused", in_options(facts.refused)))
    # Names come from strangers, too: one that is not known must not pass for a line of the report.
    lines += [(name if name in NAMES else f"tag {name}", shown(value)) for name, value in facts.tags.items()]
    show(asdict(facts), as_json=as_json, lines=lines)
