"""`ligeia restore`: fill the missing, disturbed and clipped samples of a recording, and leave all others alone."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ligeia.cli.options import Force, Json, Recording, Seed

if TYPE_CHECKING:
    from ligeia.audio.reading import AudioFile


def _list_methods(requested: bool) -> None:
    if requested:
        from ligeia.cli.output import print_table
        from ligeia.enhance.restoration.restore import METHODS

        rows = [(name, "clipped" if method.clipping else "missing", method.summary) for name, method in METHODS.items()]
        print_table(("METHOD", "samples", "what it does"), rows)
        raise typer.Exit


def restore(
    recording: Recording,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="OUT", help="Output file; its ending names the format.")
    ],
    method: Annotated[str | None, typer.Option(help="How to fill missing samples; see --list.")] = None,
    declip: Annotated[str | None, typer.Option(help="How to restore clipped samples; see --list.")] = None,
    mask: Annotated[
        Path | None,
        typer.Option(metavar="FILE.npy", help="Missing samples: bool [time] or [channels, time]. Default: look."),
    ] = None,
    strength: Annotated[float, typer.Option(min=0, max=1, help="Share of each repair: 1 all of it.")] = 1.0,
    clipping: Annotated[bool, typer.Option("--clipping/--no-clipping", help="Look for clipped samples.")] = True,
    clicks: Annotated[bool, typer.Option("--clicks/--no-clicks", help="Look for clicks.")] = True,
    gain: Annotated[
        float | None,
        typer.Option(metavar="DB", help="Change the level, so that restored peaks fit in whole numbers."),
    ] = None,
    subtype: Annotated[
        str | None, typer.Option(help="Sample format: PCM_16, PCM_24, PCM_32 or FLOAT (default: that of IN).")
    ] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Iterations of methods that iterate.")] = None,
    model: Annotated[Path | None, typer.Option(metavar="FILE", help="Weights, for methods that use a model.")] = None,
    seed: Seed = 0,
    plot: Annotated[Path | None, typer.Option(metavar="FILE.png", help="Draw before and after (first minute).")] = None,
    force: Force = False,
    list_methods: Annotated[
        bool, typer.Option("--list", callback=_list_methods, is_eager=True, help="List the methods, and exit.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Find dropouts, gaps, clicks and clipping in a recording, and restore what was there.

    All other samples stay bit for bit as they are. With --mask nothing is searched for.
    """
    from ligeia.audio.atomic import checked_target
    from ligeia.audio.reading import open_audio
    from ligeia.audio.writing import AudioWriter
    from ligeia.cli.output import show, show_notes
    from ligeia.cli.progress import shown_progress
    from ligeia.enhance.restoration.damage import read_mask
    from ligeia.enhance.restoration.restore import Restoration
    from ligeia.enhance.restoration.stretch import RestoreSettings

    checked_target(output, overwrite=force, source=recording)
    if plot is not None:
        checked_target(plot, overwrite=force, source=recording)
    names = {name: value for name, value in (("method", method), ("declip", declip)) if value is not None}
    settings = RestoreSettings(
        strength=strength, clipping=clipping, clicks=clicks, gain_db=gain, steps=steps, model=model, seed=seed, **names
    )
    flags = None if mask is None else read_mask(mask)
    with open_audio(recording) as sound, shown_progress(as_json) as watch:
        running = Restoration(sound, settings, mask=flags, on_progress=watch)
        chosen, notes = _subtype(sound, output, subtype, clipped=running.clipped, gain=gain)
        shape = {"rate": sound.rate, "channels": sound.channels}
        with AudioWriter(output, subtype=chosen, overwrite=force, **shape) as writer:
            for piece in running.pieces():
                writer.write(piece)
    facts = {"output": str(output), "subtype": chosen, **running.report(), "notes": notes}
    if plot is not None:
        _draw(recording, output, plot, force)
        facts["plot"] = str(plot)
    show_notes(notes, as_json=as_json)
    show(facts, as_json=as_json, lines=_lines(facts))


def _subtype(
    sound: "AudioFile", output: Path, asked: str | None, *, clipped: bool, gain: float | None
) -> tuple[str | None, list[str]]:
    """Return the sample format to write, and remarks on it: that of the recording wherever the output has it."""
    from ligeia.audio.formats import format_for
    from ligeia.errors import InputError

    form = format_for(output)
    subtypes = () if form is None else form.subtypes
    chosen, notes = asked, []
    if asked is None:
        exact = {"PCM_S8": "PCM_16", "PCM_U8": "PCM_16", "ULAW": "PCM_16", "ALAW": "PCM_16", "DOUBLE": "FLOAT"}
        wanted = exact.get(sound.subtype or "FLOAT", sound.subtype or "FLOAT")
        chosen = next((name for name in (wanted, "FLOAT", "PCM_24") if name in subtypes), None)
        if clipped and gain is None and "FLOAT" in subtypes and chosen != "FLOAT":
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


def _draw(recording: Path, output: Path, plot: Path, force: bool) -> None:
    from ligeia.audio.atomic import atomic_path
    from ligeia.audio.reading import open_audio
    from ligeia.audio.signal import Audio
    from ligeia.plots.sounds import MOST_SECONDS, plot_comparison

    sounds = []
    for path in (recording, output):
        with open_audio(path) as file:
            sounds.append(Audio(file.read(0, int(MOST_SECONDS * file.rate)), file.rate))
    figure = plot_comparison(reference=sounds[0], estimate=sounds[1], title=f"{recording.name}, restored")
    with atomic_path(plot, overwrite=force) as temporary:
        figure.savefig(temporary)


def _lines(facts: dict[str, Any]) -> list[tuple[str, str]]:
    found = ", ".join(f"{entry['count']} {kind} ({entry['samples']} samples)" for kind, entry in facts["found"].items())
    lines = [("wrote", f"{facts['output']}: {facts['seconds']:.3f} s"), ("found", found or "no damage")]
    places = [f"{entry['seconds']:.3f}" for entry in facts["findings"][:8]]
    if places:
        more = ", ..." if len(facts["findings"]) > len(places) else ""
        lines.append(("where", f"{', '.join(places)}{more} s"))
        how = facts["method"] if facts["declip"] is None else f"{facts['method']}, clipping by {facts['declip']}"
        lines.append(("restored", f"{facts['samples_restored']} samples by {how}; all others are bit-identical"))
    if facts["left"]:
        lines.append(("left", f"{len(facts['left'])} stretches too long to restore, as they were"))
    return lines
