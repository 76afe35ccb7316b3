"""Which omega would a search choose for this sound? (Zuiderveld 2021, section 5.7 and Appendix A.3.2)

The thesis searches the omegas of the first and of the hidden layers in [1, 2000] by Bayesian search with Hyperband in
a short training (200 epochs of 8 batches, learning rate 1e-5, five hours for each search), and finds that the choice
favours networks that bend between the samples. Here: Optuna's multivariate TPE and HyperbandPruner, on one network of
the same shape for one sound. Differences: the thesis fits a conditional network to 1024 sounds with AdaBelief and a
loss on differences too; it does not say on what scale it samples (here: logarithmic), nor how many trials it made.

A trial is fitted anew at each rung (a third of the steps of the next), by `fit` itself, so that what is compared is
what is rendered and depends on steps, never on the clock. A trial that reaches the last rung costs 1.5 times its
steps by that; one pruned at the first rung, as most are, costs nothing more.
"""

import hashlib
import json
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from time import monotonic, sleep
from typing import TYPE_CHECKING

import numpy as np

from ligeia.audio.resample import resample
from ligeia.audio.signal import Audio
from ligeia.errors import FitError, InputError, LigeiaError, MissingExtra
from ligeia.fitting.recipes import Recipe, recipe_named
from ligeia.inr import INR
from ligeia.networks import Siren, SirenInit
from ligeia.records.journal import Row
from ligeia.studies.fits import fitted
from ligeia.studies.sounds import sound
from ligeia.studies.study import Cell, Memory, Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from optuna.storages import RDBStorage
    from optuna.trial import FrozenTrial, Trial

Range = tuple[float, float]
"""From, to; searched on a logarithmic scale. Equal ends: fixed."""

SEARCHED = ("omega", "hidden_omega", "learning_rate")
"""Ranges of a CONFIG, and columns of a row."""
ETA = 3
"""Of Hyperband: each rung has so many times the steps of the one before."""
EDGE = 64
"""Samples at both ends of the denser grid that do not count: what resampling says there depends on what is outside."""
SHOWN = 10
"""Trials of each sound in the table."""
LOOK_SECONDS = 1.0
"""Between looks at a trial that another machine is working on."""
PATIENCE_SECONDS = 3600.0
"""A trial of another machine that has reached no rung for so long is taken over."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """What is searched, and how patiently.

    Raises:
        InputError: there are fewer steps than the rungs need.
    """

    sounds: tuple[tuple[str, int], ...] = (("speech", 0), ("bach", 0))
    """Kind and number; a search for each."""
    seconds: float = 1.0
    """Of each sound."""
    rate: int = 16000
    """In Hz."""
    width: int = 256
    """Units in each layer."""
    depth: int = 8
    """Hidden layers."""
    stride: int = 8
    """A step sees every stride-th sample, as in the thesis."""
    omega: Range = (1.0, 2000.0)
    """Of the first layer."""
    hidden_omega: Range = (1.0, 2000.0)
    """Of the others."""
    learning_rate: Range = (1e-5, 1e-5)
    """Of Adam; the thesis looks for it afterwards, on a grid from 1e-6 to 1e-3."""
    trials: int = 200
    """For each sound, all machines together."""
    steps: int = 1600
    """Of the last rung."""
    rungs: int = 4
    """How often a trial can be looked at."""
    startup: int = 10
    """Trials of each bracket that are drawn at random, before the others are chosen."""
    seed: int = 0
    """Of the choice, and of every network."""

    def __post_init__(self) -> None:
        if self.rungs < 1 or self.steps < ETA ** (self.rungs - 1):
            raise InputError(f"{self.rungs} rungs need at least {ETA ** (self.rungs - 1)} steps, got {self.steps}")

    @property
    def ladder(self) -> list[int]:
        """The steps of each rung: each a third of the next, rounded up."""
        return [-(-self.steps // ETA**k) for k in reversed(range(self.rungs))]


CONFIG = {
    "laptop": Config(
        seconds=0.5, rate=8000, width=32, depth=3, stride=1, omega=(10.0, 10000.0), hidden_omega=(30.0, 30.0),
        learning_rate=(1e-3, 1e-3), trials=40, steps=270, rungs=3, startup=6,
    ),
    "paper": Config(),
}  # fmt: skip


def cells(config: Config) -> list[Cell]:
    """Trial by trial, for one sound after the other."""
    return [{"sound": list(which), "trial": number} for which in config.sounds for number in range(config.trials)]


def measure(config: Config, cell: Cell) -> Row:
    """One trial, after all those before it (they are forgotten again: a study keeps them, see `searching`)."""
    with searching(config, Memory()) as fill:
        return fill(cell)


@contextmanager
def searching(config: Config, memory: Memory) -> Iterator[Callable[[Cell], Row]]:
    """A search that knows the trials in `memory`; what it gives fills a cell.

    The same `config`, sounds and Optuna make the same trials, also where a killed search goes on; machines that share
    a database learn from each other, so that there the order in which they finish counts.

    Raises:
        InputError: the database cannot be used, or is lost on the way.
        MissingExtra: Optuna is not installed.
    """
    try:
        import optuna
        from sqlalchemy.exc import SQLAlchemyError
    except ImportError as error:
        raise MissingExtra("optuna", "search") from error
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    storage = None
    try:
        storage = open_storage(memory)
        of_sound = cache(lambda kind, number: _Search(config, (kind, number), storage, memory))
        yield lambda cell: of_sound(*cell["sound"]).row(cell["trial"])
    except (SQLAlchemyError, optuna.exceptions.StorageInternalError) as error:
        raise InputError(f"the database of the search does not answer: {_reason(error)}") from None
    finally:
        if storage is not None:
            storage.engine.dispose()
        optuna.logging.set_verbosity(verbosity)


def open_storage(memory: Memory) -> "RDBStorage":
    """Optuna's tables in the database of `memory`, else in its file, else in the memory of this process.

    Raises:
        InputError: the address means nothing, its driver is missing, or the database cannot be reached; the text
            holds no password.
    """
    from optuna.storages import RDBStorage
    from sqlalchemy.engine import URL, make_url
    from sqlalchemy.exc import ArgumentError, SQLAlchemyError

    try:
        embedded = URL.create("sqlite", database=None if memory.path is None else str(memory.path))
        url = embedded if memory.database is None else make_url(memory.database)
    except (ArgumentError, ValueError):  # its text would repeat the address
        raise InputError("this is no address of a database, such as postgresql://user:password@host/name") from None
    # Others may be writing the same file: then it is waited for.
    settings = {"connect_args": {"timeout": 60}} if url.get_backend_name() == "sqlite" else {}
    make = partial(RDBStorage, url.render_as_string(hide_password=False), engine_kwargs=settings)
    try:
        try:
            return make()
        except SQLAlchemyError:  # machines that start together all make the tables: the slower ones find them later
            sleep(LOOK_SECONDS)
            return make()
    except (ImportError, RuntimeError, SQLAlchemyError) as error:
        where = f"{url.drivername}://{url.host or ''}/{url.database or ''}"
        reason = _reason(error).replace(url.password or "\0", "***")
        raise InputError(f"cannot use the database {where}: {reason}") from None


def _reason(error: BaseException) -> str:
    """The first line of what a driver said, without the statement that SQLAlchemy adds."""
    cause = error.__cause__ if isinstance(error.__cause__, Exception) else error
    return (str(getattr(cause, "orig", None) or cause).splitlines() or [type(error).__name__])[0]


class _Search:
    """The search for one sound: the trials of a study of Optuna, where others may be at work too."""

    def __init__(self, config: Config, which: tuple[str, int], storage: "RDBStorage", memory: Memory) -> None:
        import optuna

        self.config, self.shared = config, memory.database is not None
        self.me = _name(platform.node(), str(memory.path and memory.path.resolve()))
        self.audio, self.label = sound(*which, rate=config.rate, seconds=config.seconds)
        self.between = resample(self.audio, 2 * config.rate)
        self.study = optuna.create_study(
            storage=storage,
            # Hyperband deals trials to brackets by name and number.
            study_name=f"omega_search {_name(json.dumps(asdict(config)), self.label)}",
            pruner=optuna.pruners.HyperbandPruner(
                min_resource=config.steps // ETA ** (config.rungs - 1),
                max_resource=config.steps + 1,  # a logarithm just below a whole number would lose a bracket
                reduction_factor=ETA,
            ),
            load_if_exists=True,
        )
        self.seen: dict[int, tuple[int, float]] = {}

    def row(self, number: int) -> Row:
        """The row of a trial, once it is finished, here or elsewhere."""
        trial = self._trial(number)
        while trial is None or not trial.state.is_finished():
            self._work(trial)
            trial = self._trial(number)
        return self._row(trial)

    def _trial(self, number: int) -> "FrozenTrial | None":
        trials = self.study.get_trials(deepcopy=False)
        return trials[number] if number < len(trials) else None

    def _work(self, wanted: "FrozenTrial | None") -> None:
        """Go on with the trial that is wanted, begin another while somebody else works on it, or wait."""
        import optuna

        if wanted is not None and self._free(wanted):
            self._run(optuna.Trial(self.study, wanted._trial_id))
        elif self._trial(self.config.trials - 1) is None:
            self._begin()
        else:
            sleep(LOOK_SECONDS)

    def _free(self, trial: "FrozenTrial") -> bool:
        """Whether a trial that has begun was left: nobody else is here, it was ours, or it has stood still for long."""
        rungs = len(trial.intermediate_values)
        if self.seen.get(trial.number, (-1, 0.0))[0] != rungs:
            self.seen[trial.number] = rungs, monotonic()
        still = monotonic() - self.seen[trial.number][1]
        return not self.shared or trial.user_attrs.get("searcher") == self.me or still >= PATIENCE_SECONDS

    def _begin(self) -> None:
        from optuna.trial import TrialState

        trial = self.study.ask()
        if trial.number < self.config.trials:
            self._run(trial)
        else:  # another machine has begun the last one in the meantime
            self.study.tell(trial, state=TrialState.FAIL)

    def _run(self, trial: "Trial") -> None:
        """Bring a trial to its end, unless another machine does so first."""
        from optuna.exceptions import UpdateFinishedTrialError
        from optuna.trial import TrialState

        with suppress(UpdateFinishedTrialError):
            trial.set_user_attr("searcher", self.me)
            try:
                value = self._climb(trial, self._recipe(trial))
            except LigeiaError as error:  # counts as pruned: of a failed trial the sampler would learn nothing
                trial.set_user_attr("problem", " ".join(str(error).split()))
                value = None
            state = TrialState.PRUNED if value is None else TrialState.COMPLETE
            self.study.tell(trial, value, state=state, skip_if_finished=True)

    def _recipe(self, trial: "Trial") -> Recipe:
        """The recipe of the thesis with what is chosen for this trial; a trial that goes on has chosen before."""
        from optuna.samplers import TPESampler

        config = self.config
        # A sampler for each trial: what it draws shall not depend on how often the search was interrupted.
        self.study.sampler = TPESampler(
            seed=config.seed + trial.number, multivariate=True, n_startup_trials=config.startup, constant_liar=True
        )
        omega, hidden, rate = (trial.suggest_float(name, *getattr(config, name), log=True) for name in SEARCHED)
        spec = Siren(
            width=config.width,
            depth=config.depth,
            first_omega=omega,
            hidden_omega=hidden,
            init=SirenInit(bias="two_pi", output_divisor=30.0),
        )
        base = replace(recipe_named("inr-collection").config, learning_rates=(rate,) * 3, stride=config.stride)
        return Recipe(name="omega_search", source="", design=lambda shape: spec, config=replace(base, seed=config.seed))

    def _climb(self, trial: "Trial", recipe: Recipe) -> float | None:
        """The error at the last rung, or None where the trial is pruned before. Rungs that are known are not redone."""
        known = dict(self.study.get_trials(deepcopy=False)[trial.number].intermediate_values)
        for steps in self.config.ladder:
            if steps not in known:
                inr = fitted(self.audio, recipe, steps=steps)
                known[steps] = self._note(trial, steps, inr)
            if steps < self.config.steps and trial.should_prune():
                return None
        return known[self.config.steps]

    def _note(self, trial: "Trial", steps: int, inr: INR) -> float:
        """Keep what a rung has shown; its error comes last, as it stands for the whole."""
        error = _error(inr.render(), self.audio)
        if not np.isfinite(error):
            raise FitError(f"what is rendered after {steps} steps has no error that is a number")
        trial.set_user_attr("fit_seconds", trial.user_attrs.get("fit_seconds", 0.0) + inr.report["seconds"])
        if steps == self.config.steps:
            trial.set_user_attr("dense_mse", _error(inr.render(rate=self.between.rate), self.between, edge=EDGE))
        trial.report(error, steps)
        return error

    def _row(self, trial: "FrozenTrial") -> Row:
        import optuna

        known = trial.user_attrs
        if "problem" in known or trial.last_step is None:
            raise FitError(known.get("problem", f"trial {trial.number} was ended from outside"))
        return {
            "sound": self.label,
            **trial.params,
            "state": trial.state.name.lower(),
            "steps": trial.last_step,
            "mse": trial.intermediate_values[trial.last_step],
            "dense_mse": known.get("dense_mse"),
            "rungs": [[steps, error] for steps, error in sorted(trial.intermediate_values.items())],
            "fit_seconds": known["fit_seconds"],
            "elsewhere": self.shared and known["searcher"] != self.me,
            "optuna": optuna.__version__,
        }


def _name(*parts: str) -> str:
    """A short name for what `parts` say, which does not tell them."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def _error(estimate: Audio, reference: Audio, *, edge: int = 0) -> float:
    """Mean squared error, without `edge` samples at both ends."""
    inside = slice(edge, min(estimate.frames, reference.frames) - edge)
    x, y = estimate.samples[:, inside].astype(np.float64), reference.samples[:, inside]
    return float(np.mean(np.square(x - y)))


def _by_sound(rows: list[Row]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row["sound"], []).append(row)
    return groups


def table(rows: list[Row]) -> tuple[list[str], list[list[str]]]:
    """The best trials of each sound."""
    lines = []
    for label, found in _by_sound(rows).items():
        for row in sorted(found, key=lambda row: (-row["steps"], row["mse"]))[:SHOWN]:
            between = "" if row["dense_mse"] is None else f"{row['dense_mse']:.2e}"
            values = [f"{row[name]:.4g}" for name in SEARCHED]
            numbers = [str(row["cell"]["trial"]), *values, str(row["steps"])]
            lines.append([label, *numbers, f"{row['mse']:.2e}", between, f"{row['fit_seconds']:.2f}"])
    searched = [name.replace("_", " ") for name in SEARCHED]
    return ["sound, its best", "trial", *searched, "steps", "MSE at samples", "MSE between", "seconds"], lines


def figures(rows: list[Row]) -> "dict[str, Figure]":
    """Error over what was searched, for each sound: pruned trials by the rung they reached."""
    from ligeia.plots.lines import plot_lines

    drawn = {}
    for found in _by_sound(rows).values():
        for name in SEARCHED:
            if len({row[name] for row in found}) > 1:
                which = "-".join(map(str, found[0]["cell"]["sound"]))
                series, x = _series(found, name), name.replace("_", " ")
                drawn[f"{which}-{name}"] = plot_lines(series, x=x, y="mean squared error", log="xy", joined=False)
    return drawn


def _series(rows: list[Row], name: str) -> dict[str, list[tuple[float, float]]]:
    series: dict[str, list[tuple[float, float]]] = {}
    for row in sorted(rows, key=lambda row: row["steps"]):
        series.setdefault(f"{row['state']}, {row['steps']} steps", []).append((row[name], row["mse"]))
    between = [(row[name], row["dense_mse"]) for row in rows if row["dense_mse"] is not None]
    return series | ({"complete, between samples": between} if between else {})


STUDY = Study(
    name="omega_search",
    question="which omega would a search choose for this sound?",
    source="Zuiderveld 2021, section 5.7 and Appendix A.3.2",
    sizes=CONFIG,
    cells=cells,
    measure=measure,
    table=table,
    figures=figures,
    search=searching,
)
