"""Does the best omega after few steps remain the best? (Zuiderveld 2021, Appendix A.1)

One second of two sines, 1 and 6 kHz, sampled at 16 kHz, and a SIREN of five layers with 256 units (Adam 5e-5). Errors
are those on a grid eight times as dense, where a network that bends between the samples shows. After the sweep of
omega: L2 regularisation (constant, and falling linearly to 0 half way) and progressive activation scaling (8 groups,
over the first half), which shall make omega matter less.

Reduced: a sixteenth of the second, 63 units (as many parameters for each sample), omegas that reach the same hertz, and
the same learning rate: after 200 steps that comes nearest to the rows at paper size. All seeds are fitted side by side.
"""

from dataclasses import dataclass, replace
from functools import lru_cache, partial
from statistics import stdev
from typing import Any

import numpy as np

from ligeia.audio.signal import Audio
from ligeia.fitting.recipes import recipe_named
from ligeia.inr import INR
from ligeia.networks import Siren
from ligeia.networks.coordinates import omega_to_hz
from ligeia.records.columns import Column, averaged, grouped
from ligeia.records.journal import Row
from ligeia.studies.fits import fitted, squared_error
from ligeia.studies.reduced import omega_in_hz
from ligeia.studies.study import MSE, Cell, Chart, Study
from ligeia.studies.together import fitted_together

LOW_HZ, HIGH_HZ = 1000.0, 6000.0
DENSER = 8
WAYS = ("sweep", "decay", "falling decay", "progressive")


@dataclass(frozen=True, kw_only=True)
class Config:
    """The sweeps."""

    seeds: int = 10
    """Fits of each setting."""
    rate: int = 16000
    """Sampling rate in Hz."""
    seconds: float = 1.0
    """Duration of the two sines."""
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
    """Parts of the study to measure."""


@dataclass(frozen=True, kw_only=True)
class Reduced(Config):
    """Sweeps whose seeds are fitted side by side."""


PAPER, REDUCED_SECONDS = Config(), 1 / 16


def _as_in_a_second(omega: float) -> float:
    """Return the omega that reaches the same hertz in the reduced size."""
    return omega_in_hz(omega, seconds=REDUCED_SECONDS, of=PAPER.seconds)


CONFIG = {
    "laptop": Config(
        seeds=2, seconds=0.125, width=48, omegas=(100, 300, 1000, 3000), short=50, long=200, decayed=200,
        decays=(0.1, 1.0), decay_omega=1000.0,
    ),
    "reduced": Reduced(
        seeds=3, seconds=REDUCED_SECONDS, width=63, omegas=tuple(map(_as_in_a_second, PAPER.omegas[1:])),
        decays=(0.1, 0.3, 1.0, 3.0, 10.0), decay_omega=_as_in_a_second(PAPER.decay_omega),
    ),
    "paper": PAPER,
}  # fmt: skip


def cells(config: Config) -> list[Cell]:
    """Return sweeps of omega at both lengths, penalties, and progressive scaling, seed by seed."""
    settings: dict[str, list[Cell]] = {
        "sweep": [{"omega": w, "steps": n} for n in (config.short, config.long) for w in config.omegas],
        "decay": [{"omega": config.decay_omega, "steps": config.decayed, "decay": x} for x in config.decays],
        "falling decay": [{"omega": config.decay_omega, "steps": config.decayed, "decay": x} for x in config.decays],
        "progressive": [{"omega": w, "steps": config.decayed} for w in config.omegas],
    }
    inner = range(config.seeds) if isinstance(config, Reduced) else (0,)  # fitted side by side
    outer = (0,) if isinstance(config, Reduced) else range(config.seeds)  # after one seed there is every setting
    return [
        {"way": way, "seed": max(before, seed), **setting}
        for before in outer
        for way in config.ways
        for setting in settings[way]
        for seed in inner
    ]


def two_sines(rate: int, seconds: float) -> Audio:
    """Return the sum of both sines, at a peak of about 1."""
    time = np.arange(round(rate * seconds)) / rate
    samples = (np.sin(2 * np.pi * LOW_HZ * time) + np.sin(2 * np.pi * HIGH_HZ * time)) / 2
    return Audio(samples[None].astype(np.float32), rate)


def measure(config: Config, cell: Cell) -> Row:
    """Fit one network, and measure its error at the samples and between them."""
    audio, dense = (two_sines(rate, config.seconds) for rate in (config.rate, DENSER * config.rate))
    if isinstance(config, Reduced):
        inr = _all_seeds(config, tuple((name, value) for name, value in cell.items() if name != "seed"))[cell["seed"]]
    else:
        settings = _settings(cell) | {"seed": cell["seed"]}
        inr = fitted(audio, "siren-notebook", spec=_network(config, cell), **settings)
    return {
        "mse": squared_error(inr.render(), audio),
        # beyond the last sample nothing was asked of the network
        "dense_mse": squared_error(inr.render(rate=dense.rate), dense, skipped=(0, DENSER)),
        "fit_seconds": inr.report["seconds"],
    }


@lru_cache(maxsize=1)  # the cells of the other seeds come next
def _all_seeds(config: Reduced, setting: tuple[tuple[str, Any], ...]) -> list[INR]:
    """Fit the networks of all seeds at one setting."""
    sounds = [two_sines(config.rate, config.seconds)] * config.seeds
    recipe, cell = recipe_named("siren-notebook"), dict(setting)
    return fitted_together(sounds, recipe, spec=_network(config, cell), threads=1, **_settings(cell))


def _network(config: Config, cell: Cell) -> Siren:
    return Siren(width=config.width, depth=4, first_omega=cell["omega"], hidden_omega=30.0, closed=True)


def _settings(cell: Cell) -> dict[str, Any]:
    settings: dict[str, Any] = {"steps": cell["steps"], "learning_rates": (5e-5, 5e-5, 5e-5)}
    if cell["way"] == "progressive":
        settings["progressive_groups"] = 8
    if "decay" in cell:
        settings["weight_decay"] = cell["decay"]
    if cell["way"] == "falling decay":
        settings |= {"decay_schedule": "linear", "decay_until": 0.5}
    return settings


def _over_seeds(rows: list[Row], *, penalised: bool | None = None) -> list[Row]:
    """Return one row for the rows that differ in their seed alone, with the deviation of their dense errors.

    With a penalty, without one, or (None) both.
    """
    same = ("cell.way", "cell.steps", "cell.omega", "cell.decay")
    return [
        averaged(group, *same)[0] | {"deviation": stdev(row["dense_mse"] for row in group) if len(group) > 1 else None}
        for group in grouped(rows, *same)
        if penalised in (None, "decay" in group[0]["cell"])
    ]


def _way_and_steps(row: Row) -> str:
    return f"{row['cell']['way']}, {row['cell']['steps']} steps"


OMEGA = Column("omega", "cell.omega", "g")
REACH = Column("reaches Hz", lambda row: omega_to_hz(row["cell"]["omega"], row["config"]["seconds"]), ".0f")
"""The highest frequency of a first layer whose weights lie between -1 and 1."""
PENALTY = Column("penalty", lambda row: row["cell"].get("decay", 0), "g")
BETWEEN = Column("MSE between", "dense_mse", ".2e", label="mean squared error between samples")

STUDY = Study(
    name="omega",
    question="does the best omega after few steps remain the best?",
    source="Zuiderveld 2021, Appendix A.1, Figures 1 to 8",
    sizes=CONFIG,
    selecting=frozenset({"seeds", "omegas", "decays", "ways"}),
    cells=cells,
    measure=measure,
    lines=_over_seeds,
    columns=(
        Column("way", "cell.way"),
        Column("steps", "cell.steps"),
        OMEGA,
        REACH,
        PENALTY,
        replace(MSE, header="MSE at samples"),
        BETWEEN,
        Column("its deviation", "deviation", ".1e"),
    ),
    figures=(
        Chart("omega", _way_and_steps, x=OMEGA, y=BETWEEN, log="xy", rows=partial(_over_seeds, penalised=False)),
        Chart("penalty", "cell.way", x=PENALTY, y=BETWEEN, log="xy", rows=partial(_over_seeds, penalised=True)),
    ),
)
