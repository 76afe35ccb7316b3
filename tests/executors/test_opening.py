"""One way to run many tasks."""

from ligeia.executors.isolated import IsolatedExecutor
from ligeia.executors.limits import Limits
from ligeia.executors.opening import open_executor


def test_processes_of_this_machine_unless_a_scheduler_is_named():
    with open_executor(workers=3, limits=Limits(seconds=30)) as executor:
        assert isinstance(executor, IsolatedExecutor)
        assert executor.at_once == 6
