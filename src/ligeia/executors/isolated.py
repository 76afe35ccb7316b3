"""Running tasks in processes that may crash, hang or run out of memory: whatever happens to one, the others continue.

Codecs and metrics call a lot of other people's C code; a task that never returns cannot be stopped from within. Tasks
and results are plain data that travels as JSON.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from ligeia.errors import SettingsError
from ligeia.executors.crew import Crew
from ligeia.executors.killable import KillableExecutor, task_of
from ligeia.executors.limits import Limits


class IsolatedExecutor(KillableExecutor):
    """Up to `workers` processes on this machine, each task under `limits`.

    A task that exceeds a limit fails (`TaskFailed`), and so does one whose process dies or that raises an exception. A
    process that had to be killed goes together with its children and its temporary files, and a new one takes its
    place; all others stay, with what they have loaded. An exception inside `with`, such as Ctrl-C, kills them all.

    Raises:
        SettingsError: `workers` is less than 1.

    Example:
        >>> with IsolatedExecutor(2, Limits(seconds=60)) as executor:
        ...     executor.submit("math:hypot", 3, 4).result()
        5.0
    """

    def __init__(self, workers: int, limits: Limits) -> None:
        if workers < 1:
            raise SettingsError(f"workers must be at least 1, got {workers}")
        self._workers, self._crew = workers, Crew(limits)
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="ligeia-isolated")

    @property
    def at_once(self) -> int:
        """Twice as many tasks as there are processes."""
        return 2 * self._workers

    def submit(self, function: Callable[..., Any] | str, /, *arguments: Any, **keywords: Any) -> Future[Any]:
        """Call a function of a module, itself or as "module:function", in another process.

        Raises:
            InputError: another process cannot find the function.
        """
        return self._threads.submit(self._crew.perform, task_of(function, arguments, keywords))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more tasks; the processes go when those that it has, or has begun, are done."""
        self._threads.shutdown(wait=False, cancel_futures=cancel_futures)
        if wait:
            self._leave()
        else:
            threading.Thread(target=self._leave, daemon=True).start()

    def kill(self) -> None:
        """Drop all tasks, also those that are being done."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._crew.stop()
        self._leave()

    def _leave(self) -> None:
        self._threads.shutdown(wait=True)
        self._crew.dismiss()
