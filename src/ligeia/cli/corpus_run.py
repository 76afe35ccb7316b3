"""One run of `ligeia corpus`: checks of the folders, the executor, progress, and the table at the end."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ligeia.cli.console import Console
from ligeia.cli.corpus_options import Running
from ligeia.cli.signals import by_signal, exit_code
from ligeia.cli.standard import say
from ligeia.errors import InputError, SettingsError

if TYPE_CHECKING:
    from ligeia.corpus.report import Totals
    from ligeia.executors.killable import KillableExecutor


@dataclass(frozen=True)
class Folders:
    """The folders of a run."""

    sources: Path
    output: Path
    estimates: Path | None = None
    """What is compared with the sources."""

    def check(self) -> None:
        """Refuse a folder of results that is, or holds, one that is read.

        Raises:
            InputError: it does, or a folder that is read does not exist.
            SettingsError: a folder would be compared with itself.
        """
        for folder in filter(None, (self.sources, self.estimates)):
            if not folder.is_dir():
                what = "is not a folder" if folder.exists() else "does not exist"
                raise InputError(f"{folder} {what}")
            if folder.resolve().is_relative_to(self.output.resolve()):
                raise InputError(f"{self.output} holds {folder}, which is read: name another folder for results")
        if self.estimates is not None and self.estimates.resolve() == self.sources.resolve():
            raise SettingsError(f"{self.sources} is given twice: its recordings would be compared with themselves")


def go(action: str, folders: Folders, settings: Mapping[str, Any], running: Running) -> None:
    """Do what is missing of a corpus, and print what has become of all of it; exit with 1 where something failed."""
    from ligeia.corpus.order import Order
    from ligeia.corpus.report import write_corpus_report
    from ligeia.corpus.run import RunSettings, open_corpus, run_corpus

    folders.check()
    sources, output = folders.sources.resolve(), folders.output.resolve()
    order = Order(
        action=action, sources=str(sources), results=str(output), state=folders.output, settings=settings,
        estimates=None if folders.estimates is None else str(folders.estimates.resolve()),
        whole_names=running.whole_names,
    )  # fmt: skip
    console = Console(running.as_json, running.quiet)
    how = RunSettings(retry=running.retry, verify=running.verify)
    with _kept(folders.output), executor_for(running) as executor, open_corpus(order, force=running.force) as corpus:
        console.notes([f"{name} is a link to a folder, and was not followed" for name in corpus.links])
        with console.progress() as watch:
            totals = run_corpus(corpus, executor, how, on_progress=watch)
        write_corpus_report(totals, order)
    _conclude(totals, folders.output, console)


def executor_for(running: Running) -> "KillableExecutor":
    """Return what the files are given to: processes here, or the workers of a cluster.

    Raises:
        SettingsError: both are asked for.
        InputError: no scheduler answers.
    """
    from ligeia.executors.limits import Limits
    from ligeia.executors.opening import open_executor
    from ligeia.records.environment import threads

    if running.scheduler is not None and running.workers is not None:
        raise SettingsError("either workers or a scheduler: a cluster has its own number of workers")
    workers = running.workers or os.cpu_count() or 1
    each = threads(workers) if running.scheduler is None else 1  # a worker of a cluster has a thread for each core
    limits = Limits(seconds=running.timeout, memory_bytes=running.memory, threads=each)
    return open_executor(workers=workers, scheduler=running.scheduler, limits=limits)


@contextmanager
def _kept(output: Path) -> Iterator[None]:
    """On Ctrl-C, and where a cluster is lost, say that nothing is lost."""
    from ligeia.executors.failures import ExecutorLost

    kept = f"what is done in {output} is kept, and the same command continues"
    try:
        yield
    except ExecutorLost as error:
        raise ExecutorLost(f"{error}; {kept}") from error
    except KeyboardInterrupt as interrupt:
        say(f"ligeia: interrupted{by_signal(interrupt)}; {kept}", err=True)
        raise typer.Exit(exit_code(interrupt)) from None


def _conclude(totals: "Totals", output: Path, console: Console) -> None:
    from ligeia.cli.output import print_json, print_table
    from ligeia.corpus.report import tables_of

    if console.as_json:
        print_json({"output": str(output), **totals.facts()})
    elif not console.quiet:
        for table in tables_of(totals):
            print_table(table.header, table.lines)
    if totals.failed or totals.missing:
        reached = f", {totals.missing} were not reached" if totals.missing else ""
        say(f"ligeia: {totals.failed} of {totals.files} failed{reached}; --retry does them again", err=True)
        raise typer.Exit(1)
