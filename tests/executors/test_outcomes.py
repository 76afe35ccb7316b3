"""Many tasks through any executor."""

import itertools
import threading
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import pytest

from ligeia.errors import Cancelled
from ligeia.executors.failures import ExecutorLost, Failure
from ligeia.executors.outcomes import outcomes


class Recorded(Executor):
    """Does nothing by itself."""

    at_once = 3

    def __init__(self):
        self.futures = []

    def submit(self, function, /, *arguments, **keywords):
        self.futures.append(Future())
        return self.futures[-1]


def half(task):
    return task["n"] // task["by"]


def test_results_and_failures_of_any_executor():
    tasks = [{"n": 4, "by": 2}, {"n": 4, "by": 0}]
    with ThreadPoolExecutor(1) as executor:
        pairs = list(outcomes(executor, half, tasks))
    assert [outcome for _, outcome in pairs] == [
        2,
        Failure("ZeroDivisionError: integer division or modulo by zero"),
    ]


def test_endless_tasks_are_taken_as_they_are_needed():
    executor = Recorded()
    running = outcomes(executor, half, ({"n": n} for n in itertools.count()))
    threading.Timer(0.01, lambda: executor.futures[1].set_result("x")).start()
    assert next(running) == ({"n": 1}, "x")
    assert len(executor.futures) == 3
    running.close()
    assert [future.cancelled() for future in executor.futures] == [True, False, True]


@pytest.mark.parametrize("error", [BrokenProcessPool("gone"), ExecutorLost("gone"), None])
def test_a_lost_executor_is_no_failure_of_tasks(error):
    executor = Recorded()

    def lose():
        if error is None:
            executor.futures[0].cancel()
        else:
            executor.futures[0].set_exception(error)

    with pytest.raises(ExecutorLost):
        list(outcomes(executor, half, [{}] * 5, on_wait=lose))


def test_callers_may_cancel():
    executor = Recorded()

    def cancel():
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        list(outcomes(executor, half, [{}] * 5, on_wait=cancel))
    assert all(future.cancelled() for future in executor.futures)
