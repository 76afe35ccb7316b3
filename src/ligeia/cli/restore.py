"""`ligeia restore`: fill the missing, disturbed and clipped samples of a recording, and leave all others alone."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from ligeia.cli.batch import Facts, Lines, run_jobs
from ligeia.cli.enhancing import Enhancing
from ligeia.cli.options import (
    Device,
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
    import numpy as np
    from numpy.typing import NDArray

    from ligeia.audio.reading import AudioFile
    from ligeia.cli.console import Console
    from ligeia.enhance.restoration.stretch import RestoreSettings


def _list_methods(requested: bool) -> None:
    if requested:
        from ligeia.cli.output import print_table
        from ligeia.enhance.restoration.restore import METHODS
        from ligeia.enhance.restoration.stretch import RestoreSettings

        defaults = (RestoreSettings.method, RestoreSettings.declip)
        rows = [
            (
                f"{name} (default)" if name in defaults else name,
                "clipped" if method.clipping else "missing",
                method.summary,
                ", ".join(sorted(method.uses)),
            )
            for name, method in METHODS.items()
        ]
        print_table(("method", "samples", "what it does", "options"), rows)
        raise typer.Exit


def restore(
    recordings: Recordings,
    output: ResultOut,
    method: Annotated[str | None, typer.Option(help="How to fill missing samples; see --list.")] = None,
    declip: Annotated[str | None, typer.Option(help="How to restore clipped samples; see --list.")] = None,
    mask: Annotated[
        Path | None,
        typer.Option(metavar="FILE.npy", help="Missing samples: bool [time] or [channels, time]. Default: look."),
    ] = None,
    strength: Annotated[float, typer.Option(metavar="S", min=0, max=1, help="Share of each repair; 1: all.")] = 1.0,
    clipping: Annotated[bool, typer.Option("--clipping/--no-clipping", help="Look for clipped samples.")] = True,
    clicks: Annotated[bool, typer.Option("--clicks/--no-clicks", help="Look for clicks.")] = True,
    gain: Annotated[
        float | None,
        typer.Option(metavar="DB", help="Change the level of everything, so that restored peaks fit in whole numbers."),
    ] = None,
    subtype: ResultSubtype = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Iterations of methods that iterate.")] = None,
    model: Annotated[Path | None, typer.Option(metavar="FILE", help="Weights, for methods that use a model.")] = None,
    seed: Seed = 0,
    device: Device = "auto",
    plot: ResultPlot = None,
    recursive: Recursive = False,
    force: Force = False,
    quiet: Quiet = False,
    list_methods: Annotated[
        bool, typer.Option("--list", callback=_list_methods, is_eager=True, help="List the methods, and exit.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Find dropouts, gaps, clicks and clipping in recordings, and restore what was there.

    All other samples stay bit for bit as they are. With --mask nothing is searched for.
    """
    from ligeia.audio.naming import to_recordings
    from ligeia.cli.console import Console
    from ligeia.cli.targets import Wanted, places_of
    from ligeia.enhance.restoration.damage import read_mask
    from ligeia.enhance.restoration.restore import check_settings
    from ligeia.enhance.restoration.stretch import RestoreSettings

    names = {name: value for name, value in (("method", method), ("declip", declip)) if value is not None}
    settings = RestoreSettings(
        strength=strength, clipping=clipping, clicks=clicks, gain_db=gain, steps=steps, model=model, seed=seed,
        device=device, **names,
    )  # fmt: skip
    check_settings(settings)  # before any work
    flags = None if mask is None else read_mask(mask)
    keeps = tuple(path for path in (mask, model) if path is not None)
    wanted = Wanted(recordings, output, recursive, force, plot=plot, subtype=subtype, keeps=keeps)
    places = places_of(wanted, to_recordings())
    console = Console(as_json, quiet, aside=any(place.to_stdout for place in places))
    run_jobs(places, lambda place: _Restore(place, settings, flags), console, several=wanted.several)


@dataclass(frozen=True)
class _Restore(Enhancing):
    """One recording to restore."""

    settings: "RestoreSettings"
    mask: "NDArray[np.bool_] | None"
    verb: ClassVar[str] = "restore"

    def write(self, sound: "AudioFile", console: "Console") -> Facts:
        """Write the recording with its damage filled in."""
        from ligeia.cli.written import with_level, writer_for
        from ligeia.enhance.restoration.restore import Restoration

        place, settings = self.place, self.settings
        shape = {"rate": sound.rate, "channels": sound.channels}
        with console.progress() as watch:
            running = Restoration(sound, settings, mask=self.mask, on_progress=watch)
            subtype, notes = self._subtype(sound, clipped=running.clipped, gain=settings.gain_db)
            with writer_for(place, shape, subtype=subtype, tags=sound.tags) as writer:
                for piece in running.pieces():
                    writer.write(piece)
        report = running.report()
        level = with_level(writer)
        if level["clipped"]:
            notes.append(f"restored peaks of {level['peak']:.3g} were cut at full scale; a lower --gain keeps them")
        facts = {"sample_count": sound.sample_count, **shape, "subtype": subtype, **report}
        return {**facts, "clipped": level["clipped"], "notes": notes}

    def marks(self, sound: "AudioFile", facts: Facts) -> list[tuple[float, float]]:
        """Return the stretches that were damaged."""
        return [(entry["seconds"], entry["seconds"] + entry["samples"] / sound.rate) for entry in facts["findings"]]

    def _subtype(self, sound: "AudioFile", *, clipped: bool, gain: float | None) -> tuple[str | None, list[str]]:
        """Return the sample format to write, and remarks on it: that of the recording wherever the output has it."""
        from ligeia.audio.formats import format_for, nearest_subtype
        from ligeia.cli.written import named_for
        from ligeia.errors import InputError

        target, notes = named_for(self.place.target), []
        form = format_for(target)
        chosen = self.place.subtype or nearest_subtype(target, sound.subtype)
        if form is not None and clipped and gain is None and "FLOAT" in form.subtypes and self.place.subtype is None:
            if chosen != "FLOAT":
                notes.append("restored peaks may exceed full scale: samples are written as FLOAT (--gain DB keeps PCM)")
            chosen = "FLOAT"
        if sound.subtype in ("PCM_32", "DOUBLE"):
            notes.append(f"samples are read with 24 bits of precision, and this recording is {sound.subtype}")
        if clipped and gain is None and (chosen or "").startswith("PCM"):
            raise InputError(
                f"restored peaks may exceed full scale, which {chosen} does not hold: write a .wav file, or choose "
                "--gain -6 (all of the recording 6 dB quieter), or --no-clipping"
            )
        return chosen, notes

    def findings(self, facts: Facts) -> Lines:
        """Return what was found, where, and what was done."""
        from ligeia.cli.written import output_name

        found = ", ".join(
            f"{entry['count']} {kind} ({entry['samples']} samples)" for kind, entry in facts["found"].items()
        )
        lines = [
            ("wrote", f"{output_name(facts['output'])}: {facts['seconds']:.3f} s"),
            ("found", found or "no damage"),
        ]
        places = [f"{entry['seconds']:.3f}" for entry in facts["findings"][:8]]
        if places:
            more = ", ..." if len(facts["findings"]) > len(places) else ""
            lines.append(("where", f"{', '.join(places)}{more} s"))
            how = facts["method"] if facts["declip"] is None else f"{facts['method']}, clipping by {facts['declip']}"
            lines.append(("restored", f"{facts['samples_restored']} samples by {how}; all others are bit-identical"))
        if facts["left"]:
            lines.append(("left", f"{len(facts['left'])} stretches too long to restore, as they were"))
        if facts["gain_db"] is not None:
            lines.append(("gain", f"{facts['gain_db']:+g} dB on everything"))
        return lines
