"""`ligeia serve` as people start it: on one machine, on several with PostgreSQL and S3, and on a Dask cluster."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest
from made_place import ended, leftovers, made_place, queue, wait
from made_service import recording

from ligeia.errors import InputError
from ligeia.server import dask
from ligeia.server.launch import address_of, listen
from ligeia.server.supervisor import Supervisor
from ligeia.server.work_loop import Worker

COMMAND = (sys.executable, "-P", "-c", "from ligeia.cli.main import run; run()", "serve", "--port", "0")


@contextmanager
def served(*options: object, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process of the command, and what it says once it is ready."""
    given = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **environment}
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "env": given, "text": True}
    process = subprocess.Popen([*COMMAND, *map(str, options)], **pipes)
    watchdog = threading.Timer(120, process.kill)
    watchdog.start()
    try:
        line = process.stdout.readline()
        assert ": " in line, "it did not start"
        yield process, line.partition(": ")[2].strip()
    finally:
        watchdog.cancel()
        process.terminate()
        process.wait(20)
        process.stdout.close()


def compressed(client: httpx2.Client, **settings: Any) -> dict[str, Any]:
    """Upload a recording, have a job done with it, and return the job at its end."""
    sound = client.post("/api/sounds?name=memo.wav", content=recording(0.3, 16000)).json()
    wanted = {"task": "restore", **settings}
    id = client.post("/api/jobs", json={"sound": sound["id"], "settings": wanted}).json()["id"]
    wait(lambda: client.get(f"/api/jobs/{id}").json()["state"] not in ("queued", "running"), 60)
    return dict(client.get(f"/api/jobs/{id}").json())


def test_a_signal_ends_it_in_good_order(tmp_path):
    with served("--workers", 0, "--data", tmp_path / "d") as (process, address):
        assert httpx2.get(f"{address}healthz").status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_so_do_ctrl_c_and_a_closed_terminal(tmp_path, number):
    with served("--workers", 0, "--workers-only", "--data", tmp_path / "d") as (process, _):
        process.send_signal(number)
        assert process.wait(15) == 0


def test_one_command_serves_works_and_forgets_nothing_when_it_is_killed(tmp_path):
    data = tmp_path / "data"
    cookies: Any = None
    with served("--workers", 1, "--data", data) as (process, address), httpx2.Client(base_url=address) as client:
        done = compressed(client)
        assert (done["state"], done["error"]) == ("done", None)
        cookies = dict(client.cookies)
        process.kill()
    with served("--workers", 0, "--data", data) as (_, address), httpx2.Client(base_url=address) as client:
        client.cookies.update(cookies)
        [found] = client.get("/api/jobs").json()
        assert found == done
        wav = client.get(f"/api/jobs/{done['id']}/results/wav").content
        assert len(wav) == next(row["bytes"] for row in done["results"] if row["kind"] == "wav")


def test_two_machines_share_a_database_and_a_storage(tmp_path, postgres, s3):
    endpoint, bucket = s3
    shared = ("--database", postgres, "--storage", f"s3://{bucket}/two")
    here, there = ("--data", tmp_path / "here"), ("--data", tmp_path / "there")
    with (
        served("--workers", 0, *here, *shared, LIGEIA_SERVE_S3_ENDPOINT=endpoint) as (_, address),
        served("--workers", 1, "--workers-only", *there, *shared, LIGEIA_SERVE_S3_ENDPOINT=endpoint) as (other, said),
        httpx2.Client(base_url=address) as client,
    ):
        assert said == "1 worker"
        done = compressed(client)
        assert (done["state"], done["error"]) == ("done", None)
        part = client.get(f"/api/jobs/{done['id']}/results/reference", headers={"Range": "bytes=0-3"})
        assert (part.status_code, part.content) == (206, b"RIFF")
        assert client.delete("/api/session").status_code == 204
        other.send_signal(signal.SIGTERM)
        assert other.wait(15) == 0
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files == []


def test_a_dask_cluster_does_the_jobs(tmp_path):
    distributed = pytest.importorskip("distributed", reason="distributed, Dask's scheduler, is not installed")
    cluster = distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, dashboard_address=None, worker_dashboard_address=None, processes=True
    )
    with cluster, made_place(tmp_path, scheduler=cluster.scheduler_address) as place:
        supervisor = Supervisor(place)
        supervisor.start()
        try:
            done = ended(place, queue(place, "restore"))
            assert (done["state"], done["error"]) == ("done", None)
            assert done["report"]["facts"]["method"]
        finally:
            supervisor.stop()
        assert not leftovers(place)
    assert issubclass(dask.DaskWorker, Worker)


def test_addresses():
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        assert address_of(listener) == f"http://127.0.0.1:{port}/"
        with pytest.raises(InputError, match="another program listens there already"):
            listen("127.0.0.1", port)
    with listen("0.0.0.0", 0) as everywhere:
        assert address_of(everywhere).startswith("http://127.0.0.1:")
    with pytest.raises(InputError, match="cannot listen at no such host"):
        listen("no such host", 0)
