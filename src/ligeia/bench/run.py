"""A benchmark: every clip of a suite through every codec, row by row; rows that exist are not measured again."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ligeia.bench.codec import Codec, CodecError, name_of
from ligeia.datasets.suite import Clip
from ligeia.errors import InputError, SettingsError
from ligeia.executors.failures import Failure
from ligeia.executors.isolated import IsolatedExecutor
from ligeia.executors.limits import Limits
from ligeia.executors.outcomes import outcomes
from ligeia.metrics.score import version_of
from ligeia.metrics.table import DEFAULT, METRICS, metrics_named
from ligeia.progress import OnProgress, Reporter
from ligeia.records.environment import describe, keep, threads
from ligeia.records.journal import Row, key, make_folder, open_journal, read_rows

ROWS = "rows.jsonl"
KEPT = ("clip", "group", "clip_sha256", "seconds_limit", "codec", "family", "setting", "lossless", "version")
"""Fields of a task that its row keeps."""
OVERHEAD_SECONDS = 600.0
"""Time of a task beyond two runs of its codec: reading, warming up, metrics."""

OnRow = Callable[[int, int, Row], None]
"""Called with rows done, rows in all, and the row itself."""


@dataclass(frozen=True, kw_only=True)
class BenchSettings:
    """Settings of a benchmark.

    Raises:
        SettingsError: a value is out of range, or a metric unknown.
    """

    metrics: tuple[str, ...] = DEFAULT
    """Names of the metrics."""
    seconds: float | None = None
    """Use at most this much of each clip."""
    workers: int = 1
    """Number of clips at once. Timings are meaningful only with 1."""
    timeout: float = 900.0
    """Seconds that one run of a codec may take."""
    retry: bool = False
    """Measure rows with errors again."""

    def __post_init__(self) -> None:
        metrics_named(self.metrics)
        if self.seconds is not None and not self.seconds > 0:
            raise SettingsError(f"seconds must be positive, got {self.seconds:g}")
        if not 1 <= self.workers <= 256:
            raise SettingsError(f"workers must lie between 1 and 256, got {self.workers}")
        if not 0 < self.timeout <= 86400:
            raise SettingsError(f"timeout must lie between 0 and 86400 seconds, got {self.timeout:g}")


def run_bench(
    clips: list[Clip],
    codecs: list[Codec],
    folder: Path,
    settings: BenchSettings,
    *,
    on_row: OnRow | None = None,
    on_progress: OnProgress | None = None,
) -> list[Row]:
    """Measure what is missing in `folder` and return all rows there that belong to these clips and codecs.

    Whatever goes wrong with a clip or a codec is in its row. A run that was killed, or cancelled by a callback,
    continues where it stopped.

    Raises:
        InputError: the folder cannot be written, or another run is at work in it.
    """
    make_folder(folder)
    tasks = _tasks(clips, codecs, settings)
    with open_journal(folder / ROWS) as journal:
        rows = {key(row): row for row in read_rows(folder / ROWS)}
        missing = [
            _wider(task, rows.get(key(task))) for task in tasks if not _is_done(rows.get(key(task)), task, settings)
        ]
        done = len(tasks) - len(missing)
        new: list[Row] = []
        metric_versions = {name: version_of(METRICS[name]) for name in settings.metrics}
        environment = keep(folder, describe(settings.workers, metric_versions)) if missing else ""
        report = Reporter(on_progress)
        for row in _measured(missing, settings, lambda: report((done + len(new)) / len(tasks))):
            new.append({**row, "environment": environment})
            journal.add(new[-1])
            if on_row is not None:
                on_row(done + len(new), len(tasks), new[-1])
        report.finish()
    rows |= {key(row): row for row in new}
    return [rows[key(task)] for task in tasks]


def _tasks(clips: list[Clip], codecs: list[Codec], settings: BenchSettings) -> list[Row]:
    clip_facts = [facts_of(clip) for clip in clips]
    codec_facts = [_codec_facts(codec) for codec in codecs]
    limits = {"seconds_limit": settings.seconds, "metrics": list(settings.metrics), "timeout": settings.timeout}
    return [{**clip, **limits, **codec} for clip in clip_facts for codec in codec_facts]


def facts_of(clip: Clip) -> Row:
    """Return what identifies a clip in its rows.

    Raises:
        InputError: it cannot be read.
    """
    try:
        status = clip.path.stat()
        digest = _digest(clip.path, status.st_size, status.st_mtime_ns)
    except OSError as error:
        raise InputError(f"cannot read the clip {clip.path}: {error.strerror}") from error
    return {"clip": clip.name, "path": str(clip.path), "group": clip.group, "clip_sha256": digest}


@cache
def _digest(path: Path, size: int, changed: int) -> str:
    """Return the SHA-256 of a file; a file of this `size`, `changed` at this time, is not read twice."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _codec_facts(codec: Codec) -> Row:
    facts: Row = {"codec": name_of(codec), "family": codec.family, "setting": codec.setting, "lossless": codec.lossless}
    try:
        return facts | {"version": codec.version(), "error": None}
    except CodecError as error:
        return facts | {"version": None, "error": str(error)}


def _is_done(row: Row | None, task: Row, settings: BenchSettings) -> bool:
    """True where a row holds all metrics of the task, of this very clip and this very version of the codec."""
    if row is None or any(row.get(name) != task[name] for name in ("clip_sha256", "version", "group")):
        return False
    if row["error"] is not None:
        return not settings.retry
    return bool(set(task["metrics"]) <= row["metrics"].keys())


def _wider(task: Row, row: Row | None) -> Row:
    """Ask also for the metrics of the row that is replaced, so that a run with other metrics loses none."""
    known = (row or {}).get("metrics") or {}
    return task | {"metrics": list(dict.fromkeys([*task["metrics"], *(name for name in known if name in METRICS)]))}


def _measured(tasks: list[Row], settings: BenchSettings, on_wait: Callable[[], None]) -> Iterator[Row]:
    """Rows as they come: first those of codecs that are not installed, then those of the workers."""
    present = []
    for task in tasks:
        if task["error"] is None:
            present.append(task)
        else:
            yield {**{name: task[name] for name in KEPT}, "error": task["error"]}
    limits = Limits(seconds=2 * settings.timeout + OVERHEAD_SECONDS, threads=threads(settings.workers))
    with IsolatedExecutor(settings.workers, limits) as executor:
        for task, outcome in outcomes(executor, "ligeia.bench.measure:measure", present, on_wait=on_wait):
            facts = {"error": outcome.reason} if isinstance(outcome, Failure) else outcome
            yield {**{name: task[name] for name in KEPT}, **facts}
