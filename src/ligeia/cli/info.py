"""`ligeia info`: what a .lig file holds, from its header and frame alone."""

from ligeia.cli.options import Json, StreamFile


def info(stream_file: StreamFile, as_json: Json = False) -> None:
    """Say what a .lig file holds: network, duration, rate, and where its bytes go."""
    from dataclasses import asdict

    from ligeia.cli.output import show
    from ligeia.cli.progress import duration
    from ligeia.cli.streams import read_stream
    from ligeia.codec.inspect import inspect

    facts = inspect(read_stream(stream_file))
    fields = ", ".join(f"{name} {value}" for name, value in facts.fields.items())
    silent = f", {facts.silent_blocks} silent" if facts.silent_blocks else ""
    numbers = f"{facts.parameters:,} parameters, bits {facts.bits}"
    if facts.profile is not None:
        numbers = f"{facts.units:,} units, profile {facts.profile}"
    lines = [
        (
            "sound",
            f"{facts.seconds:.3f} s ({duration(facts.seconds)}), {facts.frames} samples, {facts.rate} Hz, "
            f"{facts.channels} channel(s)",
        ),
        ("network", f"{facts.network}: {fields}"),
        ("blocks", f"{facts.blocks}{silent}; {numbers}"),
        ("size", f"{facts.total_bytes:,} bytes, {facts.kbps:.1f} kbps, {100 * facts.pcm16_ratio:.1f} % of 16-bit PCM"),
        ("bytes", ", ".join(f"{name} {count:,}" for name, count in facts.bytes_by_part.items())),
    ]
    show(asdict(facts), as_json=as_json, lines=lines)
