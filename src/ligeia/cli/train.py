"""`ligeia train`: train a model of the package from recordings and a configuration."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ligeia.cli.options import Force, Json

if TYPE_CHECKING:
    from ligeia.progress import OnProgress

Lines = list[tuple[str, str]]


@dataclass(frozen=True)
class Run:
    """A training as the command line states it."""

    config: Path
    output: Path
    data: Path | None
    folder: Path
    """Folder of states and curves."""
    resume: bool
    force: bool
    on_progress: "OnProgress | None"


@dataclass(frozen=True)
class Recipe:
    """A kind of model that can be trained."""

    summary: str
    run: Callable[[Run], tuple[dict[str, Any], Lines]]
    """Trains, writes the model, and returns facts for JSON and lines for people."""


def _contexts(run: Run) -> tuple[dict[str, Any], Lines]:
    from dataclasses import replace

    from safetensors.numpy import save

    from ligeia.audio.atomic import write_bytes
    from ligeia.codec.transform.learning import learn_contexts
    from ligeia.codec.transform.material import read_config
    from ligeia.codec.transform.trainable import KINDS

    config = read_config(run.config)
    if run.data is not None:
        config = replace(config, task=replace(config.task, data=run.data))
    learned = learn_contexts(config, folder=run.folder, resume=run.resume, on_progress=run.on_progress)
    stream = save(learned.arrays)
    write_bytes(run.output, stream, overwrite=run.force)
    facts = {"preset": config.task.preset, "steps": config.training.steps, "seed": config.training.seed}
    facts |= {"bytes": len(stream), "bits_per_symbol": learned.bits, "symbols": learned.symbols}
    lines = [
        (kind.title, f"{learned.bits[kind.name]:.4f} bits per symbol, {learned.symbols[kind.name]:,} symbols")
        for kind in KINDS
        if kind.name in learned.bits
    ]
    return facts, [("wrote", f"{run.output}: {len(stream):,} bytes"), *lines]


RECIPES = {"contexts": Recipe("the context networks of a preset of the codec (speech, music, waveform)", _contexts)}


def _list_recipes(requested: bool) -> None:
    if requested:
        from ligeia.cli.output import print_table

        print_table(("recipe", "what it trains"), [(name, recipe.summary) for name, recipe in RECIPES.items()])
        raise typer.Exit


def train(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE", help="What to train; see --list.")],
    config: Annotated[
        str,
        typer.Argument(metavar="CONFIG", help="A TOML file, or the name of a shipped model (speech, music, waveform)."),
    ],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Output file (default: CONFIG's name with .safetensors)."),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of recordings (default: that of CONFIG, else LIGEIA_DATA)."),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue an interrupted training.")] = False,
    force: Force = False,
    list_recipes: Annotated[
        bool, typer.Option("--list", callback=_list_recipes, is_eager=True, help="List the recipes, and exit.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Train a model from recordings.

    Checkpoints and curves are kept in the folder FILE.run, from which --resume continues an interrupted training.
    """
    from ligeia.audio.atomic import checked_target
    from ligeia.cli.output import show
    from ligeia.cli.progress import shown_progress

    if recipe not in RECIPES:
        raise typer.BadParameter(f"{recipe!r} is not one of {', '.join(RECIPES)}", param_hint="RECIPE")
    path = _config_path(config)
    target = output or Path(f"{path.stem}.safetensors")
    checked_target(target, overwrite=force)
    folder = target.with_name(f"{target.name}.run")
    _check_folder(folder, resume=resume, force=force)
    try:
        with shown_progress(as_json, saves=True) as watch:
            run = Run(path, target, data, folder, resume, force, watch)
            facts, lines = RECIPES[recipe].run(run)
    except KeyboardInterrupt:
        rest = "the same command with --resume continues" if folder.is_dir() else "nothing was written"
        typer.echo(f"ligeia: interrupted; {rest}", err=True)
        raise typer.Exit(130) from None
    show({"recipe": recipe, "config": str(path), "output": str(target), **facts}, as_json=as_json, lines=lines)


def _config_path(config: str) -> Path:
    """Return the file of a configuration; one that exists goes before the name of a shipped model."""
    from ligeia.datasets.provenance import learned_from, model_names

    if not Path(config).is_file() and config in model_names():
        return learned_from(config).recipe
    return Path(config)


def _check_folder(folder: Path, *, resume: bool, force: bool) -> None:
    """Require a folder of states to resume from, or clear it away."""
    from ligeia.errors import InputError

    if resume and not folder.is_dir():
        raise InputError(f"there is nothing to resume: {folder} does not exist")
    if resume or not folder.exists():
        return
    if not force:
        raise InputError(f"{folder} holds an earlier training: pass --resume to continue it, or --force to start over")
    from ligeia.training.checkpoint import remove_checkpoint

    for part in [*folder.glob("*/"), folder]:
        remove_checkpoint(part)
