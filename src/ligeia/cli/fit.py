"""`ligeia fit`: fit a network to a recording and store its parameters exactly."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ligeia.cli.batch import Facts, Job, Lines, run_jobs
from ligeia.cli.options import (
    Checkpoint,
    Device,
    Force,
    Json,
    LigOut,
    Network,
    Quiet,
    Recordings,
    Recursive,
    Seed,
    Steps,
    Width,
    seconds_of,
)  # fmt: skip

if TYPE_CHECKING:
    from ligeia.audio.signal import Sound
    from ligeia.cli.console import Console
    from ligeia.fitting.plan import Plan, Recipe


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
    recordings: Recordings,
    output: LigOut = None,
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
    budget: Annotated[
        float | None, typer.Option(metavar="TIME", help="Time limit, in seconds or as H:MM:SS.", parser=seconds_of)
    ] = None,
    snr: Annotated[
        float | None, typer.Option(metavar="DB", help="Stop when this signal-to-noise ratio, in dB, is reached.")
    ] = None,
    seed: Seed = 0,
    device: Device = "auto",
    checkpoint: Checkpoint = None,
    recursive: Recursive = False,
    force: Force = False,
    quiet: Quiet = False,
    list_networks: Annotated[
        bool,
        typer.Option("--list", callback=_list_networks, is_eager=True, help="List the networks and recipes, and exit."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Fit a network to each recording.

    Its parameters are stored exactly (float32) in a .lig file; `ligeia encode` is the way to small files.
    """
    from dataclasses import replace

    from ligeia.audio.naming import to_streams
    from ligeia.cli.console import Console
    from ligeia.cli.encode import check_checkpoint
    from ligeia.cli.targets import Wanted, places_of
    from ligeia.training.config import MAX_STEPS

    named = _recipe(network, recipe)
    _check_sizes(parameters, width, depth)
    chosen = named.resized(width=width, depth=depth)
    if steps is None:
        steps = chosen.config.steps if budget is None else MAX_STEPS
    config = replace(chosen.config, steps=steps, seconds=budget, snr_db=snr, seed=seed, device=device)
    wanted = Wanted(recordings, output, recursive=recursive, overwrite=force)
    check_checkpoint(checkpoint, wanted.several)
    places = places_of(wanted, to_streams())
    recipe_ = replace(chosen, config=config)
    console = Console(as_json, quiet, aside=any(place.to_stdout for place in places))
    jobs = lambda place: _Fit(place, recipe_, parameters, named.name, checkpoint)  # noqa: E731
    run_jobs(places, jobs, console, several=wanted.several)


@dataclass(frozen=True)
class _Fit(Job):
    """One recording to fit."""

    recipe: "Recipe"
    parameters: int | None
    """Upper limit of parameters."""
    named: str
    """Name of the recipe before it was resized."""
    checkpoint: Path | None

    def run(self, console: "Console") -> Facts:
        """Fit, and write the stream."""
        from ligeia.cli.output import facts_of, keep
        from ligeia.cli.sources import open_recording
        from ligeia.codec.parameters.encode import encode_plan
        from ligeia.codec.parameters.quantise import EXACT
        from ligeia.fitting.reach import plan_warnings

        place, checkpoint, config = self.place, self.checkpoint, self.recipe.config
        with open_recording(place.recording) as sound:
            plan = self._plan(sound)
            warnings = [*sound.notes, *plan_warnings(plan, sound)]
            console.notes(warnings)
            with console.progress(saves=checkpoint is not None) as watch:
                stream, report = encode_plan(sound, plan, EXACT, checkpoint=checkpoint, on_progress=watch)
        keep(place.target, stream, overwrite=place.overwrite, checkpoint=checkpoint)
        if config.snr_db is not None and report.snr_db < config.snr_db:
            missed = [f"the fit ended at {report.snr_db:.2f} dB, below the {config.snr_db:g} dB asked for"]
            console.notes(missed)
            warnings = [*warnings, *missed]
        facts = facts_of(place.target, stream, report)
        return {**facts, "recipe": self.named, "seed": config.seed, "warnings": warnings}

    def _plan(self, sound: "Sound") -> "Plan":
        from ligeia.fitting.plan import make_plan, with_parameters

        recipe = self.recipe
        if self.parameters is not None:
            recipe = with_parameters(recipe, sound, self.parameters)
        return make_plan(sound, recipe)

    def lines(self, facts: Facts) -> Lines:
        """Return size, error and time."""
        from ligeia.cli.output import lines_of

        return lines_of(facts | {"fit_snr_db": None})  # nothing is quantised


def _recipe(network: str, recipe: str | None) -> "Recipe":
    """Return our recipe for a network, or a paper's recipe."""
    from ligeia.errors import SettingsError
    from ligeia.fitting.own_recipes import own_recipe
    from ligeia.fitting.recipes import recipe_named

    if recipe is None:
        return own_recipe(network)
    if network != "siren":
        raise SettingsError(f"the recipe {recipe} brings its own network: give --network or --recipe, not both")
    return recipe_named(recipe)


def _check_sizes(parameters: int | None, *sizes: int | None) -> None:
    """Refuse a width or depth beside a number of parameters, which decides the width for the recipe's own depth."""
    from ligeia.errors import SettingsError

    if parameters is not None and any(size is not None for size in sizes):
        raise SettingsError("--parameters decides the size of the network: give it without --width and --depth")
