"""A whole training run: devices and processes, a folder with checkpoints and curve, progress, exact resume."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic

import numpy as np
import torch
from numpy.typing import NDArray

from ligeia.errors import FitError, InputError
from ligeia.progress import SECONDS_BETWEEN, OnProgress, Progress
from ligeia.records.journal import Row, open_journal
from ligeia.training.checkpoint import Checkpoint, Tensors
from ligeia.training.config import TrainingConfig
from ligeia.training.loop import Trainer
from ligeia.training.objective import Objective
from ligeia.training.optimisers import CAN_RESUME
from ligeia.training.processes import joined_processes, repeatable, thread_count


@dataclass(frozen=True)
class Trained:
    """Result of a run."""

    weights: Tensors
    """Parameters and buffers by name: the best ones, averaged where the configuration says so."""
    steps: int
    """Steps that were taken, of earlier runs too."""
    seconds: float
    """Time that they took."""
    curve: list[Row] = field(default_factory=list)
    """Rows of step, seconds, learning rate, mean loss since the row before, and at evaluations their scalars."""

    @property
    def scalars(self) -> dict[str, float]:
        """Results of the last evaluation."""
        return {name: value for name, value in self.curve[-1].items() if isinstance(value, float)}


@dataclass(frozen=True)
class LearnedNetwork:
    """A network that was learned from recordings, ready for its file."""

    arrays: Mapping[str, NDArray[np.float16]]
    """Arrays of its file."""
    trained: Trained
    examples: int
    """Number of examples that it was learned from: recordings, or pairs made of them."""
    recordings: Sequence[str] = ()
    """Names of the recordings among that."""
    judged: Sequence[str] = ()
    """Names of the recordings that said which weights are the best, where they are told apart."""
    unreadable: Mapping[Path, str] = field(default_factory=dict)
    """Recordings that were left out because they cannot be read, and why."""


def train(
    make_objective: Callable[[torch.device], Objective],
    config: TrainingConfig,
    *,
    folder: Path | str | None = None,
    resume: bool = False,
    on_progress: OnProgress | None = None,
) -> Trained:
    """Train what `make_objective` makes for a device.

    With a `folder` the curve (`curve.jsonl`), the last state and the best weights (`last.safetensors`,
    `best.safetensors`) are kept there; with `resume` the same call after a crash continues there, to the same bytes.
    Under `torchrun` all processes train together. `on_progress` may raise `Cancelled` to stop; the state is saved then.

    Raises:
        InputError: the folder is not empty (and `resume` false), or belongs to another run.
        FitError: the loss is no longer finite, or torch failed.

    Example:
        >>> import torch
        >>> class Line(Objective):
        ...     name, judge = "the line", "error"
        ...     def __init__(self, device):
        ...         self.module = torch.nn.Linear(1, 1).to(device)
        ...         self.x = torch.linspace(-1, 1, 64, device=device)[:, None]
        ...     def batch(self, step):
        ...         return self.x[step.indices(len(self.x), batch=16)]
        ...     def loss(self, x):
        ...         return (self.module(x) - 3 * x).square().mean()
        ...     def evaluate(self):
        ...         return {"error": abs(self.module.weight.item() - 3)}
        >>> result = train(Line, TrainingConfig(steps=300, learning_rates=(0.1,), device="cpu"))
        >>> round(float(result.weights["weight"]), 1), result.steps, len(result.curve)
        (3.0, 300, 12)
    """
    with ExitStack() as stack:
        processes, device = stack.enter_context(joined_processes(config.device))
        stack.enter_context(thread_count(config.threads))
        stack.enter_context(repeatable(device))
        stack.enter_context(torch.random.fork_rng())
        torch.manual_seed(config.seed % 2**63 + processes.rank)
        objective = make_objective(device)
        curve: list[Row] = []
        trainer = Trainer(objective, config, processes=processes, on_row=curve.append)
        run = _Run(trainer, on_progress if processes.first else None)
        if folder is not None:
            stack.enter_context(run.kept_in(Path(folder), curve, resume=resume))
        try:
            trainer.run(run.after_step)
        except FitError:
            run.save_best()
            raise
        run.finish()
        return Trained(trainer.best, trainer.step, trainer.seconds, curve)


class _Run:
    """Saving and progress around the steps of a run."""

    def __init__(self, trainer: Trainer, on_progress: OnProgress | None) -> None:
        self.trainer, self.on_progress = trainer, on_progress
        self.store: Checkpoint | None = None
        self.saved = self.reported = monotonic()
        self.best_score = float("inf")

    @contextmanager
    def kept_in(self, folder: Path, curve: list[Row], *, resume: bool) -> Iterator[None]:
        """Resume from the state in a folder, if there is one, and keep state and curve there."""
        trainer, first = self.trainer, self.trainer.processes.first
        if trainer.config.optimiser not in CAN_RESUME:
            raise InputError(
                f"the state of optimiser {trainer.config.optimiser!r} cannot be saved: train without a folder"
            )
        with ExitStack() as stack:
            if first:
                self.store = Checkpoint(folder, _identity(trainer))
                if not resume and self.store.file("last").exists():
                    raise InputError(f"{folder} holds a run already: resume it, or name a new folder")
                journal = stack.enter_context(open_journal(folder / "curve.jsonl"))
            trainer.processes.wait()
            state = (self.store or Checkpoint(folder, _identity(trainer))).load("last")
            if state is not None:
                try:
                    trainer.load_state(*state)
                except (KeyError, IndexError, ValueError, TypeError, RuntimeError) as error:
                    path = folder / "last.safetensors"
                    raise InputError(f"{path} is not the state of this run ({error}); start over") from error
                self.best_score = trainer.best_score
            if first:
                curve += _cut_curve(folder / "curve.jsonl", trainer.step)

                def add(row: Row) -> None:
                    curve.append(row)
                    journal.add(row)

                trainer.on_row = add
            yield

    def after_step(self, trainer: Trainer) -> None:
        """Save where the last save is long ago, and report."""
        now = monotonic()
        if self.store is not None and now - self.saved >= trainer.config.save_seconds:
            self.save()
        if self.on_progress is None or now - self.reported < SECONDS_BETWEEN:
            return
        self.reported = now
        try:
            self.on_progress(self._progress())
        except BaseException:
            self.save()  # between two steps: stopping loses nothing
            raise

    def finish(self) -> None:
        """Save, and report the end."""
        self.save()
        if self.on_progress is not None:
            self.on_progress(replace(self._progress(), done=1.0))

    def save(self) -> None:
        """Save the state, and the best weights where they are new."""
        if self.store is None:
            return
        self.save_best()
        self.store.save("last", *self.trainer.state())
        self.saved = monotonic()

    def save_best(self) -> None:
        """Save the best weights where they are new."""
        trainer, store = self.trainer, self.store
        if store is not None and (trainer.best_score < self.best_score or not store.file("best").exists()):
            self.best_score = trainer.best_score
            store.save("best", trainer.best, {"name": trainer.objective.name, "step": trainer.best_step})

    def _progress(self) -> Progress:
        trainer = self.trainer
        done, name = min(trainer.fraction, 1.0), trainer.objective.name
        steps, loss = trainer.config.steps, trainer.loss
        return Progress(done=done, elapsed=trainer.seconds, stage=name, step=trainer.step, steps=steps, loss=loss)


def _identity(trainer: Trainer) -> str:
    """Return a digest of what decides the result; paths and intervals of saving may differ when a run resumes."""
    config = replace(trainer.config, device="auto", threads=None, save_seconds=0.0, seconds=None)
    return hashlib.sha256(repr((config, trainer.objective.identity())).encode()).hexdigest()


def _cut_curve(path: Path, step: int) -> list[Row]:
    """Drop the rows of a curve that are later than `step`, which will come again, and return the others.

    Raises:
        InputError: a line is not a row.
    """
    rows, length = [], 0
    for number, line in enumerate(path.read_bytes().splitlines(keepends=True), 1):
        try:
            row = json.loads(line)
            is_later = row["step"] > step or step == 0
        except (ValueError, TypeError, KeyError) as error:
            raise InputError(f"{path}, line {number}, is damaged: delete it and what follows to go on") from error
        if is_later:
            break
        rows.append(row)
        length += len(line)
    os.truncate(path, length)
    return rows
