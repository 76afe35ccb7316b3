"""Input and output of a task."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ligeia.audio.reading import AudioFile
from ligeia.audio.writing import AudioWriter
from ligeia.progress import OnProgress, Progress, within

TASKS = ("compress", "denoise", "restore", "extend", "score")
ENDINGS = {"compress": ".decoded", "denoise": ".denoised", "restore": ".restored", "score": ".compared"}
"""Suffix of the recording's name when the result is downloaded."""


@dataclass(frozen=True)
class Order:
    """One recording, what is wanted of it, and where to work."""

    sound: AudioFile
    settings: Mapping[str, Any]
    """Settings of the request, checked: a field of `schemas.Task`."""
    folder: Path
    """A folder of this job's own, which is removed after it."""
    on_progress: OnProgress
    """Callback that is told how the work goes, and stops it by raising."""
    share: float = 1.0
    """The task's share of the whole job."""
    other: Path | None = None
    """The recording that the first is compared with, for the task that does."""

    def part(self, begin: float, end: float) -> OnProgress:
        """Return what a part of the task, from the share `begin` to `end` of it, reports to."""
        found = within(self.on_progress, monotonic(), begin * self.share, end * self.share)
        assert found is not None
        return found


@dataclass(kw_only=True)
class Made:
    """Results of a task."""

    estimate: Path
    """The result as a WAV file of 32-bit floats, in the folder of the order."""
    ending: str
    """Suffix of the recording's name when the result is downloaded, such as ".denoised"; see `ending_of`."""
    stream: Path | None = None
    """The `.lig` stream, where there is one."""
    facts: dict[str, Any] = field(default_factory=dict)
    """Facts that `--json` of the task's command prints."""
    notes: list[str] = field(default_factory=list)
    metrics: tuple[str, ...] = ()
    """Metrics that tell how close the result is to the recording; none where that would say nothing."""
    aligned: bool = True
    """True where the result lies on the recording sample by sample."""


Make = Callable[[Order], Made]


def task_named(name: str) -> Make:
    """Return the function of a task; its module is imported when it is first used."""
    if name not in TASKS:
        raise ValueError(f"{name!r} is not a valid task")
    make: Make = import_module(f"ligeia.server.tasks.{name}").make
    return make


def ending_of(task: str, settings: Mapping[str, Any]) -> str:
    """Return what the name of a recording gets where the result is downloaded, before ".wav".

    Example:
        >>> ending_of("extend", {"rate": 44100})
        '.44.1kHz'
    """
    return f".{settings['rate'] / 1000:g}kHz" if task == "extend" else ENDINGS[task]


def write_floats(path: Path, rate: int, channels: int, pieces: Iterable[NDArray[np.float32]]) -> None:
    """Write pieces `[channels, n]` as a WAV file of 32-bit floats, which keeps what is beyond full scale."""
    with AudioWriter(path, rate=rate, channels=channels, subtype="FLOAT") as writer:
        for piece in pieces:
            writer.write(piece)


def watched(
    pieces: Iterable[NDArray[np.float32]], total: int, stage: str, on_progress: OnProgress
) -> Iterable[NDArray[np.float32]]:
    """Yield `pieces`, of `total` samples together, and report them as a stage."""
    done = 0
    for piece in pieces:
        done += piece.shape[1]
        on_progress(Progress(done=min(done / max(total, 1), 1.0), elapsed=0.0, stage=stage))
        yield piece
