"""Interface of our executors, beyond that of `concurrent.futures`."""

from abc import abstractmethod
from collections.abc import Callable
from concurrent.futures import Executor
from types import TracebackType
from typing import Any

from ligeia.errors import InputError


class KillableExecutor(Executor):
    """An executor whose tasks have limits, and may be dropped while they run.

    Tasks are functions of modules, or "module:function"; arguments and results are what JSON can hold. A task without
    a result raises `TaskFailed`, an executor that can do no more tasks `ExecutorLost`.
    """

    @property
    @abstractmethod
    def at_once(self) -> int:
        """Number of tasks to give it at a time so that no worker waits."""

    @abstractmethod
    def kill(self) -> None:
        """Drop all tasks, also those that are being done."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        """Wait for the tasks that it has; after an exception, such as Ctrl-C, kill them."""
        if kind is not None:
            self.kill()
        self.shutdown()
        return None


def task_of(function: Callable[..., Any] | str, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> dict[str, Any]:
    """Return a call as plain data.

    Raises:
        InputError: another process cannot find the function.
    """
    return {"function": path_of(function), "arguments": arguments, "keywords": keywords}


def path_of(function: Callable[..., Any] | str) -> str:
    """Return the "module:function" by which another process finds a function.

    Raises:
        InputError: it has none.
    """
    if isinstance(function, str):
        return function
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", "")
    if module in (None, "__main__") or not name.isidentifier():
        raise InputError(f"another process cannot find {function!r}: it needs a function of a module, not of a script")
    return f"{module}:{name}"
