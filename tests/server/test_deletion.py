"""What forgetting leaves: nothing of one's own, everything of others."""

from pathlib import Path

import pytest
from made_place import SOUND, job, made_place, queue

from ligeia.server import jobs
from ligeia.server.deletion import forget_job, forget_session, forget_sound
from ligeia.server.job_run import Place

STRANGER = "0" * 64


@pytest.fixture
def place(tmp_path: Path):
    with made_place(tmp_path) as place:
        yield place


def files(place: Place) -> list[str]:
    return sorted(path.name for path in (place.settings.data / "files").rglob("*") if path.is_file())


def owner_of(place: Place, id: str) -> str:
    return str(job(place, id)["session"])


def test_a_stranger_forgets_nothing(place):
    waiting, kept = queue(place), files(place)
    assert not forget_job(place.engine, place.storage, STRANGER, waiting)
    forget_session(place.engine, place.storage, STRANGER)
    assert job(place, waiting)["state"] == "queued"
    assert files(place) == kept != []


def test_a_sound_takes_its_jobs_along(place):
    waiting = queue(place)
    session = owner_of(place, waiting)
    forget_sound(place.engine, place.storage, session, SOUND)
    assert jobs.one(place.engine, session, waiting) is None
    assert files(place) == []


def test_a_session_takes_everything_along(place):
    waiting = queue(place)
    session = owner_of(place, waiting)
    forget_session(place.engine, place.storage, session)
    assert jobs.one(place.engine, session, waiting) is None
    assert files(place) == []
