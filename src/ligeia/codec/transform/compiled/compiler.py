"""Compilation of loops, by numba."""

from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from typing import Any, TypeVar, cast

import numba

from ligeia.codec.transform.compiled import kept

Function = TypeVar("Function", bound=Callable[..., object])

_LOCK = Lock()
_OPTIONS: Any = {"nogil": True, "error_model": "numpy"}
_INNER: Any = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def inner(function: Function) -> Function:
    """Compile a function that compiled loops call, together with them; nothing else may call it."""
    return cast(Function, numba.njit(**_OPTIONS, **_INNER)(function))


def inner_sums(function: Function) -> Function:
    """Do the same for sums of whole numbers that float32 holds exactly.

    A product and the sum that it is added to may then be one instruction: nothing is rounded.
    """
    return cast(Function, numba.njit(**_OPTIONS, **_INNER, fastmath={"contract"})(function))


def compiled(function: Function) -> Function:
    """Compile a function at its first call, or load its machine code, which is kept if there is a place for it."""
    loop = numba.njit(**_OPTIONS)(function)
    config: Any = numba.config
    place = kept.folder()
    if place is None:
        return cast(Function, loop)
    with _LOCK:
        before, config.CACHE_DIR = config.CACHE_DIR, str(place)
        try:
            with suppress(RuntimeError):  # the folder cannot be written: each process compiles
                loop.enable_caching()
        finally:
            config.CACHE_DIR = before
    return cast(Function, loop)
