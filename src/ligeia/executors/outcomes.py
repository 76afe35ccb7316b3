"""Many tasks through any executor, a bounded number at a time, so that memory does not grow with their number."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any

from ligeia.executors.failures import ExecutorLost, Failure, one_line

WAIT_SECONDS = 0.2
"""Time between two calls of `on_wait`."""
AT_ONCE = 64
"""Tasks that an executor which does not say how many it needs is given at a time."""

Task = dict[str, Any]
Ended = SimpleQueue[tuple[Task, Future[Any]]]


def outcomes(
    executor: Executor,
    function: Callable[..., Any] | str,
    tasks: Iterable[Task],
    *,
    on_wait: Callable[[], object] | None = None,
) -> Iterator[tuple[Task, Any]]:
    """Call a function with every task; pairs of a task and its result, or `Failure`, come as they end.

    Tasks are taken as they are needed. `on_wait` is called several times a second; raising `Cancelled` from it ends
    everything, as any exception and closing the iterator do: tasks that have not begun are dropped.

    Raises:
        ExecutorLost: the executor does no more tasks.
    """
    queue, ended = iter(tasks), Ended()
    running: set[Future[Any]] = set()
    try:
        while True:
            while len(running) < getattr(executor, "at_once", AT_ONCE) and (task := next(queue, None)) is not None:
                future = executor.submit(function, task)  # type: ignore[arg-type]
                running.add(future)
                future.add_done_callback(partial(_end, ended, task))
            if not running:
                return
            task, future = _next(ended, on_wait)
            running.remove(future)
            yield task, _outcome(future)
    finally:
        for future in running:
            future.cancel()


def _end(ended: Ended, task: Task, future: Future[Any]) -> None:
    ended.put((task, future))


def _next(ended: Ended, on_wait: Callable[[], object] | None) -> tuple[Task, Future[Any]]:
    """Wait for the next task that ends; a signal is heard in between."""
    while True:
        if on_wait is not None:
            on_wait()
        try:
            return ended.get(timeout=WAIT_SECONDS)
        except Empty:
            continue


def _outcome(future: Future[Any]) -> Any:
    try:
        return future.result()
    except ExecutorLost:
        raise
    except (BrokenExecutor, CancelledError) as error:
        raise ExecutorLost(f"the executor does no more tasks ({one_line(error)})") from error
    except Exception as error:
        return Failure(one_line(error))
