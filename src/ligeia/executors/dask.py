"""Tasks on the workers of a Dask cluster, which need the same version of Ligeia and see the same folders.

A task that its worker takes along when it dies is given to another one, so tasks must bear to be begun twice. Each runs
in a killable process beside the worker: the limits hold there too, and a crash costs the cluster nothing.
"""

import json
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError, wait
from contextlib import suppress
from dataclasses import asdict
from time import monotonic
from typing import Any
from uuid import uuid4

from ligeia.errors import InputError, needs_extra
from ligeia.executors import remote
from ligeia.executors.failures import ExecutorLost, TaskFailed, one_line
from ligeia.executors.killable import KillableExecutor, task_of
from ligeia.executors.limits import Limits

CONNECT_SECONDS = 10.0
LOOK_SECONDS = 0.5
"""Time between two checks that the scheduler is still there."""
COUNT_SECONDS = 5.0
"""Time between two counts of the workers, which may come and go."""
LEAST = 8
"""Tasks that are given to the scheduler at a time, also while it has no workers."""


class DaskExecutor(KillableExecutor):
    """The workers of a scheduler, each task under `limits`; see `IsolatedExecutor` for one machine.

    Raises:
        MissingExtra: the package `distributed` is not installed.
        InputError: no scheduler answers at the address.
    """

    def __init__(self, scheduler: str, limits: Limits) -> None:
        self._scheduler, self._limits, self._run = scheduler, asdict(limits), uuid4().hex
        self._client = connected(scheduler)
        self._executor = self._client.get_executor(pure=False, retries=0)
        self._futures: set[Future[Any]] = set()
        self._counted, self._threads = 0.0, 0
        self._ended = threading.Event()
        threading.Thread(target=self._watch, name="ligeia-dask", daemon=True).start()

    @property
    def at_once(self) -> int:
        """Twice as many tasks as the workers of the cluster have threads now."""
        if monotonic() - self._counted > COUNT_SECONDS and not self._is_lost():
            with suppress(OSError, TimeoutError):
                self._threads, self._counted = sum(self._client.nthreads().values()), monotonic()
        return max(2 * self._threads, LEAST)

    def submit(self, function: Callable[..., Any] | str, /, *arguments: Any, **keywords: Any) -> Future[Any]:
        """Call a function of a module, itself or as "module:function", on a worker of the cluster.

        Raises:
            InputError: another process cannot find the function.
            ExecutorLost: the scheduler is gone.
        """
        task = json.dumps(task_of(function, arguments, keywords))
        if self._is_lost():
            raise self._loss()
        inner = self._executor.submit(remote.perform, self._run, remote.version(), self._limits, task)
        outer: Future[Any] = Future()
        self._futures.add(outer)
        outer.add_done_callback(lambda done: self._forget(done, inner))
        inner.add_done_callback(lambda done: self._pass_on(done, outer))
        return outer

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more tasks, and leave the cluster when those that it has are done."""
        if cancel_futures:
            self._cancel()
        if wait:
            self._leave(at_once=False)
        else:
            threading.Thread(target=self._leave, kwargs={"at_once": False}, daemon=True).start()

    def kill(self) -> None:
        """Drop all tasks, and kill on the workers what is at work on them."""
        self._cancel()
        self._leave(at_once=True)

    def _forget(self, outer: Future[Any], inner: Future[str]) -> None:
        self._futures.discard(outer)
        if outer.cancelled():
            inner.cancel()

    def _pass_on(self, inner: Future[str], outer: Future[Any]) -> None:
        """Let a future that a caller holds end as that of Dask did."""
        if inner.cancelled():  # by the client, which does that when it loses the scheduler, or for the caller
            _fail(outer, self._loss())
            return
        error = inner.exception()
        if error is not None:
            _fail(outer, TaskFailed(f"the cluster gave it up: {one_line(error)}"))
            return
        answer = json.loads(inner.result())
        if "refused" in answer:
            _fail(outer, ExecutorLost(answer["refused"]))
        elif "failed" in answer:
            _fail(outer, TaskFailed(answer["failed"]))
        else:
            with suppress(InvalidStateError):
                outer.set_result(answer["result"])

    def _watch(self) -> None:
        """Fail what waits as soon as the scheduler is gone: the client leaves some of its futures waiting for ever."""
        while not self._ended.wait(LOOK_SECONDS):
            if self._is_lost():
                for future in list(self._futures):
                    _fail(future, self._loss())

    def _is_lost(self) -> bool:
        return bool(self._client.status != "running")

    def _loss(self) -> ExecutorLost:
        return ExecutorLost(f"the connection to the Dask scheduler at {self._scheduler} was lost")

    def _cancel(self) -> None:
        for future in list(self._futures):
            future.cancel()

    def _leave(self, *, at_once: bool) -> None:
        wait(list(self._futures))
        if not self._ended.is_set():
            self._ended.set()
            ending = threading.Thread(target=self._say_goodbye, args=(at_once,), daemon=True)
            ending.start()
            ending.join(CONNECT_SECONDS)  # a cluster in trouble shall not hold us

    def _say_goodbye(self, at_once: bool) -> None:
        with suppress(Exception):  # workers end the processes of a run by themselves, too, if later
            if not self._is_lost():
                self._client.run(remote.end, self._run, at_once=at_once, on_error="ignore")
        self._client.close(timeout=1)


def connected(scheduler: str) -> Any:
    """Return the client of a scheduler.

    Raises:
        MissingExtra: the package `distributed` is not installed.
        InputError: nothing answers at the address.
    """
    with needs_extra("distributed", "dask"):
        import distributed
    connect: Any = distributed.Client
    quieten()
    try:
        check_address(scheduler)
        return connect(scheduler, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise InputError(
            f"no Dask scheduler answers at {scheduler} (an address looks like tcp://10.0.0.5:8786)"
        ) from error


def check_address(scheduler: str) -> None:
    """Raise `ValueError` for an address without a port, over which Dask thinks for long and then says too much."""
    from distributed.comm.addressing import parse_address, parse_host_port

    protocol, place = parse_address(scheduler)
    if protocol in ("tcp", "tls"):
        parse_host_port(place)


def quieten() -> None:
    """Keep what Dask says at length about a lost connection from the user's eyes: our error says it in one line."""
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    logging.getLogger("tornado.application").addFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], OSError))


def _fail(future: Future[Any], error: Exception) -> None:
    with suppress(InvalidStateError):
        future.set_exception(error)
