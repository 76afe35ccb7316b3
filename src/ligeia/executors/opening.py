"""One way to run many tasks: on the processors of this machine, or on a cluster."""

from ligeia.executors.isolated import IsolatedExecutor
from ligeia.executors.killable import KillableExecutor
from ligeia.executors.limits import Limits


def open_executor(*, workers: int = 1, scheduler: str | None = None, limits: Limits) -> KillableExecutor:
    """Return an executor: of `workers` processes here, or of the workers of a Dask scheduler at an address.

    Raises:
        MissingExtra: the package `distributed` is not installed.
        InputError: no scheduler answers at the address.
    """
    if scheduler is None:
        return IsolatedExecutor(workers, limits)
    from ligeia.executors.dask import DaskExecutor

    return DaskExecutor(scheduler, limits)
