"""The search for omegas: Optuna's trials as cells of a study, kept, taken up again, and shared by machines.

Optuna's multivariate TPE proposes, and its HyperbandPruner ends what shows no promise. A trial is fitted from scratch
at each rung (a third of the steps of the next): results depend on steps and never on the clock. A trial that reaches
the last rung thus costs 1.5 times its steps; one pruned at the first rung, as most are, costs nothing more.
"""

import hashlib
import json
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from functools import cache, partial
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from ligeia.errors import FitError, InputError, LigeiaError, MissingExtra
from ligeia.records.journal import Row
from ligeia.studies.searched import Fit, Range, Subject
from ligeia.studies.study import Measure, Memory

if TYPE_CHECKING:
    from optuna.storages import RDBStorage
    from optuna.trial import FrozenTrial, Trial

SEARCHED = ("omega", "hidden_omega", "learning_rate")
"""Ranges of a CONFIG, and columns of a row."""
ETA = 3
"""Hyperband's factor from the steps of one rung to those of the next."""
LOOK_SECONDS = 1.0
"""Time between looks at a trial that another machine is working on."""
PATIENCE_SECONDS = 3600.0
"""A trial of another machine that has reached no rung for so long is taken over."""


@contextmanager
def searching(config: Any, memory: Memory, subject: Callable[[Any, tuple[str, int]], Subject]) -> Iterator[Measure]:
    """Open a search that knows the trials in `memory`, and give the function that measures a cell.

    `subject` makes of the config and of one of its `sounds` what is searched for; the config has the fields of `Config`
    that a search needs.

    The same `config`, sounds and Optuna make the same trials, also when an interrupted search continues; machines that
    share a database learn from each other, so that there the order in which they finish counts.

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
        of_sound = cache(lambda kind, number: _Search(config, subject(config, (kind, number)), storage, memory))
        yield lambda cell: of_sound(*cell["sound"]).row(cell["trial"])
    except (SQLAlchemyError, optuna.exceptions.StorageInternalError) as error:
        raise InputError(f"the database of the search does not answer: {_reason(error)}") from None
    finally:
        if storage is not None:
            storage.engine.dispose()
        optuna.logging.set_verbosity(verbosity)


def open_storage(memory: Memory) -> "RDBStorage":
    """Open Optuna's tables in the database of `memory`, else in its file, else in the memory of this process.

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
        raise InputError("not a valid address of a database, such as postgresql://user:password@host/name") from None
    # Others may be writing the same file: wait for them.
    settings = {"connect_args": {"timeout": 60}} if url.get_backend_name() == "sqlite" else {}
    make = partial(RDBStorage, url.render_as_string(hide_password=False), engine_kwargs=settings)
    try:
        with suppress(SQLAlchemyError):
            return make()
        sleep(LOOK_SECONDS)  # machines that start together all make the tables: the slower ones find them made
        return make()
    except (ImportError, RuntimeError, SQLAlchemyError) as error:
        where = f"{url.drivername}://{url.host or ''}/{url.database or ''}"
        reason = _reason(error).replace(url.password or "\0", "***")
        raise InputError(f"cannot use the database {where}: {reason}") from None


def _reason(error: BaseException) -> str:
    """Return the first line of a driver's message, without the statement that SQLAlchemy adds."""
    cause = error.__cause__ if isinstance(error.__cause__, Exception) else error
    return (str(getattr(cause, "orig", None) or cause).splitlines() or [type(error).__name__])[0]


class _Search:
    """The search for one sound: the trials of a study of Optuna, at which other machines may be working too."""

    def __init__(self, config: Any, subject: Subject, storage: "RDBStorage", memory: Memory) -> None:
        import optuna

        self.optuna, self.config, self.shared = optuna, config, memory.database is not None
        self.searcher = _digest(platform.node(), str(memory.path and memory.path.resolve()))
        self.subject = subject
        self.study = optuna.create_study(
            storage=storage,
            # Hyperband deals trials to brackets by name and number.
            study_name=f"omega_search {_digest(json.dumps(asdict(config)), subject.label)}",
            pruner=optuna.pruners.HyperbandPruner(
                min_resource=config.steps // ETA ** (config.rungs - 1),
                max_resource=config.steps + 1,  # a logarithm just below a whole number would lose a bracket
                reduction_factor=ETA,
            ),
            load_if_exists=True,
        )
        self.progress: dict[int, tuple[int, float]] = {}
        """Rungs that trials of others had reached when they were first seen there, and when that was."""

    def row(self, number: int) -> Row:
        """Return the row of a trial, once it is finished, here or elsewhere.

        Until then continue it, begin the next ones while another machine works on it, or wait.
        """
        while True:
            trials = self.study.get_trials(deepcopy=False)
            trial = trials[number] if number < len(trials) else None
            if trial is not None and trial.state.is_finished():
                return self._row(trial)
            if trial is not None and self._abandoned(trial):
                self._run(self.optuna.Trial(self.study, trial._trial_id))
            elif len(trials) < self.config.trials:
                self._begin()
            else:
                sleep(LOOK_SECONDS)

    def _begin(self) -> None:
        trial = self.study.ask()
        if trial.number < self.config.trials:
            self._run(trial)
        else:  # another machine has begun the last one in the meantime
            self.study.tell(trial, state=self.optuna.trial.TrialState.FAIL)

    def _abandoned(self, trial: "FrozenTrial") -> bool:
        """Tell whether a trial that has begun is abandoned: no other machine is here, it was ours, or long idle."""
        rungs = len(trial.intermediate_values)
        if self.progress.get(trial.number, (-1, 0.0))[0] != rungs:
            self.progress[trial.number] = rungs, monotonic()
        idle = monotonic() - self.progress[trial.number][1]
        return not self.shared or trial.user_attrs.get("searcher") == self.searcher or idle >= PATIENCE_SECONDS

    def _run(self, trial: "Trial") -> None:
        """Bring a trial to its end, unless another machine does so first."""
        states = self.optuna.trial.TrialState
        with suppress(self.optuna.exceptions.UpdateFinishedTrialError):
            trial.set_user_attr("searcher", self.searcher)
            try:
                value = self._climb(trial, *self._suggested(trial))
            except LigeiaError as error:  # counts as pruned: of a failed trial the sampler would learn nothing
                trial.set_user_attr("problem", " ".join(str(error).split()))
                value = None
            state = states.PRUNED if value is None else states.COMPLETE
            self.study.tell(trial, value, state=state, skip_if_finished=True)

    def _suggested(self, trial: "Trial") -> tuple[Range, float]:
        """Return omegas and learning rate of a trial; they stay when a trial continues."""
        config = self.config
        # A sampler for each trial: its draws must not depend on how often the search was interrupted.
        self.study.sampler = self.optuna.samplers.TPESampler(
            seed=config.seed + trial.number, multivariate=True, n_startup_trials=config.startup, constant_liar=True
        )
        omega, hidden, rate = (trial.suggest_float(name, *getattr(config, name), log=True) for name in SEARCHED)
        return (omega, hidden), rate

    def _climb(self, trial: "Trial", omegas: Range, rate: float) -> float | None:
        """Return the error at the last rung, None where the trial is pruned before; no rung is fitted twice."""
        errors = dict(self.study.get_trials(deepcopy=False)[trial.number].intermediate_values)
        for steps in self.config.ladder:
            if steps not in errors:
                found = self.subject.fit(omegas, rate, steps, dense=steps == self.config.steps)
                errors[steps] = self._reported(trial, steps, found)
            if steps < self.config.steps and trial.should_prune():
                return None
        return errors[self.config.steps]

    def _reported(self, trial: "Trial", steps: int, found: Fit) -> float:
        """Keep the results of a rung and return its error; it is kept last, as it stands for the whole rung."""
        trial.set_user_attr("fit_seconds", trial.user_attrs.get("fit_seconds", 0.0) + found.seconds)
        if found.dense_mse is not None:
            trial.set_user_attr("dense_mse", found.dense_mse)
        trial.report(found.mse, steps)
        return found.mse

    def _row(self, trial: "FrozenTrial") -> Row:
        facts = trial.user_attrs
        if "problem" in facts or trial.last_step is None:
            raise FitError(facts.get("problem", f"trial {trial.number} was ended from outside"))
        return {
            "sound": self.subject.label,
            **trial.params,
            "state": trial.state.name.lower(),
            "steps": trial.last_step,
            "mse": trial.intermediate_values[trial.last_step],
            "dense_mse": facts.get("dense_mse"),
            "rungs": [[steps, error] for steps, error in sorted(trial.intermediate_values.items())],
            "fit_seconds": facts["fit_seconds"],
            "elsewhere": self.shared and facts["searcher"] != self.searcher,
            "optuna": self.optuna.__version__,
        }


def _digest(*parts: str) -> str:
    """Return a short name for `parts` that does not reveal them."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]
