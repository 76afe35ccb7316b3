"""Workers of a Dask cluster as jobs of SLURM, through submitit: a job is a worker, not a file.

So a queue is waited for once, a job that is preempted or runs out of time costs the files that it was at, and more jobs
may join a run that is going on.
"""

import asyncio
import os
from pathlib import Path
from typing import Any

from ligeia.errors import needs_extra

LEAVE_SECONDS = 60.0
"""A worker that finds no scheduler for so long ends its job."""


def start_workers(
    scheduler: str, jobs: int, *, folder: Path, threads: int, minutes: int, cluster: str | None = None, **options: Any
) -> list[Any]:
    """Submit jobs that each work for a Dask scheduler with so many threads, and return submitit's jobs.

    `folder` must be seen by all machines; submitit keeps its scripts and what the jobs say there. `cluster` is None for
    SLURM where there is one, or "local" for processes of this machine. Options are submitit's
    (`slurm_partition="cpu"`, `mem_gb=32`).

    Raises:
        MissingExtra: submitit is not installed.
    """
    with needs_extra("submitit", "slurm"):
        import submitit
    executor = submitit.AutoExecutor(folder=folder, cluster=cluster)
    executor.update_parameters(
        name="ligeia-worker", timeout_min=minutes, cpus_per_task=threads, tasks_per_node=1, **options
    )
    with executor.batch():  # one array of jobs
        return [executor.submit(work, scheduler, threads) for _ in range(jobs)]


def work(scheduler: str, threads: int) -> None:
    """Work for a scheduler until it goes; the life of a job."""
    with needs_extra("distributed", "dask"):
        from distributed import Worker

    async def live() -> None:
        worker: Any = Worker
        async with worker(scheduler, nthreads=threads, death_timeout=LEAVE_SECONDS, dashboard=False) as started:
            await started.finished()

    os.environ.setdefault("OMP_NUM_THREADS", "1")
    asyncio.run(live())
