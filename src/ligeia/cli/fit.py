"""`ligeia fit`: fit a network to a recording and store its parameters exactly."""

from typing import TYPE_CHECKING, Annotated

import typer

from ligeia.cli.options import Checkpoint, Device, Force, Json, LigOut, Network, Recording, Seed, Steps, Width

if TYPE_CHECKING:
    from ligeia.fitting.plan import Recipe


def _list_networks(requested: bool) -> None:
    if requested:
        from ligeia.cli.output import print_table
        from ligeia.fitting.own_recipes import OWN
        from ligeia.fitting.recipes import RECIPES
        from ligeia.networks import SPECS

        networks = [(spec.name, (spec.__doc__ or "").partition("\n")[0]) for spec in SPECS if spec.name in OWN]
        print_table(("--network", "description"), networks)
        print_table(("--recipe", "source"), [(recipe.name, recipe.source) for recipe in RECIPES])
        raise typer.Exit


def fit(
    recording: Recording,
    output: LigOut,
    network: Network = "siren",
    recipe: Annotated[
        str | None, typer.Option(help="Recipe of a paper, which brings its own network; see --list.")
    ] = None,
    width: Width = None,
    parameters: Annotated[
        int | None, typer.Option(help="Upper limit of parameters for the whole recording (default: 0.62 per sample).")
    ] = None,
    depth: Annotated[int | None, typer.Option(help="Number of hidden layers (default: the recipe's).")] = None,
    steps: Steps = None,
    budget: Annotated[float | None, typer.Option(metavar="SECONDS", help="Time limit in seconds.")] = None,
    snr: Annotated[
        float | None, typer.Option(metavar="DB", help="Stop when this signal-to-noise ratio, in dB, is reached.")
    ] = None,
    seed: Seed = 0,
    device: Device = "auto",
    checkpoint: Checkpoint = None,
    force: Force = False,
    list_networks: Annotated[
        bool,
        typer.Option("--list", callback=_list_networks, is_eager=True, help="List the networks and recipes, and exit."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Fit a network to a recording.

    Its parameters are stored exactly (float32) in a .lig file; `ligeia encode` is the way to small files.
    """
    from dataclasses import replace

    from ligeia.audio.atomic import checked_target
    from ligeia.audio.reading import open_audio
    from ligeia.cli.output import facts_of, keep, lines_of, show, show_notes
    from ligeia.cli.progress import shown_progress
    from ligeia.codec.parameters.encode import encode_plan
    from ligeia.codec.parameters.quantise import EXACT
    from ligeia.fitting.plan import make_plan, with_parameters
    from ligeia.fitting.reach import plan_warnings
    from ligeia.training.config import MAX_STEPS

    named = _recipe(network, recipe)
    _check_sizes(parameters, width, depth)
    chosen = named.resized(width=width, depth=depth)
    if steps is None:
        steps = chosen.config.steps if budget is None else MAX_STEPS
    config = replace(chosen.config, steps=steps, seconds=budget, snr_db=snr, seed=seed, device=device)
    checked_target(output, overwrite=force, source=recording)
    with open_audio(recording) as sound:
        if parameters is not None:
            chosen = with_parameters(chosen, sound, parameters)
        plan = make_plan(sound, replace(chosen, config=config))
        warnings = plan_warnings(plan, sound)
        show_notes(warnings, as_json=as_json)
        with shown_progress(as_json, saves=checkpoint is not None) as watch:
            stream, report = encode_plan(sound, plan, EXACT, checkpoint=checkpoint, on_progress=watch)
    keep(output, stream, overwrite=force, checkpoint=checkpoint)
    if snr is not None and report.snr_db < snr:
        missed = [f"the fit ended at {report.snr_db:.2f} dB, below the {snr:g} dB asked for"]
        show_notes(missed, as_json=as_json)
        warnings = [*warnings, *missed]
    facts = {**facts_of(output, stream, report), "recipe": named.name, "seed": seed, "warnings": warnings}
    show(facts, as_json=as_json, lines=lines_of(facts | {"fit_snr_db": None}))  # nothing is quantised


def _recipe(network: str, recipe: str | None) -> "Recipe":
    """Return our recipe for a network, or a paper's recipe."""
    from ligeia.errors import InputError
    from ligeia.fitting.own_recipes import own_recipe
    from ligeia.fitting.recipes import recipe_named

    if recipe is None:
        return own_recipe(network)
    if network != "siren":
        raise InputError(f"the recipe {recipe} brings its own network: give --network or --recipe, not both")
    return recipe_named(recipe)


def _check_sizes(parameters: int | None, *sizes: int | None) -> None:
    """Refuse a width or depth beside a number of parameters, which decides the width for the recipe's own depth."""
    from ligeia.errors import InputError

    if parameters is not None and any(size is not None for size in sizes):
        raise InputError("--parameters decides the size of the network: give it without --width and --depth")
