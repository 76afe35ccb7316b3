"""Which omega would a search choose for this sound? (Zuiderveld 2021, section 5.7 and Appendix A.3.2)

The thesis searches the omegas of the first and of the hidden layers in [1, 2000] by Bayesian search with Hyperband in
a short training (200 epochs of 8 batches, learning rate 1e-5, five hours for each search), and finds that the choice
favours networks that bend between the samples. Here: Optuna's multivariate TPE and HyperbandPruner, on one network of
the same shape for one sound. Differences: the thesis fits a conditional network to 1024 sounds with AdaBelief and a
loss on differences too; it does not say on what scale it samples (here: logarithmic), nor how many trials it made.

Reduced: an eighth of a second of three clips at 8 kHz, with the thesis's omegas in hertz, depth, parameters for each
sample and steps. Each trial is fitted from three starts at once, and counts by their mean. Then the pair of omegas that
was chosen is trained again, as short as in the search and longer, beside pairs with one omega or both lower: by what
the thesis says these should catch up, above all between the samples.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from statistics import mean
from typing import Any

import numpy as np

from ligeia.audio.resample import resample
from ligeia.audio.signal import Audio
from ligeia.errors import FitError, InputError
from ligeia.fitting.recipes import recipe_named
from ligeia.inr import INR
from ligeia.networks import Siren, SirenInit
from ligeia.records.columns import Column, grouped, spread
from ligeia.records.journal import Row
from ligeia.studies.fits import fitted, sound, squared_error
from ligeia.studies.reduced import RATE, SEEDS
from ligeia.studies.searched import Fit, Range
from ligeia.studies.searching import ETA, SEARCHED, searching
from ligeia.studies.study import MSE, SECONDS, Cell, Chart, Measure, Memory, Study
from ligeia.studies.together import fitted_together

EDGE = 64
"""Samples at both ends of the denser grid that do not count: there, resampling depends on the sound outside."""
SHOWN = 10
"""Trials of each sound in the table."""
APART = 3.0
"""Factor by which lower omegas are lower."""
PAIRS = {"the choice": (1, 1), "first lower": (APART, 1), "hidden lower": (1, APART), "both lower": (APART, APART)}
"""Divisors of the omegas of a search's choice."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """The ranges and the budget of a search.

    Raises:
        InputError: there are fewer steps than the rungs need.
    """

    sounds: tuple[tuple[str, int], ...] = (("speech", 0), ("bach", 0))
    """Kind and number; a search for each."""
    seconds: float = 1.0
    """Duration of each sound."""
    rate: int = 16000
    """Sampling rate in Hz."""
    width: int = 256
    """Units in each layer."""
    depth: int = 8
    """Hidden layers."""
    stride: int = 8
    """A step sees every stride-th sample, as in the thesis."""
    omega: Range = (1.0, 2000.0)
    """Range of the first layer's omega."""
    hidden_omega: Range = (1.0, 2000.0)
    """Range of the other layers' omega."""
    learning_rate: Range = (1e-5, 1e-5)
    """Range of Adam's learning rate; the thesis searches it afterwards, on a grid from 1e-6 to 1e-3."""
    trials: int = 200
    """Trials for each sound, of all machines together."""
    steps: int = 1600
    """Steps of the last rung."""
    rungs: int = 4
    """Number of rungs at which a trial can be judged."""
    startup: int = 10
    """Trials of each bracket that are drawn at random, before the others are chosen."""
    seed: int = 0
    """Seed of the search, and of every network."""

    def __post_init__(self) -> None:
        if self.rungs < 1 or self.steps < ETA ** (self.rungs - 1):
            raise InputError(f"{self.rungs} rungs need at least {ETA ** (self.rungs - 1)} steps, got {self.steps}")

    @property
    def ladder(self) -> list[int]:
        """The steps of each rung: each a third of the next, rounded up."""
        return [-(-self.steps // ETA**k) for k in reversed(range(self.rungs))]


@dataclass(frozen=True, kw_only=True)
class Reduced(Config):
    """A search on less sound, and the trainings after it."""

    sounds: tuple[tuple[str, int], ...] = (("speech", 0), ("speech", 1), ("bach", 0))
    seconds: float = 1 / 8
    rate: int = RATE
    width: int = 64
    omega: Range = (1 / 8, 2000 / 8)
    trials: int = 20
    startup: int = 6
    starts: int = len(SEEDS)
    """Starts that every pair of omegas is fitted from, side by side."""
    later: int = 4800
    """Steps of the longer training."""


class SoundSubject:
    """One sound, fitted by a network of the form of the thesis."""

    def __init__(self, config: Config, which: tuple[str, int]) -> None:
        self.config = config
        self.audio, self.label = sound(*which, rate=config.rate, seconds=config.seconds)
        self.between = resample(self.audio, 2 * config.rate)

    def fit(self, omegas: Range, learning_rate: float, steps: int, *, dense: bool) -> Fit:
        """Fit the sound by `fit` itself, and compare what is rendered."""
        spec, settings = self.network(omegas), self.settings(learning_rate, steps)
        inr = fitted(self.audio, "inr-collection", spec=spec, **settings)
        error = finite_error(inr, self.audio, steps)
        return Fit(error, inr.report["seconds"], self.error_between(inr) if dense else None)

    def network(self, omegas: Range) -> Siren:
        """Return the network with these omegas."""
        config, (first, hidden) = self.config, omegas
        init = SirenInit(bias="two_pi", output_divisor=30.0)
        return Siren(width=config.width, depth=config.depth, first_omega=first, hidden_omega=hidden, init=init)

    def settings(self, learning_rate: float, steps: int) -> dict[str, Any]:
        """Return the settings of a fit."""
        config = self.config
        rates = (learning_rate,) * 3
        return {"learning_rates": rates, "stride": config.stride, "steps": steps, "seed": config.seed}

    def error_between(self, inr: INR) -> float:
        """Return the squared error of what is rendered at twice the rate."""
        return squared_error(inr.render(rate=self.between.rate), self.between, skipped=(EDGE, EDGE))


def finite_error(inr: INR, audio: Audio, steps: int) -> float:
    """Return the squared error of what is rendered.

    Raises:
        FitError: it is not finite.
    """
    error = squared_error(inr.render(), audio)
    if not np.isfinite(error):
        raise FitError(f"the sound rendered after {steps} steps has no finite error")
    return error


class StartsSubject(SoundSubject):
    """One sound, fitted from several starts; its error is the mean of theirs."""

    config: Reduced

    def fit(self, omegas: Range, learning_rate: float, steps: int, *, dense: bool) -> Fit:
        """Fit from all starts."""
        errors, between, seconds = zip(*self.fits(omegas, learning_rate, steps), strict=True)
        return Fit(mean(errors), sum(seconds), mean(between) if dense else None)

    def fits(self, omegas: Range, learning_rate: float, steps: int) -> list[tuple[float, float, float]]:
        """Fit from all starts, and return the errors of each at the samples and between, and its seconds."""
        recipe, sounds = recipe_named("inr-collection"), [self.audio] * self.config.starts
        settings = self.settings(learning_rate, steps) | {"threads": 1}
        inrs = fitted_together(sounds, recipe, spec=self.network(omegas), **settings)
        return [(finite_error(inr, self.audio, steps), self.error_between(inr), inr.report["seconds"]) for inr in inrs]


CONFIG = {
    "laptop": Config(
        seconds=0.5, rate=8000, width=32, depth=3, stride=1, omega=(10.0, 10000.0), hidden_omega=(30.0, 30.0),
        learning_rate=(1e-3, 1e-3), trials=40, steps=270, rungs=3, startup=6,
    ),
    "reduced": Reduced(),
    "paper": Config(),
}  # fmt: skip


def cells(config: Config) -> list[Cell]:
    """Return trial by trial, for one sound after the other; reduced, the trainings after the trials of a sound."""
    each: list[Cell] = [{"trial": number} for number in range(config.trials)]
    if isinstance(config, Reduced):
        lengths = (config.steps, config.later)
        settings = [{"pair": pair, "trained": steps} for pair in PAIRS for steps in lengths]
        each += [{**setting, "seed": seed} for setting in settings for seed in range(config.starts)]
    return [{"sound": list(which), **rest} for which in config.sounds for rest in each]


def measure(config: Config, cell: Cell) -> Row:
    """Make one trial, after all those before it, which are forgotten again: a study keeps them, see `searching`."""
    with search(config, Memory()) as measured:
        return measured(cell)


@contextmanager
def search(config: Config, memory: Memory) -> Iterator[Measure]:
    """Open the search, as `searching` does; reduced, what it gives measures the trainings after it, too.

    Raises:
        InputError: the database cannot be used, or is lost on the way.
        MissingExtra: Optuna is not installed.
    """
    if not isinstance(config, Reduced):
        with searching(config, memory, SoundSubject) as measured:
            yield measured
        return
    with searching(config, memory, StartsSubject) as trial:
        trained = cache(lambda kind, number, pair, steps: _trained(config, (kind, number), pair, steps, trial))
        yield (
            lambda cell: (
                trial(cell) if "trial" in cell else trained(*cell["sound"], cell["pair"], cell["trained"])[cell["seed"]]
            )
        )


def _trained(config: Reduced, which: tuple[str, int], pair: str, steps: int, trial: Measure) -> list[Row]:
    """Train a pair of omegas, told by the choice of the search, and return the row of each start."""
    trials = [trial({"sound": list(which), "trial": number}) for number in range(config.trials)]
    choice, divisors = best_trials(trials)[0], PAIRS[pair]
    omegas = choice["omega"] / divisors[0], choice["hidden_omega"] / divisors[1]
    subject = StartsSubject(config, which)
    facts = {"omega": omegas[0], "hidden_omega": omegas[1], "learning_rate": choice["learning_rate"], "steps": steps}
    return [
        {
            "sound": subject.label,
            "state": "trained",
            **facts,
            "mse": error,
            "dense_mse": between,
            "fit_seconds": seconds,
        }
        for error, between, seconds in subject.fits(omegas, choice["learning_rate"], steps)
    ]


def best_trials(rows: list[Row]) -> list[Row]:
    """Return the best trials of each sound."""
    ranked = (sorted(group, key=lambda row: (-row["steps"], row["mse"])) for group in grouped(rows, "sound"))
    return [row for group in ranked for row in group[:SHOWN]]


def _lines(rows: list[Row]) -> list[Row]:
    """Return the best trials, then the trainings after the search as means over their starts."""
    trained = [row for row in rows if row["state"] == "trained"]
    return best_trials([row for row in rows if row["state"] != "trained"]) + spread(
        trained, "sound", "cell.pair", "steps"
    )


def _points(rows: list[Row], name: str) -> list[Row]:
    """Return what a chart over one searched number shows: pruned trials by the rung they reached, errors between."""
    varied = [row for group in grouped(rows, "sound") if len({row[name] for row in group}) > 1 for row in group]
    climbed = sorted(varied, key=lambda row: int(row["steps"]))
    at_samples = [row | {"series": f"{row['state']}, {row['steps']} steps"} for row in climbed]
    return at_samples + [row | {"series": "complete, between samples", "mse": row["dense_mse"]} for row in varied]


def _all_sounds(rows: list[Row], name: str) -> list[Row]:
    """Return the trials of all sounds that reached the last rung, by what is searched."""
    ended = [row for row in rows if "trial" in row["cell"] and row["dense_mse"] is not None]
    if len({row[name] for row in ended}) < 2:
        return []
    return [row | {"series": row["sound"]} for row in sorted(ended, key=lambda row: float(row[name]))]


def _chart(column: Column) -> Chart:
    """Return the charts over what is searched: one for each sound, or, reduced, one for all of them."""
    name = str(column.value)

    def drawn(rows: list[Row]) -> list[Row]:
        reduced = bool(rows) and "starts" in rows[0]["config"]
        return _all_sounds(rows, name) if reduced else _points(rows, name)

    return Chart(
        lambda row: name if "starts" in row["config"] else "-".join(map(str, [*row["cell"]["sound"], name])),
        "series",
        x=column,
        y=MSE,
        log="xy",
        joined=False,
        rows=drawn,
    )


SEARCHED_COLUMNS = tuple(Column(name.replace("_", " "), name, ".4g") for name in SEARCHED)

STUDY = Study(
    name="omega_search",
    question="which omega would a search choose for this sound?",
    source="Zuiderveld 2021, section 5.7 and Appendix A.3.2",
    sizes=CONFIG,
    cells=cells,
    measure=measure,
    lines=_lines,
    columns=(
        Column("sound, its best", "sound"),
        Column("trial", lambda row: row["cell"].get("trial", row["cell"].get("pair"))),
        *SEARCHED_COLUMNS,
        Column("steps", "steps", ".0f"),
        replace(MSE, header="MSE at samples"),
        Column("MSE between", "dense_mse", ".2e"),
        replace(SECONDS, form=".2f"),
    ),
    figures=tuple(map(_chart, SEARCHED_COLUMNS)),
    search=search,
)
