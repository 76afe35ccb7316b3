"""Which network holds a sound best, at equal parameters and equal seconds? (our question; SIREN and its successors)

Every network of the table with Ligeia's own recipe for it (`fitting.own_recipes`): small networks in short blocks,
with so many parameters at most, fitted for the same wall-clock time. Beside them two recipes as published, in the same
seconds and of the size they have; at the size "hour" ours have as many parameters as the smaller of the two. The
recipe of the SIREN was tuned on recordings, those of the others on one second of sound: differences of a decibel or two
say nothing about the networks. The lapped network is solved in closed form, whatever the budget; two parameters are
counted for each of its units, its weight and its place.

Reduced: 0.4 s of each sound, seconds of the processor instead of the wall, three seeds, and without the published
recipes, whose sizes are their own.
"""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from ligeia.audio.signal import Audio
from ligeia.fitting.own_recipes import OWN
from ligeia.fitting.plan import Recipe, with_parameters
from ligeia.fitting.recipes import recipe_named
from ligeia.records.columns import Column, averaged, spread
from ligeia.records.journal import Row
from ligeia.studies.fits import fitted, outcome, sound
from ligeia.studies.reduced import SEEDS
from ligeia.studies.study import PARAMETERS, SECONDS, SNR, Cell, Chart, Study
from ligeia.training.config import MAX_STEPS

PUBLISHED = ("siren-notebook", "siamese-baseline")


@dataclass(frozen=True, kw_only=True)
class Config:
    """Sounds, seconds and networks."""

    sounds: tuple[tuple[str, int], ...] = (("bach", 0), ("speech", 0), ("speech", 1))
    """Kind and number."""
    seconds: float = 10.0
    """Duration of each sound, at most."""
    rate: int = 22050
    """Sampling rate in Hz."""
    whole: tuple[str, ...] = ()
    """Kinds of sound that are taken as they are instead: from start to end, at their own rate."""
    parameters: int | None = None
    """Parameters of each of our networks for the whole sound, at most; None: 0.62 for each sample."""
    budgets: tuple[float, ...] = (10.0, 60.0, 300.0)
    """Wall-clock seconds of a fit."""
    threads: int = 1
    """Threads of a fit on the CPU: on a busy machine, threads that wait for each other slow down only some networks."""
    patient: tuple[str, ...] = ()
    """Networks that are fitted once more, for `patience`."""
    patience: float = 300.0
    """Wall-clock seconds of such a fit."""
    networks: tuple[str, ...] = tuple(OWN)
    """Names of networks."""
    published: tuple[str, ...] = PUBLISHED
    """Recipes of the papers."""


@dataclass(frozen=True, kw_only=True)
class Reduced(Config):
    """Fits from several starts; all budgets are seconds of the processor, whatever else the machine does."""

    seeds: tuple[int, ...] = SEEDS
    """Seeds of the fits in `budgets`; those of `patience` have the first."""
    seconds: float = 0.4
    budgets: tuple[float, ...] = (3.0,)
    patient: tuple[str, ...] = tuple(OWN)
    patience: float = 9.0
    published: tuple[str, ...] = ()


CONFIG = {
    "laptop": Config(sounds=(("bach", 0), ("speech", 0)), seconds=2.0, budgets=(4.0,)),
    "hour": Config(
        sounds=(("bach", 0), ("speech", 0)),
        whole=("bach",),
        parameters=141_000,
        budgets=(30.0,),
        patient=("siren", "local", "parallel"),
    ),
    "reduced": Reduced(),
    "paper": Config(),
}


def cells(config: Config) -> list[Cell]:
    """Return every recipe on every sound, the shortest budgets first, the patient ones last; the seed is outermost."""
    names = (*config.networks, *(f"paper: {name}" for name in config.published))
    rounds = [*((budget, names) for budget in config.budgets), (config.patience, config.patient)]
    if isinstance(config, Reduced):
        *all_seeds, patient = rounds
        passes = [({"seed": seed}, each) for seed in config.seeds for each in all_seeds]
        passes.append(({"seed": config.seeds[0]}, patient))
    else:
        passes = [({}, each) for each in rounds]
    return [
        {"sound": list(which), "budget": budget, "recipe": name, **seed}
        for seed, (budget, fitted_so_long) in passes
        for which in config.sounds
        for name in fitted_so_long
    ]


def measure(config: Config, cell: Cell) -> Row:
    """Fit one recipe to one sound."""
    kind, number = cell["sound"]
    whole = kind in config.whole
    audio, label = sound(kind, number, rate=None if whole else config.rate, seconds=None if whole else config.seconds)
    recipe = _recipe(config, cell["recipe"], audio)
    settings: dict[str, Any] = {"threads": config.threads}
    if isinstance(config, Reduced):
        _warm_up()
        settings |= {"seed": cell["seed"], "clock": "processor"}
    inr = fitted(audio, recipe, steps=MAX_STEPS, seconds=cell["budget"], **settings)
    per_sample = inr.parameter_count / audio.sample_count
    return {"sound": label, "rate": audio.rate, "per_sample": per_sample, **outcome(audio, inr)}


@cache
def _warm_up() -> None:
    """Fit something once: torch loads parts of itself at the first step, which would be counted."""
    fitted(sound("bach", 0, rate=8000, seconds=0.1)[0], OWN["siren"], steps=2)


def _recipe(config: Config, name: str, audio: Audio) -> Recipe:
    """Return ours for a network, or a paper's."""
    if name.startswith("paper: "):
        return replace(recipe_named(name.removeprefix("paper: ")), name=name)
    return OWN[name] if config.parameters is None else with_parameters(OWN[name], audio, config.parameters)


def _lines(rows: list[Row]) -> list[Row]:
    """Return the networks of each sound and budget, best first; means, where there are seeds."""
    seeds = bool(rows) and "seed" in rows[0]["cell"]
    lines = spread(rows, "sound", "cell.budget", "cell.recipe") if seeds else rows
    return sorted(lines, key=lambda row: (row["cell"]["budget"], row["sound"], -row["snr_db"]))


def _chart_of(row: Row) -> str:
    """Return the name of the chart that shows a row: one for each sound, or, where there are seeds, for each kind."""
    return str(row["cell"]["sound"][0]) if "seed" in row["cell"] else "-".join(map(str, row["cell"]["sound"]))


def _drawn(rows: list[Row]) -> list[Row]:
    seeds = bool(rows) and "seed" in rows[0]["cell"]
    return averaged(rows, _chart_of, "cell.budget", "cell.recipe") if seeds else rows


STUDY = Study(
    name="activations",
    question="which network holds a sound best, at equal parameters and equal seconds?",
    source="SIREN 2020 and its successors; every network of this package",
    sizes=CONFIG,
    cells=cells,
    measure=measure,
    lines=_lines,
    columns=(
        Column("sound", "sound"),
        Column("budget s", "cell.budget", "g"),
        Column("network", "cell.recipe"),
        SNR,
        replace(PARAMETERS, form=",.0f"),
        Column("per sample", "per_sample", ".2f"),
        Column("steps", "steps", ".0f"),
        SECONDS,
    ),
    figures=(Chart(_chart_of, "cell.recipe", x=SECONDS, y=SNR, rows=_drawn),),
)
