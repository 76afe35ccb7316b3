"""Real worker processes under a supervisor."""

import os
import signal
from pathlib import Path

import pytest
from made_place import ended, give_sound, job, leftovers, made_place, queue, tone, wait

from ligeia.server import jobs
from ligeia.server.supervisor import Supervisor


@pytest.fixture
def place(tmp_path: Path):
    with made_place(tmp_path) as place:
        supervisor = Supervisor(place)
        supervisor.start()
        place_and = place, supervisor
        yield place_and
        supervisor.stop()


def test_jobs_survive_their_workers(place):
    place, supervisor = place
    assert ended(place, queue(place, "restore"))["state"] == "done"
    give_sound(place, tone(20, 44100), id="l" * 32)
    id = queue(place, sound="l" * 32)
    wait(lambda: job(place, id)["progress"] > 0)
    os.kill(supervisor.children[0].process.pid, signal.SIGKILL)
    wait(lambda: job(place, id)["attempts"] == 2)
    jobs.request_cancel(place.engine, "a" * 64, id)
    assert ended(place, id, 5)["state"] == "cancelled"
    wait(lambda: not leftovers(place))
