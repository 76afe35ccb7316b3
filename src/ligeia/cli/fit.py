"""`ligeia fit`: a recording becomes a function, every parameter of which is kept as it is."""

from typing import Annotated

import typer

from ligeia.cli.options import Checkpoint, Device, Force, Json, LigOut, Network, Recording, Seed, Steps, Width


def fit(
    recording: Recording,
    output: LigOut,
    network: Network = "siren",
    recipe: Annotated[
        str, typer.Option(help="ligeia, or the name of a paper's recipe (see docs/networks.md).")
    ] = "ligeia",
    width: Width = None,
    depth: Annotated[int | None, typer.Option(help="Hidden layers, instead of the recipe's.")] = None,
    steps: Steps = None,
    budget: Annotated[float | None, typer.Option(metavar="SECONDS", help="Stop after this time.")] = None,
    snr: Annotated[float | None, typer.Option(metavar="DB", help="Stop at this signal-to-noise ratio.")] = None,
    seed: Seed = 0,
    device: Device = "auto",
    checkpoint: Checkpoint = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Fit a function to a recording and store it exactly (float32) as a .lig file."""
    from dataclasses import replace

    from ligeia.audio.atomic import checked_target
    from ligeia.audio.files import open_audio
    from ligeia.cli.output import show
    from ligeia.cli.progress import shown_progress
    from ligeia.cli.written import facts_of, keep, lines_of
    from ligeia.codec.container import EXACT
    from ligeia.codec.encode import encode_plan
    from ligeia.fitting.config import MAX_STEPS
    from ligeia.fitting.plan import make_plan
    from ligeia.fitting.recipes import recipe_named
    from ligeia.networks import spec_named

    spec_named(network)
    chosen = recipe_named(recipe).resized(width=width, depth=depth)
    if steps is None:
        steps = chosen.config.steps if budget is None else MAX_STEPS
    config = replace(chosen.config, steps=steps, seconds=budget, snr_db=snr, seed=seed, device=device)
    checked_target(output, overwrite=force)
    with open_audio(recording) as sound, shown_progress(as_json) as watch:
        plan = make_plan(sound, replace(chosen, config=config))
        stream, report = encode_plan(sound, plan, EXACT, checkpoint=checkpoint, on_progress=watch)
    keep(output, stream, overwrite=force, checkpoint=checkpoint)
    facts = {**facts_of(output, stream, report), "recipe": recipe, "seed": seed}
    show(facts, as_json=as_json, lines=lines_of(facts))
