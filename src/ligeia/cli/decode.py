"""`ligeia decode`: render .lig files as recordings, at any rate, whole or in part."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

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
    from ligeia.codec.rendering import Rendered, Rendering


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
    from ligeia.codec.rendering import Rendered
    from ligeia.errors import SettingsError

    check_rewriting(enhance)
    if stop is not None and stop < start:
        raise SettingsError(f"--stop {stop:g} s lies before --start {start:g} s")
    ending = checked_ending(form, output, subtype)
    wanted = Wanted(stream_files, output, recursive=recursive, overwrite=force, subtype=subtype)
    places = places_of(wanted, to_format(ending))
    how = Rendered(rate=rate, start=start, stop=stop, salvage=salvage, enhance=enhance, max_seconds=max_seconds)
    console = Console(as_json, quiet, aside=any(place.to_stdout for place in places))
    run_jobs(places, lambda place: _Decode(place, how, ending), console, several=wanted.several)


def check_rewriting(enhance: str) -> None:
    """Refuse what is not a choice of `--enhance`."""
    from ligeia.codec.synthesis.decoding import CHOICES

    if enhance not in CHOICES:
        raise typer.BadParameter(f"{enhance!r} is not one of {', '.join(CHOICES)}", param_hint="--enhance")


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

    how: "Rendered"
    ending: str

    def run(self, console: "Console") -> Facts:
        """Write the recording."""
        from ligeia.cli.sources import opened_stream
        from ligeia.codec.rendering import rendering
        from ligeia.codec.source import Source

        with opened_stream(self.place.recording) as file, _hints(self.how.salvage):
            return self._write(rendering(Source(file), self.how), console)

    def _write(self, found: "Rendering", console: "Console") -> Facts:
        from ligeia.cli.written import with_level, writer_for
        from ligeia.codec.synthesis.decoding import is_enhanced
        from ligeia.progress import Reporter

        parsed, shape = found.stream, {"rate": found.rate, "channels": found.channels}
        sample_count = 0
        with (
            writer_for(self.place, shape, ending=self.ending, tags=parsed.tags) as writer,
            console.progress() as watch,
        ):
            report = Reporter(watch)
            report.stage("rendering", 0.0, 1.0)
            for piece in found.pieces:
                writer.write(piece)
                sample_count += piece.shape[1]
                report(sample_count / max(found.sample_count, 1))
        return {
            "output": str(self.place.target),
            "sample_count": sample_count,
            **shape,
            "seconds": sample_count / shape["rate"],
            "enhanced": is_enhanced(parsed),
            "lost_blocks": parsed.lost if self.how.salvage else [],  # without it, no damage was met in this part
            "blocks": parsed.header.segments.count,
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
