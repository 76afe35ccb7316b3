"""Which network holds a sound best, at equal parameters and equal seconds? (our question; SIREN and its successors)

Every network of the table with Ligeia's own recipe for it (`fitting.own_recipes`): small networks in short blocks,
with so many parameters at most, fitted for the same wall-clock time. Beside them two recipes as published, in the same
seconds and of the size they have; at the size "hour" ours have as many parameters as the smaller of the two. The
recipe of the SIREN was tuned on recordings, those of the others on one second of sound: differences of a decibel or two
say nothing about the networks. The lapped network is solved in closed form, whatever the budget; two parameters are
counted for each of its units, its weight and its place.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ligeia.audio.signal import Audio
from ligeia.fitting.config import MAX_STEPS
from ligeia.fitting.own_recipes import OWN
from ligeia.fitting.plan import with_parameters
from ligeia.fitting.recipes import Recipe, recipe_named
from ligeia.records.journal import Row
from ligeia.studies.fits import fitted, outcome
from ligeia.studies.sounds import sound
from ligeia.studies.study import Cell, Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PUBLISHED = ("siren-notebook", "siamese-baseline")


@dataclass(frozen=True, kw_only=True)
class Config:
    """Sounds, seconds and networks."""

    sounds: tuple[tuple[str, int], ...] = (("bach", 0), ("speech", 0), ("speech", 1))
    """Kind and number."""
    seconds: float = 10.0
    """Of each sound, at most."""
    rate: int = 22050
    """In Hz."""
    whole: tuple[str, ...] = ()
    """Kinds of sound that are taken as they are instead: from start to end, at their own rate."""
    parameters: int | None = None
    """Of a network of ours, for the whole sound, at most; None: 0.62 for each sample."""
    budgets: tuple[float, ...] = (10.0, 60.0, 300.0)
    """Wall-clock seconds of a fit."""
    threads: int = 1
    """Of a fit, on the CPU: threads that wait for each other on a busy machine set some networks back, others not."""
    patient: tuple[str, ...] = ()
    """Networks that are fitted once more, for `patience`."""
    patience: float = 300.0
    """Wall-clock seconds of such a fit."""
    networks: tuple[str, ...] = tuple(OWN)
    """Names of networks."""
    published: tuple[str, ...] = PUBLISHED
    """Recipes of the papers."""


CONFIG = {
    "laptop": Config(sounds=(("bach", 0), ("speech", 0)), seconds=2.0, budgets=(4.0,)),
    "hour": Config(
        sounds=(("bach", 0), ("speech", 0)),
        whole=("bach",),
        parameters=141_000,
        budgets=(30.0,),
        patient=("siren", "local", "parallel"),
    ),
    "paper": Config(),
}


def cells(config: Config) -> list[Cell]:
    """Every recipe on every sound, the shortest budgets first, the patient ones last."""
    names = (*config.networks, *(f"paper: {name}" for name in config.published))
    rounds = [*((budget, names) for budget in config.budgets), (config.patience, config.patient)]
    return [
        {"sound": list(which), "budget": budget, "recipe": name}
        for budget, fitted_so_long in rounds
        for which in config.sounds
        for name in fitted_so_long
    ]


def measure(config: Config, cell: Cell) -> Row:
    """One fit."""
    kind, number = cell["sound"]
    whole = kind in config.whole
    audio, label = sound(kind, number, rate=None if whole else config.rate, seconds=None if whole else config.seconds)
    recipe = _recipe(config, cell["recipe"], audio)
    inr = fitted(audio, recipe, steps=MAX_STEPS, seconds=cell["budget"], threads=config.threads)
    per_sample = inr.parameter_count / audio.frames
    return {"sound": label, "rate": audio.rate, "per_sample": per_sample, **outcome(audio, inr)}


def _recipe(config: Config, name: str, audio: Audio) -> Recipe:
    """Ours for a network; or a paper's, whose best parameters are kept at every step."""
    if not name.startswith("paper: "):
        return OWN[name] if config.parameters is None else with_parameters(OWN[name], audio, config.parameters)
    published = recipe_named(name.removeprefix("paper: "))
    return replace(published, name=name)


def table(rows: list[Row]) -> tuple[list[str], list[list[str]]]:
    """SNR of every recipe on every sound, the best first."""
    ordered = sorted(rows, key=lambda row: (row["cell"]["budget"], row["sound"], -row["snr_db"]))
    lines = [
        [
            row["sound"],
            f"{row['cell']['budget']:g}",
            row["cell"]["recipe"],
            f"{row['snr_db']:.1f}",
            f"{row['parameters']:,}",
            f"{row['per_sample']:.2f}",
            str(row["steps"]),
            f"{row['fit_seconds']:.1f}",
        ]
        for row in ordered
    ]
    return ["sound", "budget s", "network", "SNR dB", "parameters", "per sample", "steps", "seconds"], lines


def figures(rows: list[Row]) -> "dict[str, Figure]":
    """SNR over seconds, a figure for each sound."""
    from ligeia.plots.lines import plot_lines

    drawn: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for row in rows:
        series = drawn.setdefault("-".join(map(str, row["cell"]["sound"])), {})
        series.setdefault(row["cell"]["recipe"], []).append((row["fit_seconds"], row["snr_db"]))
    return {name: plot_lines(series, x="seconds", y="SNR in dB", log="x") for name, series in drawn.items()}


STUDY = Study(
    name="activations",
    question="which network holds a sound best, at equal parameters and equal seconds?",
    source="SIREN 2020 and its successors; every network of this package",
    sizes=CONFIG,
    cells=cells,
    measure=measure,
    table=table,
    figures=figures,
)
