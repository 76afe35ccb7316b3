"""`ligeia train extend CONFIG`: LISA, or the envelope of a missing band, by the one trainer (torch)."""

import tomllib
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from time import monotonic

import numpy as np
import torch

from ligeia.enhance.extension.envelope import LAYOUTS
from ligeia.enhance.extension.envelope_learning import EnvelopeTask, MissingBand
from ligeia.enhance.extension.lisa_learning import Interpolation, LisaTask
from ligeia.enhance.extension.material import Recordings, read_recordings
from ligeia.errors import InputError
from ligeia.progress import OnProgress, of_stage, within
from ligeia.training.config import TrainingConfig, read_settings
from ligeia.training.objective import Objective
from ligeia.training.runs import LearnedNetwork, train

READING = 0.1
"""Share of the work, for its progress."""
NAMES = ("lisa", *LAYOUTS)
"""The configurations that come with the package."""


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
    except (OSError, ValueError, RecursionError) as error:
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
) -> LearnedNetwork:
    """Train a network that extends.

    With a `folder` state and curve are kept in it; with `resume` the same call after a crash goes on from there.

    Raises:
        InputError: there are no recordings, or the folder holds another run.
        FitError: the training diverged.
    """
    started = monotonic()
    reading = of_stage(within(on_progress, started, 0.0, READING), "reading recordings")
    rate, speeds = (task.highest, (1.0,)) if isinstance(task, LisaTask) else (LAYOUTS[task.layout].rate, task.speeds)
    recordings = read_recordings(task, rate, speeds, reading)
    trained = train(
        _objective(task, recordings),
        training,
        folder=folder,
        resume=resume,
        on_progress=within(on_progress, started, READING, 1.0),
    )
    prefix = "" if isinstance(task, LisaTask) else f"{task.layout}."
    arrays = {f"{prefix}{name}": value.cpu().numpy().astype(np.float16) for name, value in trained.weights.items()}
    used, judged = (sorted({recording.name for recording in part}) for part in (recordings.learned, recordings.judged))
    return LearnedNetwork(arrays, trained, len(used), used, judged, recordings.unreadable)


def _objective(task: LisaTask | EnvelopeTask, recordings: Recordings) -> Callable[[torch.device], Objective]:
    if isinstance(task, LisaTask):
        return lambda device: Interpolation(device, task, recordings)
    return lambda device: MissingBand(device, task, recordings)
