"""`ligeia train extend CONFIG`: LISA, or the envelope of a missing band, by the one trainer (torch)."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ligeia.enhance.extension.envelope import LAYOUTS
from ligeia.enhance.extension.envelope_learning import EnvelopeTask, MissingBand
from ligeia.enhance.extension.lisa_learning import Interpolation, LisaTask
from ligeia.enhance.extension.material import Recordings, read_recordings
from ligeia.errors import InputError
from ligeia.progress import OnProgress, Progress
from ligeia.records.journal import Row
from ligeia.training.config import TrainingConfig, read_settings
from ligeia.training.objective import Objective
from ligeia.training.runs import train

READING = 0.1
"""Share of the work, for its progress."""
NAMES = ("lisa", *LAYOUTS)
"""The configurations that come with the package."""


@dataclass(frozen=True)
class LearnedExtension:
    """A finished network."""

    arrays: dict[str, NDArray[np.float16]]
    """Arrays of its file."""
    scalars: dict[str, float]
    """Results of the last evaluation."""
    steps: int
    seconds: float
    recordings: list[str]
    """Names of what was learned from."""
    judged: list[str]
    """Names of what said which weights are the best."""
    curve: list[Row]
    """Rows of the curve; see `training.runs.Trained`."""
    unreadable: dict[Path, str]
    """Recordings that were left out because they cannot be read, and why."""


def configuration_path(name: str) -> Path:
    """Return the file of a configuration that comes with the package."""
    return Path(str(files("ligeia.enhance.extension").joinpath(f"{name}.toml")))


def read_extension_config(path: Path) -> tuple[LisaTask | EnvelopeTask, TrainingConfig]:
    """Read a configuration: a table `[lisa]` or `[envelope]`, and `[training]`.

    Raises:
        InputError: it cannot be read, or a setting is unknown or out of range.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as TOML: {error}") from error
    kinds: dict[str, type] = {"lisa": LisaTask, "envelope": EnvelopeTask}
    present = [name for name in kinds if name in tables]
    if len(present) != 1:
        raise InputError(f"{path} must hold one of the tables [lisa] and [envelope], and holds {len(present)}")
    settings = read_settings(path, **{present[0]: kinds[present[0]]}, training=TrainingConfig)
    return settings[present[0]], settings["training"]


def learn_extension(
    task: LisaTask | EnvelopeTask,
    training: TrainingConfig,
    *,
    folder: Path | None = None,
    resume: bool = False,
    on_progress: OnProgress | None = None,
) -> LearnedExtension:
    """Train a network that extends.

    With a `folder` state and curve are kept in it; with `resume` the same call after a crash goes on from there.

    Raises:
        InputError: there are no recordings, or the folder holds another run.
        FitError: the training diverged.
    """
    started = monotonic()

    def report(share: float, progress: Progress) -> None:
        if on_progress is not None:
            on_progress(replace(progress, done=share, elapsed=monotonic() - started))

    def reading(share: float) -> None:
        report(READING * share, Progress(done=0.0, elapsed=0.0, stage="reading recordings"))

    rate, speeds = (task.highest, (1.0,)) if isinstance(task, LisaTask) else (LAYOUTS[task.layout].rate, task.speeds)
    recordings = read_recordings(task, rate, speeds, reading)
    trained = train(
        _objective(task, recordings),
        training,
        folder=folder,
        resume=resume,
        on_progress=lambda progress: report(READING + (1 - READING) * progress.done, progress),
    )
    prefix = "" if isinstance(task, LisaTask) else f"{task.layout}."
    arrays = {f"{prefix}{name}": value.cpu().numpy().astype(np.float16) for name, value in trained.weights.items()}
    last: dict[str, Any] = trained.curve[-1]
    scalars = {name: value for name, value in last.items() if isinstance(value, float)}
    used, judged = (sorted({recording.name for recording in part}) for part in (recordings.learned, recordings.judged))
    return LearnedExtension(
        arrays, scalars, trained.steps, trained.seconds, used, judged, trained.curve, recordings.unreadable
    )


def _objective(task: LisaTask | EnvelopeTask, recordings: Recordings) -> Callable[[torch.device], Objective]:
    if isinstance(task, LisaTask):
        return lambda device: Interpolation(device, task, recordings)
    return lambda device: MissingBand(device, task, recordings)
