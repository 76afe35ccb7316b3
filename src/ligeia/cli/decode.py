"""`ligeia decode`: a .lig file becomes a recording, at any rate, whole or in part."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ligeia.cli.options import Force, Json, StreamFile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def decode(
    stream_file: StreamFile,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="OUT", help="Where to write; the ending says how.")],
    rate: Annotated[int | None, typer.Option(metavar="HZ", help="Sampling rate, instead of the original one.")] = None,
    start: Annotated[float, typer.Option(metavar="S", help="Second at which to start.")] = 0.0,
    stop: Annotated[float | None, typer.Option(metavar="S", help="Second at which to stop.")] = None,
    subtype: Annotated[str | None, typer.Option(help="Sample format: PCM_16, PCM_24, PCM_32 or FLOAT.")] = None,
    salvage: Annotated[bool, typer.Option("--salvage", help="Silence damaged blocks instead of giving up.")] = False,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Evaluate the function of a .lig file and write it as a recording."""
    from ligeia.audio.atomic import checked_target
    from ligeia.audio.signal import checked_rate
    from ligeia.audio.writer import AudioWriter
    from ligeia.cli.output import show
    from ligeia.cli.streams import read_stream
    from ligeia.codec.decode import stream_header

    stream = read_stream(stream_file)
    header = stream_header(stream)
    checked_target(output, overwrite=force)
    rate = header.rate if rate is None else checked_rate(rate)
    frames = 0
    channels = header.spec.channels
    with AudioWriter(output, rate=rate, channels=channels, subtype=subtype, overwrite=force) as writer:
        for piece in _pieces(stream, header.rate, rate, start, stop, salvage):
            writer.write(piece)
            frames += piece.shape[1]
    facts = {"output": str(output), "frames": frames, "rate": rate, "channels": channels, "seconds": frames / rate}
    line = f"{output}: {frames / rate:.3f} s, {frames} samples, {rate} Hz, {channels} channel(s)"
    show(facts, as_json=as_json, lines=[("wrote", line)])


def _pieces(
    stream: bytes, original: int, rate: int, start: float, stop: float | None, salvage: bool
) -> "Iterator[NDArray[np.float32]]":
    """The wanted part of the sound, piece by piece.

    Below the original rate the function is rendered at the original one and resampled: sampling it more
    coarsely would alias.
    """
    from ligeia.audio.resample import resample
    from ligeia.audio.signal import Audio
    from ligeia.codec.decode import decode, decode_pieces

    if rate == original and start == 0 and stop is None:
        yield from decode_pieces(stream, salvage=salvage)
        return
    inr = decode(stream, salvage=salvage)
    if rate >= original:
        yield from inr.render_pieces(rate, start=start, stop=stop)
    else:
        yield resample(Audio(inr.render(start=start, stop=stop).samples, original), rate).samples
