"""Tasks on a Dask cluster, here one in threads of this process; `tests/corpus` tries one of processes that die."""

import json
import logging
import signal
from dataclasses import asdict

import pytest

from ligeia.errors import InputError
from ligeia.executors import remote
from ligeia.executors.dask import connected, quieten
from ligeia.executors.failures import ExecutorLost, Failure, TaskFailed
from ligeia.executors.limits import Limits
from ligeia.executors.opening import open_executor
from ligeia.executors.outcomes import outcomes

distributed = pytest.importorskip("distributed", reason="distributed, Dask's scheduler, is not installed")
LIMITS = Limits(seconds=2, memory_bytes=2**30)


@pytest.fixture
def cluster(function):  # whose check of leftovers then comes last
    cluster = distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, protocol="tcp://", host="127.0.0.1", dashboard_address=":0"
    )
    yield cluster
    cluster.close()


@pytest.fixture
def executor(cluster):
    with open_executor(scheduler=cluster.scheduler_address, limits=LIMITS) as executor:
        yield executor


def test_tasks_and_limits_on_a_cluster(executor, function):
    tasks = [{"n": 0}, {"signal": int(signal.SIGSEGV)}, {"error": "a\nb"}, {"sleep": 60}, {"allocate": 2**31}, {"n": 5}]
    pairs = [(tasks.index(task), outcome) for task, outcome in outcomes(executor, function, tasks)]
    results = dict(pairs)
    assert (results[0]["n"], results[5]["n"]) == (0, 5)
    assert [results[number] for number in range(1, 5)] == [
        Failure("the worker died: signal 11 (SIGSEGV)"),
        Failure("ValueError: a b"),
        Failure("no answer within 2 s"),
        Failure("MemoryError"),
    ]
    assert executor.at_once == 8


@pytest.mark.parametrize("address", ["", "127.0.0.1", "tcp://127.0.0.1", "tls://cluster:x"])
def test_an_address_without_a_port_is_told_at_once(address, monkeypatch):
    monkeypatch.setattr(distributed, "Client", None)  # it would wait for long, and leave a traceback
    with pytest.raises(InputError, match="no Dask scheduler answers"):
        connected(address)


def test_a_worker_that_starts_no_process_says_so(monkeypatch):
    monkeypatch.setattr("ligeia.executors.remote.Crew.perform", lambda *_: (_ for _ in ()).throw(ExecutorLost("no")))
    told = remote.perform("run", remote.version(), asdict(LIMITS), "{}")
    assert json.loads(told)["refused"].endswith(", no")
    remote.end("run", at_once=True)


def test_killing_ends_what_is_at_work_there(executor, function, tmp_path, read_when_there, vanishes):
    future = executor.submit(function, {"sleep": 60, "pid_to": str(tmp_path / "pid")})
    pid = int(read_when_there(tmp_path / "pid"))
    executor.kill()
    assert future.cancelled()
    assert vanishes(pid)


def test_a_lost_scheduler_is_one_error(cluster, function, tmp_path, read_when_there, capfd):
    executor = open_executor(scheduler=cluster.scheduler_address, limits=LIMITS)
    future = executor.submit(function, {"sleep": 60, "pid_to": str(tmp_path / "pid")})
    read_when_there(tmp_path / "pid")
    cluster.close()
    with pytest.raises(ExecutorLost, match="the Dask scheduler at tcp://127"):
        future.result(timeout=20)
    with pytest.raises(ExecutorLost):
        executor.submit(function, {})
    executor.shutdown()
    assert "Traceback" not in capfd.readouterr().err


def test_no_scheduler(monkeypatch):
    monkeypatch.setattr("ligeia.executors.dask.CONNECT_SECONDS", 0.2)
    for address in ("tcp://127.0.0.1:1", "nosuch://x"):
        with pytest.raises(InputError, match="no Dask scheduler answers at"):
            open_executor(scheduler=address, limits=LIMITS)


def test_each_run_has_its_own_processes(function):
    task = '{"function": "made_work:work", "arguments": [{}], "keywords": {}}'
    limits = {"seconds": 30, "memory_bytes": None, "threads": None}
    one, other = (remote.perform(name, remote.version(), limits, task) for name in ("one", "other"))
    assert one != other
    remote.end("one", at_once=False)
    assert remote.perform("other", remote.version(), limits, task) == other
    remote.end("other", at_once=True)
    remote.end("nobody", at_once=True)


def test_only_errors_of_connections_are_kept_quiet(caplog):
    quieten()
    logger = logging.getLogger("tornado.application")
    for error in (ConnectionResetError("lost"), ValueError("news")):
        logger.error("failed", exc_info=error)
    assert [record.exc_info[0] for record in caplog.records] == [ValueError]


def test_killed_workers_are_failures_of_the_task(executor, monkeypatch):
    monkeypatch.setattr(remote, "perform", lambda *_: 1 / 0)
    with pytest.raises(TaskFailed, match="the cluster gave it up: ZeroDivisionError"):
        executor.submit("made_work:work", {}).result()


def test_workers_of_another_version_are_one_error(executor, monkeypatch):
    told = remote.perform("run", "0.0", {}, "")
    assert "refused" in told
    monkeypatch.setattr(remote, "perform", lambda *_: told)
    with pytest.raises(ExecutorLost, match=r"and 0\.0 is wanted"):
        executor.submit("made_work:work", {}).result()
