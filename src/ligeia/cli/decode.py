"""`ligeia decode`: render .lig files as recordings, at any rate, whole or in part."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ligeia.cli.batch import Facts, Job, Lines, run_jobs
from ligeia.cli.options import (
    DecodedFormat,
    DecodedRate,
    DecodedSubtype,
    Force,
    Json,
    MaxSeconds,
    Quiet,
    Recursive,
    Rewriting,
    Salvage,
    Start,
    Stop,
    StreamFiles,
)

if TYPE_CHECKING:
    from ligeia.cli.console import Console
    from ligeia.codec.container import Stream


def decode(
    stream_files: StreamFiles,
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="OUT",
            help="Output file, its ending names the format; a folder, DIR/; or - for standard output "
            "(default: IN.wav beside the stream).",
        ),
    ] = None,
    form: DecodedFormat = None,
    rate: DecodedRate = None,
    start: Start = 0.0,
    stop: Stop = None,
    subtype: DecodedSubtype = None,
    salvage: Salvage = False,
    enhance: Rewriting = "auto",
    max_seconds: MaxSeconds = None,
    recursive: Recursive = False,
    force: Force = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Render .lig files as recordings, at any rate, whole or in part."""
    from ligeia.audio.naming import to_format
    from ligeia.cli.console import Console
    from ligeia.cli.targets import Wanted, places_of
    from ligeia.cli.written import checked_ending
    from ligeia.codec.synthesis.decoding import CHOICES
    from ligeia.errors import SettingsError

    if enhance not in CHOICES:
        raise typer.BadParameter(f"{enhance!r} is not one of {', '.join(CHOICES)}", param_hint="--enhance")
    if stop is not None and stop < start:
        raise SettingsError(f"--stop {stop:g} s lies before --start {start:g} s")
    ending = checked_ending(form, output, subtype)
    wanted = Wanted(stream_files, output, recursive=recursive, overwrite=force, subtype=subtype)
    places = places_of(wanted, to_format(ending))
    how = _How(rate, (start, stop), salvage, enhance, max_seconds)
    console = Console(as_json, quiet, aside=any(place.to_stdout for place in places))
    run_jobs(places, lambda place: _Decode(place, how, ending), console, several=wanted.several)


@dataclass(frozen=True)
class _How:
    """What is rendered of a stream."""

    rate: int | None
    times: tuple[float, float | None]
    salvage: bool
    enhance: str
    max_seconds: float | None


@contextmanager
def _hints(salvage: bool) -> Iterator[None]:
    """Say in errors about damage what the command can do about it."""
    from ligeia.codec.faults import Damaged

    try:
        yield
    except Damaged as error:
        if not salvage:
            until = f"--stop {error.whole_seconds:g} ends there"
            damage, _, _ = str(error).partition("; salvage=True")
            error.args = (f"{damage}; {until}, --salvage puts silence in place of damage",)
        raise


@dataclass(frozen=True)
class _Decode(Job):
    """One stream to render."""

    how: _How
    ending: str

    def run(self, console: "Console") -> Facts:
        """Write the recording."""
        from ligeia.cli.sources import opened_stream
        from ligeia.codec.framing import open_stream
        from ligeia.codec.source import Source
        from ligeia.codec.synthesis.decoding import enhanced

        with opened_stream(self.place.recording) as file, _hints(self.how.salvage):
            stream = open_stream(Source(file), salvage=self.how.salvage)
            return self._write(enhanced(stream, self.how.enhance), console)

    def _write(self, parsed: "Stream", console: "Console") -> Facts:
        from ligeia.audio.signal import count_samples
        from ligeia.cli.written import with_level, writer_for
        from ligeia.codec.decode import damage_in, decode_pieces
        from ligeia.codec.synthesis.decoding import is_enhanced
        from ligeia.progress import Reporter

        header, (start, stop) = parsed.header, self.how.times
        shape = {"rate": self.how.rate or header.rate, "channels": header.spec.channels}
        how: dict[str, Any] = {"enhance": self.how.enhance, "max_seconds": self.how.max_seconds}
        pieces = decode_pieces(parsed, shape["rate"], start=start, stop=stop, **how)
        sample_count = 0
        length = count_samples(header.segments.sample_count / header.rate, shape["rate"], start, stop)
        damage = damage_in(parsed, shape["rate"], (start, length), resampled=shape["rate"] < header.rate)
        if damage is not None and not self.how.salvage:
            raise damage  # what is known to be missing is not worth the time of decoding what comes before
        with (
            writer_for(self.place, shape, ending=self.ending, tags=parsed.tags) as writer,
            console.progress() as watch,
        ):
            report = Reporter(watch)
            report.stage("rendering", 0.0, 1.0)
            for piece in pieces:
                writer.write(piece)
                sample_count += piece.shape[1]
                report(sample_count / max(length, 1))
        return {
            "output": str(self.place.target),
            "sample_count": sample_count,
            **shape,
            "seconds": sample_count / shape["rate"],
            "enhanced": is_enhanced(parsed),
            "lost_blocks": parsed.lost if self.how.salvage else [],  # without it, no damage was met in this part
            "blocks": header.segments.count,
            **with_level(writer),
        }

    def lines(self, facts: Facts) -> Lines:
        """Return what was written, whether it was enhanced, and what is lost."""
        from ligeia.cli.written import output_name

        samples = f"{facts['sample_count']} samples, {facts['rate']} Hz, {facts['channels']} channel(s)"
        lines = [("wrote", f"{output_name(facts['output'])}: {facts['seconds']:.3f} s, {samples}")]
        if facts["enhanced"]:
            lines.append(("enhanced", "by the network for speech at low rates; --enhance off gives the sound as coded"))
        if lost := facts["lost_blocks"]:
            numbers = ", ".join(map(str, lost[:10])) + (", ..." if len(lost) > 10 else "")
            lines.append(("lost", f"{len(lost)} of {facts['blocks']} blocks are damaged and silent: {numbers}"))
        return lines
