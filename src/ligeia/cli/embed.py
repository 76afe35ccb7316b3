"""`ligeia embed`: a model writes the functions of a recording in one pass."""

from pathlib import Path
from typing import Annotated

import typer

from ligeia.cli.options import Device, Force, Json, LigOut, Recording, Seed


def _list_models(requested: bool) -> None:
    if requested:
        from ligeia.cli.output import print_table
        from ligeia.hypersound.shipped import shipped_models

        models = [(model.name, f"{model.size / 1e6:.1f} MB", model.card) for model in shipped_models()]
        print_table(("MODEL", "size", "what it is"), models)
        raise typer.Exit


def embed(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="A file, or the name of a model of the package; see --list.")
    ],
    recording: Recording,
    output: LigOut,
    refine: Annotated[
        int, typer.Option(metavar="N", min=0, help="Gradient steps on the functions after they are written.")
    ] = 0,
    seed: Seed = 0,
    device: Device = "auto",
    force: Force = False,
    list_models: Annotated[
        bool,
        typer.Option("--list", callback=_list_models, is_eager=True, help="List the models of the package, and exit."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Let a model write the functions of a recording, in one pass.

    The recording is resampled to the model's rate. The .lig file holds the functions themselves: it is decoded without
    the model.
    """
    from ligeia.audio.atomic import checked_target, write_bytes
    from ligeia.audio.reading import open_audio
    from ligeia.cli.output import facts_of, lines_of, show, show_notes
    from ligeia.cli.progress import shown_progress
    from ligeia.hypersound.embed import embed_stream

    checked_target(output, overwrite=force, source=recording)
    with open_audio(recording) as sound, shown_progress(as_json) as watch:
        stream, report = embed_stream(sound, model, refine=refine, seed=seed, device=device, on_progress=watch)
    write_bytes(Path(output), stream, overwrite=force)
    show_notes(report.notes, as_json=as_json)
    facts = facts_of(output, stream, report)
    facts |= {"model": model, "seed": seed, "notes": list(report.notes)}
    facts["speed"] = facts["seconds"] / report.seconds
    lines = [*lines_of(facts), ("speed", f"{facts['speed']:.1f} times real time")]
    show(facts, as_json=as_json, lines=lines)
