"""`ligeia extend`: recordings at a higher rate, with the band that a method adds."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from ligeia.cli.batch import Facts, Lines, run_jobs
from ligeia.cli.enhancing import Enhancing, time_line, wrote_line
from ligeia.cli.options import (
    Force,
    Json,
    Quiet,
    Recordings,
    Recursive,
    ResultOut,
    ResultPlot,
    ResultSubtype,
    Seed,
)  # fmt: skip

if TYPE_CHECKING:
    from ligeia.audio.reading import AudioFile
    from ligeia.cli.console import Console
    from ligeia.enhance.extension.settings import ExtendSettings


def _list_methods(requested: bool) -> None:
    if requested:
        from ligeia.cli.output import print_table
        from ligeia.enhance.extension.extend import DEFAULT, METHODS

        rows = [
            (f"{name} (default)" if name == DEFAULT else name, method.summary, ", ".join(sorted(method.uses)))
            for name, method in METHODS.items()
        ]
        print_table(("method", "what it does", "options"), rows)
        raise typer.Exit


def extend(
    recordings: Recordings,
    output: ResultOut,
    rate: Annotated[int, typer.Option(metavar="HZ", help="Sampling rate of the output in Hz, above the input's.")],
    method: Annotated[str | None, typer.Option(help="How; see --list (default: ligeia's own).")] = None,
    strength: Annotated[
        float,
        typer.Option(metavar="S", min=0, max=1, help="0 adds nothing, 1 all that the method guesses."),
    ] = 1.0,
    model: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="A network of `ligeia train extend`, or the checkpoint of a plug-in."),
    ] = None,
    seed: Seed = 0,
    subtype: ResultSubtype = None,
    plot: ResultPlot = None,
    recursive: Recursive = False,
    force: Force = False,
    quiet: Quiet = False,
    list_methods: Annotated[
        bool, typer.Option("--list", callback=_list_methods, is_eager=True, help="List the methods, and exit.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write recordings at a higher sampling rate, with a guess of the band that they lack.

    What they hold stays: a method only adds above it, and the report says what. Recordings of hours need no more memory
    than short ones.
    """
    from ligeia.audio.naming import to_recordings
    from ligeia.cli.console import Console
    from ligeia.cli.targets import Wanted, places_of
    from ligeia.enhance.extension.extend import DEFAULT, check_settings
    from ligeia.enhance.extension.settings import ExtendSettings

    settings = ExtendSettings(rate=rate, method=method or DEFAULT, strength=strength, model=model, seed=seed)
    check_settings(settings)  # before any work
    keeps = () if model is None else (model,)
    wanted = Wanted(recordings, output, recursive, force, plot=plot, subtype=subtype, keeps=keeps)
    places = places_of(wanted, to_recordings())
    console = Console(as_json, quiet, aside=any(place.to_stdout for place in places))
    run_jobs(places, lambda place: _Extend(place, settings), console, several=wanted.several)


@dataclass(frozen=True)
class _Extend(Enhancing):
    """One recording to extend."""

    settings: "ExtendSettings"
    verb: ClassVar[str] = "extend"

    def write(self, sound: "AudioFile", console: "Console") -> Facts:
        """Write the recording at the higher rate."""
        from ligeia.audio.formats import nearest_subtype
        from ligeia.cli.written import named_for, with_level, writer_for
        from ligeia.enhance.extension.extend import Extending

        place, settings = self.place, self.settings
        subtype = place.subtype or nearest_subtype(named_for(place.target), sound.subtype)
        settings.check(sound)  # before a file is begun
        shape = {"rate": settings.rate, "channels": sound.channels}
        count = 0
        with writer_for(place, shape, subtype=subtype, tags=sound.tags) as writer, console.progress() as watch:
            running = Extending(sound, settings, on_progress=watch)
            for piece in running.pieces():
                writer.write(piece)
                count += piece.shape[1]
        report = running.report()
        level = with_level(writer, report["notes"])
        return {"sample_count": count, "channels": sound.channels, "subtype": subtype, **report, **level}

    def findings(self, facts: Facts) -> Lines:
        """Return what was written, and what was added."""
        added = facts["added_hz"]
        strength = "" if facts["strength"] == 1 else f", strength {facts['strength']:g}"
        kept = f"0 to {facts['known_hz']:g} Hz, as given" if facts["known_hz"] else "nothing: all is written anew"
        return [
            wrote_line(facts),
            ("method", facts["method"] + strength),
            ("kept", kept),
            ("added", "nothing" if added is None else f"{added[0]:g} to {added[1]:g} Hz"),
            time_line(facts),
        ]
