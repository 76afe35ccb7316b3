"""Output of a command: progress, notes and the report, and which of them are wanted where."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

from ligeia.cli.output import show, show_notes
from ligeia.cli.progress import shown_progress
from ligeia.progress import OnProgress, Progress


@dataclass(frozen=True)
class Console:
    """Choice of what a command prints: with `--json`, with `--quiet`, and `aside` of a result on stdout.

    `aside`, the report goes to stderr. `name` is the recording that is worked on, where there are several, and `begin`
    to `end` its share of the whole work, which began at `started` (seconds of `time.monotonic`).
    """

    as_json: bool = False
    quiet: bool = False
    aside: bool = False
    name: str = ""
    begin: float = 0.0
    end: float = 1.0
    started: float | None = None

    @property
    def silent(self) -> bool:
        """True where neither progress nor notes are wanted."""
        return self.as_json or self.quiet

    def of_part(self, name: str, begin: float, end: float, started: float) -> "Console":
        """Return the console for one of several recordings: its share of the whole work goes from `begin` to `end`."""
        return replace(self, name=name, begin=begin, end=end, started=started)

    @contextmanager
    def progress(self, *, saves: bool = False) -> Iterator[OnProgress | None]:
        """A callback that shows progress on stderr, None where that is not wanted; for `saves` see `shown_progress`."""
        with shown_progress(self.silent, saves=saves, begin=self.begin) as watch:
            yield watch if watch is None or self.started is None else self._within(watch, self.started)

    def _within(self, watch: OnProgress, started: float) -> OnProgress:
        def report(progress: Progress) -> None:
            done = self.begin + (self.end - self.begin) * progress.done
            stage = f"{self.name}  {progress.stage}"
            watch(replace(progress, done=done, elapsed=monotonic() - started, stage=stage))

        return report

    def notes(self, notes: Iterable[str]) -> None:
        """Print remarks on stderr; with JSON nothing, as the document contains them."""
        about = f"{self.name}: " if self.name else ""
        show_notes([about + note for note in notes], as_json=self.silent)

    def report(self, facts: dict[str, Any], lines: list[tuple[str, str]]) -> None:
        """Print what was done: as JSON, or as lines (name, value) unless quiet."""
        if self.as_json or not self.quiet:
            show(facts, as_json=self.as_json, lines=lines, err=self.aside)
