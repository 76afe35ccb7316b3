"""`ligeia train`: train a model of the package from recordings and a configuration."""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ligeia.cli.options import Force, Json, Quiet
from ligeia.cli.standard import say

if TYPE_CHECKING:
    from ligeia.progress import OnProgress
    from ligeia.training.runs import LearnedNetwork

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
    shipped: Callable[[], dict[str, Path]]
    """Files of the configurations that come with the package, by name."""


def _contexts(run: Run) -> tuple[dict[str, Any], Lines]:
    from dataclasses import replace

    from safetensors.numpy import save

    from ligeia.audio.atomic import write_bytes
    from ligeia.codec.transform.learning import learn_contexts
    from ligeia.codec.transform.material import read_config

    config = read_config(run.config)
    if run.data is not None:
        config = replace(config, task=replace(config.task, data=run.data))
    learned = learn_contexts(config, folder=run.folder, resume=run.resume, on_progress=run.on_progress)
    stream = save(learned.arrays)
    write_bytes(run.output, stream, overwrite=run.force)
    facts = {"preset": config.task.preset, "steps": config.training.steps, "seed": config.training.seed}
    facts |= {"bytes": len(stream), "bits_per_symbol": learned.bits, "symbols": learned.symbols}
    lines = [
        (learned.titles[name], f"{bits:.4f} bits per symbol, {learned.symbols[name]:,} symbols")
        for name, bits in learned.bits.items()
    ]
    return facts, [("wrote", f"{run.output}: {len(stream):,} bytes"), *lines]


def _shipped_contexts() -> dict[str, Path]:
    from ligeia.datasets.provenance import learned_from, model_names

    models = {name: learned_from(name) for name in model_names()}
    return {name: facts.recipe for name, facts in models.items() if facts.path.parent.name == "transform"}


def _hypersound(run: Run) -> tuple[dict[str, Any], Lines]:
    from ligeia.hypersound.configuration import read_configuration
    from ligeia.hypersound.learning import learn
    from ligeia.hypersound.weights import save_model

    config = read_configuration(run.config).on(run.data)
    learned = learn(config, folder=run.folder, resume=run.resume, on_progress=run.on_progress)
    facts = learned.facts()
    if _is_first():
        save_model(run.output, learned.model, facts, overwrite=run.force)
        _draw(learned.curve, run.folder)
    return facts, [("wrote", f"{run.output}: {config.model.numbers:,} numbers written for a segment"), *learned.lines()]


def _draw(curve: list[dict[str, Any]], folder: Path) -> None:
    """Draw a curve, where matplotlib is installed; the curve itself is kept in any case."""
    from ligeia.errors import MissingExtra
    from ligeia.training.figures import draw_curve

    with suppress(MissingExtra):
        draw_curve(curve, folder)


def _shipped_hypersound() -> dict[str, Path]:
    from ligeia.hypersound.configuration import configuration_names, configuration_path

    return {name: configuration_path(name) for name in configuration_names()}


def _atoms(run: Run) -> tuple[dict[str, Any], Lines]:
    from ligeia.hypersound.atoms_learning import learn_atoms, read_atoms_training
    from ligeia.hypersound.dictionary import save_dictionary

    config = read_atoms_training(run.config).on(run.data)
    learned = learn_atoms(config, folder=run.folder, resume=run.resume, on_progress=run.on_progress)
    if _is_first():
        save_dictionary(run.output, learned.dictionary, learned.facts, overwrite=run.force)
        _draw(learned.curve, run.folder)
    scores = learned.facts["scores"]
    lines = [(name.replace("_", " "), f"{value:.4g}") for name, value in scores.items()]
    return learned.facts, [("wrote", f"{run.output}: {len(learned.dictionary):,} shapes"), *lines]


def _shipped_atoms() -> dict[str, Path]:
    from ligeia.hypersound.dictionary import RECIPE

    return {"atoms": RECIPE}


def _latent(run: Run) -> tuple[dict[str, Any], Lines]:
    from ligeia.audio.atomic import write_bytes
    from ligeia.codec.family.model import model_bytes
    from ligeia.latent.configuration import read_configuration
    from ligeia.latent.learning import family_name, learn
    from ligeia.latent.partials.learning import is_notes_config

    if is_notes_config(run.config):
        return _notes(run)
    config = read_configuration(run.config).on(run.data)
    name = family_name(run.output)
    learned = learn(config, folder=run.folder, resume=run.resume, on_progress=run.on_progress)
    stream = model_bytes(learned.model(name))
    if _is_first():
        write_bytes(run.output, stream, overwrite=run.force)
        _draw(learned.curve, run.folder)
    facts = {"family": name, "bytes": len(stream), **learned.facts()}
    return facts, [("wrote", f"{run.output}: {len(stream):,} bytes"), *learned.lines()]


def _notes(run: Run) -> tuple[dict[str, Any], Lines]:
    """Train a family of notes, which is learned from levels of partials and not from samples."""
    from ligeia.audio.atomic import write_bytes
    from ligeia.codec.family.model import model_bytes
    from ligeia.latent.learning import family_name
    from ligeia.latent.partials.learning import learn_notes, read_notes_config

    config, name = read_notes_config(run.config).on(run.data), family_name(run.output)
    learned = learn_notes(config, name=name, folder=run.folder, resume=run.resume, on_progress=run.on_progress)
    stream = model_bytes(learned.model)
    if _is_first():
        write_bytes(run.output, stream, overwrite=run.force)
        _draw(learned.curve, run.folder)
    facts = {"family": name, "bytes": len(stream), "steps": learned.steps, "scores": learned.scores}
    lines = [(key.replace("_", " "), f"{value:.4g}") for key, value in learned.scores.items()]
    return facts, [("wrote", f"{run.output}: {len(stream):,} bytes"), *lines]


def _shipped_latent() -> dict[str, Path]:
    from ligeia.latent.configuration import configuration_names, configuration_path
    from ligeia.latent.partials.learning import CONFIGURATION

    shipped = {name: configuration_path(name) for name in configuration_names()}
    return {"notes": CONFIGURATION} | shipped


def _finished(run: Run, learned: "LearnedNetwork", **more: object) -> tuple[dict[str, Any], Lines]:
    """Write the network that was learned, and return facts and lines."""
    from safetensors.numpy import save

    from ligeia.audio.atomic import write_bytes

    trained = learned.trained
    stream = save(dict(learned.arrays))
    if _is_first():
        write_bytes(run.output, stream, overwrite=run.force)
        _draw(trained.curve, run.folder)
    facts: dict[str, Any] = {"steps": trained.steps, "seconds": trained.seconds}
    facts |= {"bytes": len(stream), **more, "scalars": trained.scalars}
    facts["unreadable"] = {str(path): reason for path, reason in learned.unreadable.items()}
    scalars = ", ".join(f"{name} {value:.4f}" for name, value in trained.scalars.items())
    lines = [("wrote", f"{run.output}: {len(stream):,} bytes"), ("steps", f"{trained.steps:,}; {scalars}")]
    lines += [("unreadable", reason) for reason in learned.unreadable.values()]
    return facts, lines


def _synthesis(run: Run) -> tuple[dict[str, Any], Lines]:
    from dataclasses import replace

    from ligeia.codec.synthesis.learning import learn_synthesis, read_synthesis_config

    task, training = read_synthesis_config(run.config)
    if run.data is not None:
        task = replace(task, data=run.data)
    learned = learn_synthesis(task, training, folder=run.folder, resume=run.resume, on_progress=run.on_progress)
    return _finished(run, learned, seed=training.seed, pairs=learned.examples)


def _shipped_synthesis() -> dict[str, Path]:
    from importlib.resources import files

    return {"speech_low": Path(str(files("ligeia.codec.synthesis").joinpath("speech_low.toml")))}


def _extend(run: Run) -> tuple[dict[str, Any], Lines]:
    from dataclasses import replace

    from ligeia.enhance.extension.learning import learn_extension, read_extension_config

    task, training = read_extension_config(run.config)
    if run.data is not None:
        task = replace(task, data=run.data)
    learned = learn_extension(task, training, folder=run.folder, resume=run.resume, on_progress=run.on_progress)
    return _finished(run, learned, seed=training.seed, recordings=list(learned.recordings), judged=list(learned.judged))


def _shipped_extend() -> dict[str, Path]:
    from ligeia.enhance.extension.learning import NAMES, configuration_path

    return {name: configuration_path(name) for name in NAMES}


def _denoise(run: Run) -> tuple[dict[str, Any], Lines]:
    from dataclasses import replace

    from ligeia.enhance.denoising.suppressor.learning import learn_suppressor, read_suppressor_config

    task, training = read_suppressor_config(run.config)
    if run.data is not None:
        task = replace(task, data=run.data)
    learned = learn_suppressor(task, training, folder=run.folder, resume=run.resume, on_progress=run.on_progress)
    return _finished(run, learned, seed=training.seed, recordings=learned.examples)


def _shipped_denoise() -> dict[str, Path]:
    from ligeia.enhance.denoising.suppressor.material import CONFIGURATION

    return {"speech": CONFIGURATION}


RECIPES = {
    "contexts": Recipe(
        "the context networks of a profile of the codec (speech, speech_low, music, waveform)",
        _contexts,
        _shipped_contexts,
    ),
    "synthesis": Recipe("the network behind the decoder of speech at low rates", _synthesis, _shipped_synthesis),
    "denoise": Recipe("the network that takes noise off speech", _denoise, _shipped_denoise),
    "extend": Recipe("a network that extends sounds to higher rates", _extend, _shipped_extend),
    "hypersound": Recipe("a network that writes functions for sounds", _hypersound, _shipped_hypersound),
    "latent": Recipe("a family of sounds: one network, and a code for each sound", _latent, _shipped_latent),
    "atoms": Recipe("a dictionary of shapes, which write a sound in few numbers", _atoms, _shipped_atoms),
}


def _list_recipes(requested: bool) -> None:
    if requested:
        from ligeia.cli.output import print_table

        print_table(("recipe", "what it trains"), [(name, recipe.summary) for name, recipe in RECIPES.items()])
        rows = [(name, *row) for name, recipe in RECIPES.items() for row in _summaries(recipe)]
        print_table(("recipe", "configuration", "what it is"), rows)
        raise typer.Exit


def _summaries(recipe: Recipe) -> list[tuple[str, str]]:
    """Return name and first comment of the shipped configurations of a recipe."""
    rows = []
    for name, path in recipe.shipped().items():
        first = path.read_text(encoding="utf-8").partition("\n")[0]
        rows.append((name, first.removeprefix("#").strip() if first.startswith("#") else ""))
    return rows


def _is_first() -> bool:
    """Return whether this process writes files and prints: among those that `torchrun` starts, the first."""
    return os.environ.get("RANK", "0") == "0"


def train(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE", help="What to train; see --list.")],
    config: Annotated[
        str,
        typer.Argument(metavar="CONFIG", help="A TOML file, or the name of a shipped configuration; see --list."),
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
    quiet: Quiet = False,
    list_recipes: Annotated[
        bool,
        typer.Option("--list", callback=_list_recipes, is_eager=True, help="List what can be trained, and exit."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Train a model from recordings.

    Checkpoints and curves are kept in the folder FILE.run, from which --resume continues an interrupted training.
    """
    from ligeia.audio.atomic import checked_target
    from ligeia.cli.console import Console
    from ligeia.cli.signals import by_signal, exit_code
    from ligeia.cli.targets import refuse_inputs

    if recipe not in RECIPES:
        raise typer.BadParameter(f"{recipe!r} is not one of {', '.join(RECIPES)}", param_hint="RECIPE")
    path = _config_path(config, RECIPES[recipe])
    target = output or Path(f"{path.stem}.safetensors")
    folder = target.with_name(f"{target.name}.run")
    if _is_first():
        refuse_inputs(target, [path])
        checked_target(target, overwrite=force)
        _check_folder(folder, resume=resume, force=force)
    console = Console(as_json, quiet or not _is_first())
    try:
        with console.progress(saves=True) as watch:
            run = Run(path, target, data, folder, resume, force, watch)
            facts, lines = RECIPES[recipe].run(run)
    except KeyboardInterrupt as interrupt:
        rest = "the same command with --resume continues" if folder.is_dir() else "nothing was written"
        say(f"ligeia: interrupted{by_signal(interrupt)}; {rest}", err=True)
        raise typer.Exit(exit_code(interrupt)) from None
    if _is_first():
        console.report({"recipe": recipe, "config": str(path), "output": str(target), **facts}, lines)


def _config_path(config: str, recipe: Recipe) -> Path:
    """Return the file of a configuration; one that exists goes before the name of a shipped one."""
    return Path(config) if Path(config).is_file() else recipe.shipped().get(config, Path(config))


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
