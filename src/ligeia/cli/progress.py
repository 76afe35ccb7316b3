"""Progress of long work: a bar on a terminal, a line now and then elsewhere; always on stderr."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any

from ligeia.cli.signals import NAMES, interrupt_by
from ligeia.cli.standard import say
from ligeia.progress import OnProgress, Progress

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

SECONDS_BETWEEN_LINES = 5.0


@contextmanager
def shown_progress(quiet: bool, *, saves: bool = False, begin: float = 0.0) -> Iterator[OnProgress | None]:
    """A callback that shows progress on stderr, None where `quiet`; with `saves`, see `_saved_interrupt`.

    `begin` is the share of the whole work that was done before.
    """
    with _shown(quiet, begin) as show:
        if saves:
            with _saved_interrupt(show) as watch:
                yield watch
        else:
            yield show


@contextmanager
def _shown(quiet: bool, begin: float) -> Iterator[OnProgress | None]:
    if quiet:
        yield None
    elif sys.stderr.isatty():
        yield from _bar(begin)
    else:
        yield _Lines()


@contextmanager
def _saved_interrupt(on_progress: OnProgress | None) -> Iterator[OnProgress]:
    """Make Ctrl-C, SIGTERM and SIGHUP wait for the next report of progress, between two steps, to save the state.

    A second one interrupts at once.
    """
    pressed: list[int] = []

    def press(number: int, _: Any) -> None:
        pressed.append(number)
        if len(pressed) > 1:
            raise interrupt_by(number)

    def report(progress: Progress) -> None:
        if pressed:
            raise interrupt_by(pressed[0])
        if on_progress is not None:
            on_progress(progress)

    numbers = [getattr(signal, name) for name in ("SIGINT", *NAMES) if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    for number, handler in before.items():
        if handler not in (None, signal.SIG_IGN):  # ignored, as it is in the background of a shell, and should stay
            signal.signal(number, press)
    try:
        yield report
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def status(progress: Progress) -> str:
    """Stage of the running work; of a fit also loss, SNR and block group."""
    loss = "" if progress.loss is None else f"  loss {progress.loss:.4f}"
    snr = "" if progress.snr_db is None else f"  {progress.snr_db:5.1f} dB"
    group = "" if progress.groups == 1 else f"  part {progress.group + 1}/{progress.groups}"
    return f"{progress.stage}{loss}{snr}{group}".strip()


def duration(seconds: float | None) -> str:
    """Seconds as m:ss or h:mm:ss."""
    if seconds is None:
        return "?"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _bar(begin: float) -> Iterator[OnProgress]:
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.description}", markup=False))
    # Reports of work that is done go to stdout, which may not be a terminal: that is none of the bar's business.
    with Bar(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as bar:
        yield _Drawn(bar, bar.add_task("starting", total=1.0, completed=begin))  # type: ignore[arg-type]  # it takes any number


class _Drawn:
    """Draws on a bar."""

    def __init__(self, bar: "Bar", task: "TaskID") -> None:
        self.bar, self.task = bar, task

    def __call__(self, progress: Progress) -> None:
        times = f"{duration(progress.elapsed)}, {duration(progress.remaining)} left"
        self.bar.update(self.task, completed=progress.done, description=f"{status(progress)}  {times}")


class _Lines:
    """Prints a line every few seconds."""

    def __init__(self) -> None:
        self.last = monotonic()

    def __call__(self, progress: Progress) -> None:
        if monotonic() - self.last < SECONDS_BETWEEN_LINES:
            return
        self.last = monotonic()
        left = duration(progress.remaining)
        say(f"{100 * progress.done:3.0f} %  {status(progress)}  {left} left", err=True)
