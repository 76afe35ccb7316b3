"""Does the best omega after few steps remain the best? (Zuiderveld 2021, Appendix A.1)

One second of two sines, 1 and 6 kHz, sampled at 16 kHz, and a SIREN of five layers with 256 units (Adam 5e-5). Errors
are those on a grid eight times as dense, where a network that bends between the samples shows. After the sweep of
omega: L2 regularisation (constant, and falling linearly to 0 half way) and progressive activation scaling (8 groups,
over the first half), which shall make omega matter less.
"""

from dataclasses import dataclass, replace
from statistics import mean, stdev
from typing import TYPE_CHECKING, Any

import numpy as np

from ligeia.audio.signal import Audio
from ligeia.fitting.recipes import Recipe, recipe_named
from ligeia.networks import Siren
from ligeia.records.journal import Row
from ligeia.studies.fits import fitted
from ligeia.studies.study import Cell, Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LOW_HZ, HIGH_HZ = 1000.0, 6000.0
DENSER = 8
WAYS = ("sweep", "decay", "falling decay", "progressive")


@dataclass(frozen=True, kw_only=True)
class Config:
    """What is swept."""

    seeds: int = 10
    """Fits of each setting."""
    rate: int = 16000
    """In Hz."""
    seconds: float = 1.0
    """Of the two sines."""
    width: int = 256
    """Units in each layer."""
    omegas: tuple[float, ...] = (30, 100, 300, 1000, 3000, 10000, 30000)
    """First omegas."""
    short: int = 200
    """Steps of a short training."""
    long: int = 1000
    """Steps of a long one."""
    decayed: int = 2000
    """Steps with regularisation or progressive scaling."""
    decays: tuple[float, ...] = (0.1, 0.3, 1.0, 1.5)
    """Weights of the penalty."""
    decay_omega: float = 10000.0
    """First omega with a penalty: the best one after a short training, in the thesis."""
    ways: tuple[str, ...] = WAYS
    """Which parts of the study."""


CONFIG = {
    "laptop": Config(
        seeds=2, seconds=0.125, width=48, omegas=(100, 300, 1000, 3000), short=50, long=200, decayed=200,
        decays=(0.1, 1.0), decay_omega=1000.0,
    ),
    "paper": Config(),
}  # fmt: skip


def cells(config: Config) -> list[Cell]:
    """Sweeps of omega at both lengths, penalties, and progressive scaling, seed by seed."""
    settings: dict[str, list[Cell]] = {
        "sweep": [{"omega": w, "steps": n} for n in (config.short, config.long) for w in config.omegas],
        "decay": [{"omega": config.decay_omega, "steps": config.decayed, "decay": x} for x in config.decays],
        "falling decay": [{"omega": config.decay_omega, "steps": config.decayed, "decay": x} for x in config.decays],
        "progressive": [{"omega": w, "steps": config.decayed} for w in config.omegas],
    }
    return [
        {"way": way, "seed": seed, **setting}
        for seed in range(config.seeds)  # first: what there is after one seed has every setting
        for way in config.ways
        for setting in settings[way]
    ]


def two_sines(rate: int, seconds: float) -> Audio:
    """The sum of both sines, at a peak of about 1."""
    time = np.arange(round(rate * seconds)) / rate
    samples = (np.sin(2 * np.pi * LOW_HZ * time) + np.sin(2 * np.pi * HIGH_HZ * time)) / 2
    return Audio(samples[None].astype(np.float32), rate)


def measure(config: Config, cell: Cell) -> Row:
    """One fit: its error at the samples, and between them."""
    audio = two_sines(config.rate, config.seconds)
    spec = Siren(width=config.width, depth=4, first_omega=cell["omega"], hidden_omega=30.0, closed=True)
    base = replace(recipe_named("siren-notebook").config, learning_rates=(5e-5, 5e-5, 5e-5), **_settings(cell))
    inr = fitted(audio, Recipe(name=cell["way"], source="", design=lambda shape: spec, config=base))
    dense = two_sines(DENSER * config.rate, config.seconds)
    rendered = inr.render(rate=DENSER * config.rate)
    inside = slice(0, dense.frames - DENSER)  # beyond the last sample nothing was asked of the network
    return {
        "mse": _error(audio.samples, inr.render().samples),
        "dense_mse": _error(dense.samples[:, inside], rendered.samples[:, inside]),
        "fit_seconds": inr.report["seconds"],
    }


def _settings(cell: Cell) -> dict[str, Any]:
    settings: dict[str, Any] = {"steps": cell["steps"], "seed": cell["seed"]}
    if cell["way"] == "progressive":
        settings["progressive_groups"] = 8
    if "decay" in cell:
        settings["weight_decay"] = cell["decay"]
    if cell["way"] == "falling decay":
        settings |= {"decay_schedule": "linear", "decay_until": 0.5}
    return settings


def _error(x: "np.ndarray[Any, Any]", y: "np.ndarray[Any, Any]") -> float:
    return float(np.mean(np.square(x.astype(np.float64) - y)))


def _grouped(rows: list[Row]) -> dict[tuple[str, int, float, float], list[Row]]:
    """Rows that differ in their seed alone: way, steps, omega, penalty."""
    groups: dict[tuple[str, int, float, float], list[Row]] = {}
    for row in rows:
        cell = row["cell"]
        groups.setdefault((cell["way"], cell["steps"], cell["omega"], cell.get("decay", 0.0)), []).append(row)
    return groups


def table(rows: list[Row]) -> tuple[list[str], list[list[str]]]:
    """Means over the seeds, and how much they scatter."""
    lines = []
    for (way, steps, omega, decay), found in _grouped(rows).items():
        errors = [row["dense_mse"] for row in found]
        scatter = f"{stdev(errors):.1e}" if len(errors) > 1 else ""
        at_samples = f"{mean(row['mse'] for row in found):.2e}"
        lines.append([way, str(steps), f"{omega:g}", f"{decay:g}", at_samples, f"{mean(errors):.2e}", scatter])
    return ["way", "steps", "omega", "penalty", "MSE at samples", "MSE between", "its deviation"], lines


def figures(rows: list[Row]) -> "dict[str, Figure]":
    """Dense error over omega, and over the penalty."""
    from ligeia.plots.lines import plot_lines

    over: dict[str, dict[str, list[tuple[float, float]]]] = {"omega": {}, "penalty": {}}
    for (way, steps, omega, decay), found in _grouped(rows).items():
        error = mean(row["dense_mse"] for row in found)
        if decay:
            over["penalty"].setdefault(way, []).append((decay, error))
        else:
            over["omega"].setdefault(f"{way}, {steps} steps", []).append((omega, error))
    label = "mean squared error between samples"
    return {name: plot_lines(series, x=name, y=label, log="xy") for name, series in over.items() if series}


STUDY = Study(
    name="omega",
    question="does the best omega after few steps remain the best?",
    source="Zuiderveld 2021, Appendix A.1, Figures 1 to 8",
    sizes=CONFIG,
    selecting=frozenset({"seeds", "omegas", "ways"}),
    cells=cells,
    measure=measure,
    table=table,
    figures=figures,
)
