"""Warm processes that any number of threads may use."""

import errno
import os

import pytest

from ligeia.executors.child import Child
from ligeia.executors.crew import Crew
from ligeia.executors.failures import ExecutorLost, TaskFailed
from ligeia.executors.limits import Limits

LIMITS = Limits(seconds=30)


def task(function, *arguments):
    return {"function": function, "arguments": arguments, "keywords": {}}


def test_one_process_does_task_after_task(function):
    crew = Crew(LIMITS)
    pids = {crew.perform(task(function, {}))["pid"] for _ in range(3)}
    assert len(pids) == 1
    crew.dismiss()
    assert crew.perform(task(function, {}))["pid"] not in pids
    crew.dismiss()


def test_a_stopped_crew_does_nothing(function):
    crew = Crew(LIMITS)
    crew.stop()
    with pytest.raises(TaskFailed, match="was stopped"):
        crew.perform(task(function, {}))


def test_where_no_process_can_be_started_the_executor_is_lost(monkeypatch, tmp_path):
    def refuse(*_, **__):
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr("subprocess.Popen", refuse)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(ExecutorLost, match="no process can be started: Resource temporarily unavailable"):
        Crew(LIMITS).perform(task("os:getpid"))
    assert list(tmp_path.iterdir()) == []


def test_a_child_that_was_stopped_is_lost(function):
    child = Child(LIMITS)
    assert child.ask(task("os:getpid")) != os.getpid()
    child.stop()
    with pytest.raises(TaskFailed, match=r"the worker died: signal 9 \(SIGKILL\)"):
        child.ask(task("os:getpid"))
    assert child.is_lost
    child.end()
