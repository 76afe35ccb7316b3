"""Real worker processes under a supervisor: whatever dies, jobs are done once, and no file is left over."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import made_nap
import pytest
from made_nap import Napping
from made_place import ended, job, leftovers, made_place, queue, wait

from ligeia.server import jobs, worker
from ligeia.server.job_run import Place
from ligeia.server.supervisor import Supervisor


@contextmanager
def supervised(place: Place) -> Iterator[Supervisor]:
    found = Napping(place)
    found.start()
    try:
        yield found
    finally:
        found.stop()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with made_place(tmp_path, lease_seconds=3.0, max_waiting=1000) as place:
        yield place


def running(place: Place, id: str) -> dict[str, Any]:
    wait(lambda: job(place, id)["state"] == "running")
    return job(place, id)


def cancel(place: Place, id: str) -> None:
    jobs.request_cancel(place.engine, "a" * 64, id)
    assert ended(place, id, 30)["state"] == "cancelled"


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as status:
        return status.read().split(") ")[1][0] != "Z"


def test_the_program_is_a_worker():
    assert Supervisor.program[-1] == worker.__name__
    assert Path(made_nap.Napping.program[-1]) == Path(made_nap.__file__)


def test_cancelling_stops_the_work_whether_or_not_it_reports(place):
    with supervised(place) as found:
        wait(lambda: found.children)
        worker = found.children[0].process.pid
        for task in ("restore", "denoise"):
            id = queue(place, task, strength=60)
            running(place, id)
            cancel(place, id)
        assert ended(place, queue(place, "restore", strength=0))["state"] == "done"
        assert found.children[0].process.pid == worker, "it need not be killed"
    assert not leftovers(place)


def test_a_worker_that_hears_nothing_is_killed_and_replaced(place):
    with supervised(place) as found:
        id = queue(place, "extend", strength=60)
        running(place, id)
        deaf = found.children[0].process.pid
        cancel(place, id)
        assert ended(place, queue(place, "restore", strength=0))["state"] == "done"
        assert found.children[0].process.pid != deaf
    wait(lambda: not leftovers(place))


def test_a_job_that_was_forgotten_stops_too(place):
    with supervised(place):
        id = queue(place, "denoise", strength=60)
        running(place, id)
        jobs.forget(place.engine, "a" * 64, id)
        assert ended(place, queue(place, "restore", strength=0), 10)["state"] == "done"
    assert not leftovers(place)


def test_a_job_that_takes_too_long_fails(tmp_path):
    with made_place(tmp_path, job_seconds=0.5) as place, supervised(place):
        found = ended(place, queue(place, "extend", strength=60))
        assert (found["state"], found["error_code"]) == ("failed", "too_long")


def test_killed_workers_lose_no_job_and_do_none_twice(place):
    place = Place(place.settings.model_copy(update={"workers": 2}), place.engine, place.storage)
    with supervised(place) as found:
        queued = [queue(place, "restore", strength=0.1) for _ in range(10)]
        for count in (2, 4):
            wait(lambda count=count: jobs.counts(place.engine).get(("restore", "done"), 0) >= count)
            for child in list(found.children):
                child.process.send_signal(signal.SIGKILL)
        for id in queued:
            assert ended(place, id)["state"] == "done"
        assert all(len(job(place, id)["results"]) == 5 for id in queued)
        wait(lambda: jobs.at_work(place.engine, [child.name for child in found.children]) == [])
    assert not leftovers(place)


def test_stopping_gives_the_job_back_at_once(place):
    with supervised(place) as found:
        id = queue(place, "denoise", strength=60)
        running(place, id)
        found.stop()
        again = job(place, id)
        assert (again["state"], again["attempts"]) == ("queued", 0)
    assert not leftovers(place)
    assert not list(place.settings.scratch.glob("*"))


def test_workers_end_when_their_parent_is_gone_and_the_next_one_goes_on(place):
    starting = (
        "import sys, time\nfrom pathlib import Path\nfrom made_nap import Napping\n"
        "from ligeia.server.settings import Settings\nfrom ligeia.server.job_run import Place\n"
        "from ligeia.server.storage.opening import open_storage\nfrom ligeia.server.tables import open_database\n"
        "settings = Settings.model_validate_json(sys.argv[1])\n"
        "found = Napping(Place(settings, open_database(settings.database_url), open_storage(settings)))\n"
        "found.start()\n"
        "while not found.children: time.sleep(0.01)\n"
        "print(found.children[0].process.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    path = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", starting, place.settings.handed_on()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=path, text=True) as parent:
        pid = int(parent.stdout.readline())
        id = queue(place, "denoise", strength=60)
        running(place, id)
        parent.kill()
    wait(lambda: not alive(pid), 10)
    assert (job(place, id)["state"], job(place, id)["attempts"]) == ("queued", 0)
    assert not leftovers(place)
    jobs.request_cancel(place.engine, "a" * 64, id)
    with supervised(place):
        assert ended(place, queue(place, "restore", strength=0))["state"] == "done"


def test_when_all_are_killed_at_once_the_next_start_relieves_the_dead(place):
    dead = subprocess.Popen([*Napping.program, "dead"], stdin=subprocess.PIPE, text=True, start_new_session=True)
    dead.stdin.write(place.settings.handed_on() + "\n")
    dead.stdin.flush()
    id = queue(place, "restore", strength=0.3)
    running(place, id)
    dead.kill()
    dead.wait()
    dead.stdin.close()
    with supervised(place):
        assert ended(place, id)["state"] == "done"
    assert job(place, id)["attempts"] == 2
    assert not leftovers(place)
