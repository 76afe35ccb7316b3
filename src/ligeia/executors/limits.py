"""Limits on what a task may take of the machine."""

import sys
from dataclasses import dataclass

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "NUMBA_NUM_THREADS")
"""Environment variables that libraries read when they are loaded."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds of a task."""

    seconds: float
    """Wall-clock time; after it the process is killed."""
    memory_bytes: int | None = None
    """Memory that a worker, and each program that it starts, may allocate for data (enforced by Linux).

    A Python function that asks for more gets a `MemoryError`; the worker continues.
    """
    threads: int | None = None
    """Threads of BLAS, OpenMP and what builds on them; None leaves it to the libraries."""

    def environment(self) -> dict[str, str]:
        """Return the environment variables of a process under these bounds."""
        return {} if self.threads is None else dict.fromkeys(THREADS, str(self.threads))


def bound_memory(most: int | None) -> None:
    """Bound the memory of this process, and of each that it starts, to `most` bytes of data."""
    if most is not None and sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
