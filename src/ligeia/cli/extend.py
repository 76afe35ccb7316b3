"""`ligeia extend`: a recording at a higher rate, with the band that a method adds."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ligeia.cli.options import Force, Json, Recording, Seed


def _list_methods(requested: bool) -> None:
    if requested:
        from ligeia.cli.output import print_table
        from ligeia.enhance.extension.extend import METHODS

        print_table(("method", "what it does"), [(name, method.summary) for name, method in METHODS.items()])
        raise typer.Exit


def extend(
    recording: Recording,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="OUT", help="Output file; its ending names the format.")
    ],
    rate: Annotated[int, typer.Option(metavar="HZ", help="Sampling rate of the output in Hz, above the input's.")],
    method: Annotated[str | None, typer.Option(metavar="NAME", help="Method (default: ligeia); see --list.")] = None,
    strength: Annotated[
        float, typer.Option(metavar="S", min=0, max=1, help="Share of what the method invents that is added.")
    ] = 1.0,
    model: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="A network of `ligeia train extend`, or the checkpoint of a plug-in."),
    ] = None,
    seed: Seed = 0,
    subtype: Annotated[
        str | None, typer.Option(help="Sample format: PCM_16, PCM_24, PCM_32 or FLOAT (default: the input's).")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="PNG", help="Draw spectrograms of the input and the output.")
    ] = None,
    force: Force = False,
    list_methods: Annotated[
        bool,
        typer.Option("--list", callback=_list_methods, is_eager=True, help="List the methods, and exit."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Give a recording a higher sampling rate, and a method's guess of the band that it lacks.

    What the recording holds stays: a method only adds above it. The report says what was added.
    """
    from ligeia.audio.atomic import checked_target
    from ligeia.audio.formats import nearest_subtype
    from ligeia.audio.reading import open_audio
    from ligeia.audio.writing import AudioWriter
    from ligeia.cli.output import show, show_notes
    from ligeia.cli.progress import shown_progress
    from ligeia.enhance.extension.extend import DEFAULT, Extending
    from ligeia.enhance.extension.settings import ExtendSettings

    checked_target(output, overwrite=force, source=recording)
    if plot is not None:
        checked_target(plot, overwrite=force, source=recording)
    settings = ExtendSettings(rate=rate, method=method or DEFAULT, strength=strength, model=model, seed=seed)
    with open_audio(recording) as sound, shown_progress(as_json) as watch:
        running = Extending(sound, settings, on_progress=watch)
        count = 0
        chosen = subtype or nearest_subtype(output, sound.subtype)
        shape = {"rate": running.rate, "channels": sound.channels}
        with AudioWriter(output, subtype=chosen, overwrite=force, **shape) as writer:
            for piece in running.pieces():
                writer.write(piece)
                count += piece.shape[1]
    report = running.report()
    if plot is not None:
        _draw(recording, output, plot, f"{recording.name}, extended by {report['method']}")
    show_notes(report.get("notes", ()), as_json=as_json)
    facts = {"output": str(output), "sample_count": count, **report, "plot": None if plot is None else str(plot)}
    show(facts, as_json=as_json, lines=_lines(facts))


def _lines(facts: dict[str, Any]) -> list[tuple[str, str]]:
    sound = f"{facts['seconds']:.3f} s, {facts['sample_count']} samples, {facts['rate']} Hz"
    known, added = facts["known_hz"], facts["added_hz"]
    band = "nothing" if added is None else f"{added[0]:g} to {added[1]:g} Hz"
    return [
        ("wrote", f"{facts['output']}: {sound}"),
        ("kept", f"0 to {known:g} Hz, as given"),
        ("added", f"{band}, by {facts['method']}"),
    ]


def _draw(recording: Path, output: Path, picture: Path, title: str) -> None:
    from ligeia.audio.reading import open_audio
    from ligeia.plots.sounds import plot_before_after
    from ligeia.plots.style import save_figure

    with open_audio(recording) as before, open_audio(output) as after:
        save_figure(plot_before_after(before, after, title=title), picture)
