"""`ligeia decode`: render a .lig file as a recording, at any rate, whole or in part."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ligeia.cli.options import Force, Json, StreamFile


def decode(
    stream_file: StreamFile,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="OUT", help="Output file; its ending names the format.")
    ],
    rate: Annotated[
        int | None, typer.Option(metavar="HZ", help="Sampling rate in Hz (default: that of the original).")
    ] = None,
    start: Annotated[float, typer.Option(metavar="S", help="Start time in seconds.")] = 0.0,
    stop: Annotated[float | None, typer.Option(metavar="S", help="Stop time in seconds (default: the end).")] = None,
    subtype: Annotated[str | None, typer.Option(help="Sample format: PCM_16, PCM_24, PCM_32 or FLOAT.")] = None,
    salvage: Annotated[
        bool, typer.Option("--salvage", help="Replace damaged blocks by silence instead of failing.")
    ] = False,
    enhance: Annotated[
        str,
        typer.Option(
            metavar="auto|on|off",
            help="Let a network that knows speech rewrite it: where it has learned (low rates), always, or never.",
        ),
    ] = "auto",
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Render a .lig file as a recording, at any rate, whole or in part."""
    from ligeia.audio.atomic import checked_target
    from ligeia.audio.signal import checked_rate, count_samples
    from ligeia.audio.writing import AudioWriter
    from ligeia.cli.options import read_stream
    from ligeia.cli.output import show
    from ligeia.cli.progress import shown_progress
    from ligeia.codec.container import parse
    from ligeia.codec.decode import decode_pieces
    from ligeia.codec.synthesis.decoding import CHOICES, enhanced, is_enhanced
    from ligeia.progress import Reporter

    if enhance not in CHOICES:
        raise typer.BadParameter(f"{enhance!r} is not one of {', '.join(CHOICES)}", param_hint="--enhance")
    parsed = enhanced(parse(read_stream(stream_file), salvage=salvage), enhance)
    header = parsed.header
    checked_target(output, overwrite=force)
    rate = header.rate if rate is None else checked_rate(rate)
    pieces = decode_pieces(parsed, rate, start=start, stop=stop, enhance=enhance)
    sample_count, length = 0, count_samples(header.segments.sample_count / header.rate, rate, start, stop)
    with (
        AudioWriter(
            output,
            rate=rate,
            channels=header.spec.channels,
            subtype=subtype,
            overwrite=force,
            tags=parsed.tags,
        ) as writer,
        shown_progress(as_json) as watch,
    ):
        report = Reporter(watch)
        report.stage("rendering", 0.0, 1.0)
        for piece in pieces:
            writer.write(piece)
            sample_count += piece.shape[1]
            report(sample_count / max(length, 1))
    facts: dict[str, Any] = {"output": str(output), "sample_count": sample_count, "rate": rate}
    facts |= {
        "channels": header.spec.channels,
        "seconds": sample_count / rate,
        "enhanced": is_enhanced(parsed),
        "lost_blocks": parsed.lost,
        "blocks": header.segments.count,
    }
    show(facts, as_json=as_json, lines=_lines(facts))


def _lines(facts: dict[str, Any]) -> list[tuple[str, str]]:
    sound = (
        f"{facts['seconds']:.3f} s, {facts['sample_count']} samples, {facts['rate']} Hz, {facts['channels']} channel(s)"
    )
    lines = [("wrote", f"{facts['output']}: {sound}")]
    if facts["enhanced"]:
        lines.append(("enhanced", "by the network for speech at low rates; --enhance off gives the sound as coded"))
    if lost := facts["lost_blocks"]:
        numbers = ", ".join(map(str, lost[:10])) + (", ..." if len(lost) > 10 else "")
        lines.append(("lost", f"{len(lost)} of {facts['blocks']} blocks are damaged and silent: {numbers}"))
    return lines
