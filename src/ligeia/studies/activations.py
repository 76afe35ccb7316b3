"""Which network holds a sound best, at equal parameters and equal seconds? (our question; SIREN and its successors)

Every network of the table with Ligeia's own recipe for it (`fitting.own_recipes`): small networks in short blocks, at
most 0.62 parameters for each sample, fitted for the same wall-clock time. Beside them two recipes as published, in
the same seconds. The recipe of the SIREN was tuned on recordings, those of the others on one second of sound:
differences of a decibel or two say nothing about the networks. The lapped network is solved in closed form, whatever
the budget; two parameters are counted for each of its units, its weight and its place.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ligeia.bench.journal import Row
from ligeia.fitting.config import MAX_STEPS
from ligeia.fitting.own_recipes import OWN
from ligeia.fitting.recipes import Recipe, recipe_named
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
    budgets: tuple[float, ...] = (10.0, 60.0, 300.0)
    """Wall-clock seconds of a fit."""
    networks: tuple[str, ...] = tuple(OWN)
    """Names of networks."""
    published: tuple[str, ...] = PUBLISHED
    """Recipes of the papers."""


CONFIG = {
    "laptop": Config(sounds=(("bach", 0), ("speech", 0)), seconds=2.0, budgets=(4.0,)),
    "paper": Config(),
}


def cells(config: Config) -> list[Cell]:
    """Every recipe on every sound, the shortest budgets first."""
    names = [*config.networks, *(f"paper: {name}" for name in config.published)]
    return [
        {"sound": list(which), "budget": budget, "recipe": name}
        for budget in config.budgets
        for which in config.sounds
        for name in names
    ]


def measure(config: Config, cell: Cell) -> Row:
    """One fit."""
    kind, number = cell["sound"]
    audio, label = sound(kind, number, rate=config.rate, seconds=config.seconds)
    inr = fitted(audio, _recipe(cell["recipe"]), steps=MAX_STEPS, seconds=cell["budget"])
    return {"sound": label, "per_sample": inr.parameter_count / audio.frames, **outcome(audio, inr)}


def _recipe(name: str) -> Recipe:
    """Ours for a network; or a paper's, whose best parameters are kept at every step."""
    if not name.startswith("paper: "):
        return OWN[name]
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
