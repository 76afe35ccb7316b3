"""One BLAS thread for products that are too small to share.

The products of the codec take microseconds. Waking the other threads of BLAS for each of them gains nothing on an idle
machine, and beside other work it waits for threads that are not running: encoding 20 s of stereo then took 10 to 30
times as long.
"""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock, Thread, current_thread
from typing import Any, TypeVar

from threadpoolctl import OpenBLASController, ThreadpoolController

Item = TypeVar("Item")


@lru_cache(maxsize=1)
def _controller(modules: int) -> Any:
    """The controller of every BLAS in the process, which is searched again once there are more `modules`."""
    return ThreadpoolController()


class _Limit:
    """The limit of the process: BLAS has one number of threads, whichever thread of the program asks for it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._holders = 0
        self._limiter: Any = None
        self._thread: Thread | None = None

    def acquire(self) -> None:
        with self._lock:
            if not self._holders:
                self._limiter = _controller(len(sys.modules)).limit(limits=1, user_api="blas")
                self._thread = current_thread()
            self._holders += 1

    def release(self) -> None:
        with self._lock:
            self._holders -= 1
            if not self._holders:
                # The number can only be set by the thread that set it last, until that one gives it up.
                OpenBLASController.clear_controlling_thread(force=self._thread is not current_thread())
                self._limiter.restore_original_limits()
                OpenBLASController.clear_controlling_thread()


_LIMIT = _Limit()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Let BLAS compute in the calling thread alone; afterwards it has as many threads as before.

    Nested and concurrent uses share one limit, which the last of them lifts.
    """
    _LIMIT.acquire()
    try:
        yield
    finally:
        _LIMIT.release()


def one_blas_thread_each(items: Iterable[Item]) -> Iterator[Item]:
    """The `items` of a generator, with one BLAS thread while it computes and none of that between them."""
    iterator = iter(items)
    while True:
        with one_blas_thread():
            try:
                item = next(iterator)
            except StopIteration:
                return
        yield item
