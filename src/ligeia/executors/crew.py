"""Killable processes that are kept between tasks, with what they have loaded; any number of threads may use them."""

import threading
from typing import Any

from ligeia.executors.child import LEAVE_SECONDS, Child
from ligeia.executors.failures import ExecutorLost, TaskFailed
from ligeia.executors.limits import Limits


class Crew:
    """As many processes as there are tasks at a time: a new one is started where all others are at work.

    Where no task ends for `idle_seconds`, those that wait for one go.
    """

    def __init__(self, limits: Limits, *, idle_seconds: float | None = None) -> None:
        self._limits, self._lock, self._is_closed = limits, threading.Lock(), False
        self._idle_seconds, self._timer = idle_seconds, threading.Timer(0, self.dismiss)
        self._idle: list[Child] = []
        self._children: set[Child] = set()

    def perform(self, task: dict[str, Any]) -> Any:
        """Return the result of a task: `function` ("module:function"), `arguments` and `keywords`.

        Raises:
            TaskFailed: there is none.
            ExecutorLost: this machine starts no process.
        """
        child = self._take()
        try:
            return child.ask(task)
        except TaskFailed:
            raise
        except BaseException:  # its answer is still to come: nobody else must hear it
            child.is_lost = True
            raise
        finally:
            self._give_back(child)

    def stop(self) -> None:
        """Kill all that are at work, now; no task is done any more."""
        with self._lock:
            self._is_closed = True
            for child in self._children:
                child.stop()

    def dismiss(self) -> None:
        """Let those that wait for a task clean up and go."""
        self._timer.cancel()
        with self._lock:
            leaving, self._idle = self._idle, []
            self._children -= set(leaving)
        for child in leaving:
            child.let_go()
        for child in leaving:
            child.end(LEAVE_SECONDS)

    def _take(self) -> Child:
        with self._lock:
            if self._is_closed:
                raise TaskFailed("it was stopped")
            if self._idle:
                return self._idle.pop()
            try:
                child = Child(self._limits)
            except OSError as error:  # every other task would meet it, too
                raise ExecutorLost(f"no process can be started: {error.strerror or error}") from error
            self._children.add(child)
            return child

    def _give_back(self, child: Child) -> None:
        with self._lock:
            if not child.is_lost:
                self._idle.append(child)
                self._wind_up()
                return
            self._children.discard(child)
        child.end()

    def _wind_up(self) -> None:
        """Begin to wait anew for the time after which idle processes go."""
        self._timer.cancel()
        if self._idle_seconds is not None:
            self._timer = threading.Timer(self._idle_seconds, self.dismiss)
            self._timer.daemon = True
            self._timer.start()
