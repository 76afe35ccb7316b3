"""Progress of long calls, and the way to cancel them.

A long call takes `on_progress`, calls it about ten times a second while it works, and once at the end with `done` 1.
Raising `Cancelled` (or anything else) from the callback stops the work: nothing is left half-written.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from time import monotonic

SECONDS_BETWEEN = 0.1
"""Least time between two calls of a callback."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """A report from a running call; what a call does not know stays None."""

    done: float
    """Share of the whole work that is done, 0 to 1; never falls."""
    elapsed: float
    """Seconds since the start."""
    stage: str = ""
    """Name of the running stage, such as "analysis", "rate control", "fitting"."""
    step: int | None = None
    """Optimiser step within the running group."""
    steps: int | None = None
    """Steps that the running group takes at most."""
    group: int = 0
    """Number of the running group of blocks, from 0."""
    groups: int = 1
    """Number of groups."""
    loss: float | None = None
    """Value of the objective at the last step."""
    snr_db: float | None = None
    """Signal-to-noise ratio at the last evaluation, in dB."""

    @property
    def remaining(self) -> float | None:
        """Estimated seconds to the end, None at the very start."""
        return self.elapsed * (1 - self.done) / self.done if self.done > 0 else None


OnProgress = Callable[[Progress], None]


def within(on_progress: OnProgress | None, started: float, begin: float, end: float) -> OnProgress | None:
    """Return the callback of a part of the work, from the share `begin` to `end`, that began at `started`.

    `started` is a time of `time.monotonic`. None stays None.

    Example:
        >>> seen = []
        >>> part = within(lambda progress: seen.append(progress.done), monotonic(), 0.5, 1.0)
        >>> part(Progress(done=0.5, elapsed=0.0))
        >>> seen
        [0.75]
    """
    if on_progress is None:
        return None

    def report(progress: Progress) -> None:
        on_progress(replace(progress, done=begin + (end - begin) * progress.done, elapsed=monotonic() - started))

    return report


def of_stage(on_progress: OnProgress | None, stage: str) -> Callable[[float], None]:
    """Return what a stage calls with its share, 0 to 1; see `within` for its place in the whole work."""

    def report(share: float) -> None:
        if on_progress is not None:
            on_progress(Progress(done=share, elapsed=0.0, stage=stage))

    return report


class Reporter:
    """Turns shares of stages into shares of the whole work, and calls back at most ten times a second.

    `on_progress` may be None, which makes every method cheap. `spent` seconds have passed in an
    earlier, interrupted run.

    Example:
        >>> seen = []
        >>> report = Reporter(lambda progress: seen.append((progress.stage, progress.done)), seconds_between=0)
        >>> report.stage("analysis", 0.0, 0.4)
        >>> report(0.5)
        >>> report.finish()
        >>> seen
        [('analysis', 0.2), ('analysis', 1.0)]
    """

    def __init__(
        self, on_progress: OnProgress | None, *, spent: float = 0.0, seconds_between: float = SECONDS_BETWEEN
    ) -> None:
        self._call, self._between = on_progress, seconds_between
        self._started = monotonic() - spent
        self._last = float("-inf")
        self._now = Progress(done=0.0, elapsed=0.0)
        self._from, self._to = 0.0, 1.0

    def stage(self, name: str, begin: float, end: float) -> None:
        """Begin a stage that takes the work from the share `begin` to the share `end`."""
        self._now, self._from, self._to = replace(self._now, stage=name), begin, end

    def __call__(self, share: float) -> None:
        """Report that `share` (0 to 1) of the running stage is done. Whatever the callback raises stops the work."""
        if self._call is None:
            return
        now = monotonic()
        if now - self._last < self._between:
            return
        self._last = now
        self._report(self._from + min(max(share, 0.0), 1.0) * (self._to - self._from), now)

    def finish(self) -> None:
        """Report that everything is done."""
        if self._call is not None:
            self._report(1.0, monotonic())

    def _report(self, done: float, now: float) -> None:
        assert self._call is not None
        self._now = replace(self._now, done=max(done, self._now.done), elapsed=now - self._started)
        self._call(self._now)
