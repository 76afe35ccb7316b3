"""Workers as jobs of SLURM, in the mode of submitit that needs none."""

import os
import sys
from pathlib import Path

import pytest

from ligeia.executors.limits import Limits
from ligeia.executors.opening import open_executor
from ligeia.executors.slurm import start_workers

distributed = pytest.importorskip("distributed", reason="distributed, Dask's scheduler, is not installed")
pytest.importorskip("submitit", reason="submitit is not installed")


def test_jobs_work_for_a_scheduler_and_end_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))
    with distributed.LocalCluster(
        n_workers=0, processes=False, protocol="tcp://", host="127.0.0.1", dashboard_address=":0"
    ) as cluster:
        jobs = start_workers(cluster.scheduler_address, 1, folder=tmp_path, threads=1, minutes=5, cluster="local")
        with open_executor(scheduler=cluster.scheduler_address, limits=Limits(seconds=30)) as executor:
            assert executor.submit("os:getppid").result(60) != os.getpid()
    assert [job.result() for job in jobs] == [None]
