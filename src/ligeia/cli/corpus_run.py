"""One run of `ligeia corpus`: checks of the folders, the executor, progress, and the table at the end."""

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
    """The folders of a run: paths, or addresses of places elsewhere."""

    sources: str
    output: str
    estimates: str | None = None
    """Folder that is compared with the sources."""

    def resolved(self) -> "Folders":
        """Return them in the one form that all processes understand.

        Raises:
            InputError: the folder of results is, or holds, one that is read; or such a one does not exist.
            SettingsError: a folder would be compared with itself.
        """
        estimates = None if self.estimates is None else _read_from(self.estimates)
        found = Folders(_read_from(self.sources), _resolved(self.output), estimates)
        for said, folder in ((self.sources, found.sources), (self.estimates, found.estimates)):
            if folder is not None and f"{folder}/".startswith(f"{found.output}/"):
                raise InputError(f"{self.output} holds {said}, which is read: name another folder for results")
        if found.estimates == found.sources:
            raise SettingsError(f"{self.sources} is given twice: its recordings would be compared with themselves")
        return found


def _read_from(folder: str) -> str:
    from ligeia.corpus.remote import is_remote

    if not is_remote(folder) and not Path(folder).is_dir():
        what = "is not a folder" if Path(folder).exists() else "does not exist"
        raise InputError(f"{folder} {what}")
    return _resolved(folder)


def _resolved(folder: str) -> str:
    from ligeia.corpus.remote import checked_address, is_remote

    return checked_address(folder) if is_remote(folder) else str(Path(folder).resolve())


def state_of(output: str, state: Path | None) -> Path:
    """Return the folder of manifest, rows and report.

    Raises:
        SettingsError: the results lie elsewhere, and it is not named.
    """
    from ligeia.corpus.remote import is_remote

    if state is None and is_remote(output):
        raise SettingsError(f"{output} is not a local folder: name one for manifest, rows and report (--state)")
    return Path(output) if state is None else state


def go(action: str, folders: Folders, settings: Mapping[str, Any], running: Running) -> None:
    """Do what is missing of a corpus, and print what has become of all of it; exit with 1 where something failed."""
    from ligeia.corpus.order import Order
    from ligeia.corpus.report import write_corpus_report
    from ligeia.corpus.run import RunSettings, open_corpus, run_corpus

    found = folders.resolved()
    order = Order(
        action=action, sources=found.sources, results=found.output, state=state_of(folders.output, running.state),
        settings=settings, estimates=found.estimates, whole_names=running.whole_names,
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
        SettingsError: both are asked for, or no time is given to do anything.
        InputError: no scheduler answers.
    """
    from ligeia.executors.limits import Limits
    from ligeia.executors.opening import open_executor
    from ligeia.records.environment import threads, usable_cores

    if running.scheduler is not None and running.workers is not None:
        raise SettingsError("either workers or a scheduler: a cluster has its own number of workers")
    if running.timeout <= 0:
        raise SettingsError(f"--timeout must be more than 0 seconds, got {running.timeout:g}")
    workers = running.workers or usable_cores()
    each = threads(workers) if running.scheduler is None else 1  # a worker of a cluster has a thread for each core
    limits = Limits(seconds=running.timeout, memory_bytes=running.memory, threads=each)
    return open_executor(workers=workers, scheduler=running.scheduler, limits=limits)


@contextmanager
def _kept(output: str) -> Iterator[None]:
    """Say that nothing is lost, on Ctrl-C and where a cluster is lost."""
    from ligeia.executors.failures import ExecutorLost

    kept = f"what is done in {output} is kept, and the same command continues"
    try:
        yield
    except ExecutorLost as error:
        raise ExecutorLost(f"{error}; {kept}") from error
    except KeyboardInterrupt as interrupt:
        say(f"ligeia: interrupted{by_signal(interrupt)}; {kept}", err=True)
        raise typer.Exit(exit_code(interrupt)) from None


def _conclude(totals: "Totals", output: str, console: Console) -> None:
    from ligeia.cli.output import print_json, print_table
    from ligeia.corpus.report import tables_of

    if console.as_json:
        print_json({"output": output, **totals.facts()})
    elif not console.quiet:
        for table in tables_of(totals):
            print_table(table.header, table.lines)
    if totals.failed or totals.missing:
        reached = f", {totals.missing} were not reached" if totals.missing else ""
        say(f"ligeia: {totals.failed} of {totals.files} failed{reached}; --retry does them again", err=True)
        raise typer.Exit(1)
