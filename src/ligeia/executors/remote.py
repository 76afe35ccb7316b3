"""Code that runs on the workers of a cluster: tasks in killable processes, which each worker keeps from task to task.

A run has its own processes, known by its name, so that ending one run leaves others on the same cluster alone.
"""

import json
import platform
import threading
from functools import cache
from importlib import metadata
from typing import Any

from ligeia.executors.crew import Crew
from ligeia.executors.failures import ExecutorLost, TaskFailed
from ligeia.executors.limits import Limits

IDLE_SECONDS = 60.0
"""Processes leave after so long without a task: a client may have gone without a word."""

_crews: dict[str, Crew] = {}
_lock = threading.Lock()


def perform(run: str, wanted: str, limits: dict[str, Any], task: str) -> str:
    """Do a task under limits with the `wanted` version; what becomes of it is JSON as the task is.

    That is `result`, `failed`, or `refused` where no task should be done here.
    """
    if wanted != version():
        return json.dumps({"refused": f"a worker of the cluster has Ligeia {version()}, and {wanted} is wanted"})
    with _lock:
        crew = _crews.setdefault(run, Crew(Limits(**limits), idle_seconds=IDLE_SECONDS))
    try:
        return json.dumps({"result": crew.perform(json.loads(task))})
    except TaskFailed as error:
        return json.dumps({"failed": str(error)})
    except ExecutorLost as error:
        return json.dumps({"refused": f"on {platform.node()}, {error}"})


@cache
def version() -> str:
    """Return the version of Ligeia that is installed here."""
    return metadata.version("ligeia")


def end(run: str, *, at_once: bool) -> None:
    """End the processes of a run: those that are idle, or all `at_once`."""
    with _lock:
        crew = _crews.pop(run, None)
    if crew is not None:
        if at_once:
            crew.stop()
        threading.Thread(target=crew.dismiss).start()  # this one may be that which hears the scheduler
