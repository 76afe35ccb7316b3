"""Which omegas would a short search choose for a family of sounds? (Zuiderveld 2021, sections 5.7, 6.2.6 and A.3.2)

The thesis searches the omegas of every setup in trainings of 200 of the later 5000 epochs, and suspects that this
favours networks that bend between the samples. Here: the search of `omega_search`, for pi-GAN on a data set at
the laptop protocol; a trial learns all sounds from scratch at each rung, so that the ranking after few steps stands
beside that after many. The first omega is that of sounds of a second, as in print. Between the samples, the original is
the recording at twice the rate.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ligeia.errors import InputError, needs_extra
from ligeia.records.columns import Column
from ligeia.records.journal import Row
from ligeia.studies.family_rows import decoder_of, with_recordings
from ligeia.studies.family_setups import Changes, family_configuration
from ligeia.studies.omega_search import EDGE, best_trials
from ligeia.studies.searched import Fit, Range
from ligeia.studies.searching import ETA, searching
from ligeia.studies.study import MSE, SECONDS, Cell, Chart, Measure, Memory, Study

if TYPE_CHECKING:
    from ligeia.latent.configuration import Configuration
    from ligeia.latent.learning import LearnedFamily


@dataclass(frozen=True, kw_only=True)
class Config:
    """Data sets, ranges and budget of a search.

    Raises:
        InputError: there are fewer steps than the rungs need.
    """

    sounds: tuple[tuple[str, int], ...] = (("keyboard", 0), ("keywords", 0), ("diverse", 0))
    """Data set, and the seed of its networks; a search for each."""
    protocol: str = "paper"
    """"laptop" or "paper": which configurations."""
    omega: Range = (1.0, 2000.0)
    """Range of the first layer's omega, for sounds of a second."""
    hidden_omega: Range = (1.0, 2000.0)
    """Range of the other layers' omega."""
    learning_rate: Range = (1e-5, 1e-5)
    """Range of the learning rate."""
    trials: int = 200
    """Trials for each data set."""
    steps: int = 1600
    """Steps of the last rung: 200 epochs."""
    rungs: int = 4
    """Number of rungs at which a trial can be judged."""
    startup: int = 10
    """Trials of each bracket that are drawn at random, before the others are chosen."""
    seed: int = 0
    """Seed of the search."""
    changes: tuple[tuple[str, str, int], ...] = ()
    """Changes of all configurations: table, setting, value."""

    def __post_init__(self) -> None:
        if self.rungs < 1 or self.steps < ETA ** (self.rungs - 1):
            raise InputError(f"{self.rungs} rungs need at least {ETA ** (self.rungs - 1)} steps, got {self.steps}")

    @property
    def ladder(self) -> list[int]:
        """The steps of each rung: each a third of the next, rounded up."""
        return [-(-self.steps // ETA**k) for k in reversed(range(self.rungs))]


CONFIG = {
    "laptop": Config(
        sounds=(("keyboard", 0),), protocol="laptop", omega=(100.0, 10000.0), hidden_omega=(20.0, 2000.0),
        learning_rate=(1e-4, 1e-4), trials=14, steps=450, rungs=3, startup=5,
    ),
    "paper": Config(),
}  # fmt: skip


def cells(config: Config) -> list[Cell]:
    """Return trial by trial, for one data set after the other."""
    return [{"sound": list(which), "trial": number} for which in config.sounds for number in range(config.trials)]


def measure(config: Config, cell: Cell) -> Row:
    """Make one trial, after all those before it, which are forgotten again."""
    with search(config, Memory()) as measured:
        return measured(cell)


@contextmanager
def search(config: Config, memory: Memory) -> Iterator[Measure]:
    """Open the search that knows the trials in `memory`, and give the function that measures a cell.

    Raises:
        InputError: the database cannot be used, or is lost on the way.
        MissingExtra: Optuna or torch is not installed.
    """
    with searching(config, memory, FamilySubject) as measured:
        yield measured


class FamilySubject:
    """The sounds of a data set, learned by pi-GAN."""

    def __init__(self, config: Config, which: tuple[str, int]) -> None:
        with needs_extra("torch", "torch"):
            from ligeia.latent.material import read_material
        self.config, (self.data, self.seed) = config, which
        setting, sounds = with_recordings(self._setting((1.0, 1.0), {}))
        self.label = self.data if sounds == "recorded" else f"{sounds} {self.data}"
        self.material = read_material(setting.data)
        twice = read_material(replace(setting.data, rate=2 * setting.data.rate)).waveforms
        self.between = twice[:, 1::2]

    def _setting(self, omegas: Range, training: dict[str, object]) -> "Configuration":
        seconds = family_configuration("pi_gan", self.data, size=self.config.protocol).data.seconds
        changes: dict[str, dict[str, object]] = {
            "decoder": {"first_omega": omegas[0] * seconds, "hidden_omega": omegas[1]},
            "training": training,
        }
        for table, name, value in self.config.changes:
            changes.setdefault(table, {})[name] = value
        stated: Changes = changes
        return family_configuration("pi_gan", self.data, size=self.config.protocol, seed=self.seed, changes=stated)

    def fit(self, omegas: Range, learning_rate: float, steps: int, *, dense: bool) -> Fit:
        """Learn all sounds from scratch."""
        from ligeia.latent.learning import learn

        training = {"learning_rates": (learning_rate,), "steps": steps, "evaluations": 1, "log_every": steps}
        setting, _ = with_recordings(self._setting(omegas, training))
        learned = learn(setting, material=self.material)
        return Fit(learned.scores["mse"], learned.seconds, self._between(learned) if dense else None)

    def _between(self, learned: "LearnedFamily") -> float:
        """Return the squared error half way between the samples, but for the ends."""
        import torch

        from ligeia.latent.decoders.decoder import grid

        times = grid(2 * self.material.samples)[:, 1::2]
        decoder = decoder_of(learned)
        with torch.no_grad():
            made = torch.cat([decoder(part, times) for part in torch.split(learned.codes, 8)]).numpy()
        return float(np.square((made - self.between)[:, EDGE:-EDGE], dtype=np.float64).mean())


def _rungs(rows: list[Row]) -> list[Row]:
    """Return a point for each rung of each trial, and one for its error between the samples."""
    points = [row | {"series": f"after {steps} steps", "error": error} for row in rows for steps, error in row["rungs"]]
    order = sorted(points, key=lambda row: int(row["series"].split()[1]))
    between = [row | {"series": "between the samples", "error": row["dense_mse"]} for row in rows]
    return order + between


def _chart(column: Column) -> Chart:
    return Chart(
        lambda row: f"{row['sound']}-{column.value}",
        "series",
        x=column,
        y=Column("mean squared error", "error"),
        log="xy",
        joined=False,
        rows=_rungs,
    )


OMEGAS = (Column("first omega", "omega", ".4g"), Column("hidden omega", "hidden_omega", ".4g"))

STUDY = Study(
    name="family_omega",
    question="which omegas would a short search choose for a family of sounds?",
    source="Zuiderveld 2021, sections 5.7, 6.2.6 and A.3.2",
    sizes=CONFIG,
    cells=cells,
    measure=measure,
    lines=best_trials,
    columns=(
        Column("data, its best", "sound"),
        Column("trial", "cell.trial"),
        *OMEGAS,
        Column("steps", "steps"),
        replace(MSE, header="MSE at samples"),
        Column("MSE between", "dense_mse", ".2e"),
        Column("MSE at the first rung", lambda row: row["rungs"][0][1], ".2e"),
        replace(SECONDS, form=".1f"),
    ),
    figures=tuple(map(_chart, OMEGAS)),
    search=search,
)
