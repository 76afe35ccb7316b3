"""A benchmark: every clip of a suite through every codec, row by row; what is known already is not done again."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ligeia.bench.codec import Codec, CodecError, name_of
from ligeia.bench.workers import Failure, Limits, run_isolated
from ligeia.datasets.suite import Clip
from ligeia.errors import InputError
from ligeia.metrics.score import version_of
from ligeia.metrics.table import DEFAULT, METRICS, metrics_named
from ligeia.records.environment import describe, keep, threads
from ligeia.records.journal import Row, key, make_folder, open_journal, read_rows

ROWS = "rows.jsonl"
OVERHEAD_SECONDS = 600.0
"""What a task may take beyond two runs of its codec: reading, warming up, metrics."""

OnRow = Callable[[int, int, Row], None]
"""Called with rows done, rows in all, and the row itself."""


@dataclass(frozen=True, kw_only=True)
class BenchSettings:
    """How a benchmark is run.

    Raises:
        InputError: a value is out of range, or a metric unknown.
    """

    metrics: tuple[str, ...] = DEFAULT
    """Names of the metrics."""
    seconds: float | None = None
    """Use at most this much of each clip."""
    workers: int = 1
    """Clips at once. Timings are only worth something with 1."""
    timeout: float = 900.0
    """Seconds that one run of a codec may take."""
    retry: bool = False
    """Do rows with errors again."""

    def __post_init__(self) -> None:
        metrics_named(self.metrics)
        if self.seconds is not None and not self.seconds > 0:
            raise InputError(f"seconds must be positive, got {self.seconds:g}")
        if not 1 <= self.workers <= 256:
            raise InputError(f"workers must lie between 1 and 256, got {self.workers}")
        if not 0 < self.timeout <= 86400:
            raise InputError(f"timeout must lie between 0 and 86400 seconds, got {self.timeout:g}")


def run_bench(
    clips: list[Clip],
    codecs: list[Codec],
    folder: Path,
    settings: BenchSettings,
    *,
    on_row: OnRow | None = None,
) -> list[Row]:
    """Measure what is missing in `folder` and return all rows there that belong to these clips and codecs.

    Whatever goes wrong with a clip or a codec is said in its row. A killed run goes on where it stopped.

    Raises:
        InputError: the folder cannot be written, or another run is at work in it.
    """
    make_folder(folder)
    tasks = _tasks(clips, codecs, settings)
    with open_journal(folder / ROWS) as journal:
        known = {key(row): row for row in read_rows(folder / ROWS)}
        missing = [task for task in tasks if not _is_done(known.get(key(task)), task, settings)]
        done = len(tasks) - len(missing)
        environment = keep(folder, _environment(settings)) if missing else ""
        for row in _measured(missing, settings):
            done += 1
            known[key(row)] = {**row, "environment": environment}
            journal.add(known[key(row)])
            if on_row is not None:
                on_row(done, len(tasks), known[key(row)])
    return [known[key(task)] for task in tasks]


def read_bench(clips: list[Clip], codecs: list[Codec], folder: Path, settings: BenchSettings) -> list[Row]:
    """The rows that are there for these clips and codecs, without measuring any.

    Raises:
        InputError: there is none, or the rows are damaged.
    """
    known = {key(row): row for row in read_rows(folder / ROWS)}
    rows = [known[key(task)] for task in _tasks(clips, codecs, settings) if key(task) in known]
    if not rows:
        raise InputError(f"{folder} holds no rows for these clips and codecs")
    return rows


def _tasks(clips: list[Clip], codecs: list[Codec], settings: BenchSettings) -> list[Row]:
    abouts = [_about(codec) for codec in codecs]
    parts = [_about_clip(clip, settings) for clip in clips]
    return [{**part, **about} for part in parts for about in abouts]


def _about_clip(clip: Clip, settings: BenchSettings) -> Row:
    about: Row = {"clip": clip.name, "path": str(clip.path), "group": clip.group, "clip_sha256": _digest(clip.path)}
    asked = {"seconds_limit": settings.seconds, "metrics": list(settings.metrics), "timeout": settings.timeout}
    return about | asked


def _about(codec: Codec) -> Row:
    about: Row = {"codec": name_of(codec), "family": codec.family, "setting": codec.setting, "lossless": codec.lossless}
    try:
        return about | {"version": codec.version(), "error": None}
    except CodecError as error:
        return about | {"version": None, "error": str(error)}


def _is_done(row: Row | None, task: Row, settings: BenchSettings) -> bool:
    """Whether a known row says all that is asked, about this very clip and this very version of the codec."""
    if row is None or any(row.get(name) != task[name] for name in ("clip_sha256", "version", "group")):
        return False
    if row["error"] is not None:
        return not settings.retry
    return bool(set(task["metrics"]) <= row["metrics"].keys())


def _measured(tasks: list[Row], settings: BenchSettings) -> Iterator[Row]:
    """Rows as they are known: first those of codecs that are not there, then what the workers give."""
    about = ("clip", "group", "clip_sha256", "seconds_limit", "codec", "family", "setting", "lossless", "version")
    for task in tasks:
        if task["error"] is not None:
            yield {**{name: task[name] for name in about}, "error": task["error"]}
    present = [task for task in tasks if task["error"] is None]
    limits = Limits(seconds=2 * settings.timeout + OVERHEAD_SECONDS, threads=threads(settings.workers))
    outcomes = run_isolated("ligeia.bench.measure:measure", present, workers=settings.workers, limits=limits)
    for task, outcome in outcomes:
        facts = {"error": outcome.reason} if isinstance(outcome, Failure) else outcome
        yield {**{name: task[name] for name in about}, **facts}


def _environment(settings: BenchSettings) -> dict[str, Any]:
    return describe(settings.workers, {name: version_of(METRICS[name]) for name in settings.metrics})


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
