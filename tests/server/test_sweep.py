"""What is forgotten, and what is not."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from made_place import SOUND, give_sound, job, made_place, queue, tone
from sqlalchemy import insert, select, update

from ligeia.server import jobs, tables
from ligeia.server.sweep import locked_folder, sweep, sweep_files, sweep_scratch

KEPT = "k" * 32


@pytest.fixture
def place(tmp_path: Path):
    with made_place(tmp_path) as place:
        give_sound(place, tone(0.1), id=KEPT)
        yield place


def expire(place, sound: str = SOUND) -> None:
    with place.engine.begin() as connection:
        connection.execute(update(tables.sounds).where(tables.sounds.c.id == sound).values(expires=0.0))


def stored(place) -> set[str]:
    return {key for key, _ in place.storage.listed()}


def put(place, tmp_path: Path, key: str) -> None:
    (tmp_path / "x").write_bytes(b"x")
    place.storage.put(tmp_path / "x", key)


def finish(place, tmp_path: Path, id: str) -> str:
    row = jobs.claim(place.engine, "w", 30)
    key = f"jobs/{id}/wav-1.wav"
    put(place, tmp_path, key)
    result = {"kind": "wav", "key": key, "bytes": 1, "sha256": "0" * 64, "name": "x"}
    assert jobs.finish(place.engine, id, row["worker"], {}, [result])
    return key


def test_expired_recordings_go_with_their_jobs_and_files(place, tmp_path):
    gone = queue(place)
    finish(place, tmp_path, gone)
    kept = queue(place, sound=KEPT)
    key = finish(place, tmp_path, kept)
    expire(place)
    assert sweep(place.engine, place.storage, place.settings) == 1
    assert stored(place) == {f"sounds/{KEPT}/original", key}
    assert [row["id"] for row in jobs.of_session(place.engine, "a" * 64)] == [kept]
    assert sweep(place.engine, place.storage, place.settings) == 0


def test_a_recording_waits_for_its_jobs(place):
    id = queue(place)
    expire(place)
    assert sweep(place.engine, place.storage, place.settings) == 0
    jobs.request_cancel(place.engine, "a" * 64, id)
    assert sweep(place.engine, place.storage, place.settings) == 1


def test_idle_sessions_and_allowances_go(place):
    with place.engine.begin() as connection:
        for name, seen in (("old", 0.0), ("new", time.time())):
            connection.execute(insert(tables.sessions).values(id=name, created=seen, seen=seen))
            connection.execute(insert(tables.allowances).values(key=name, left=1.0, refilled=seen))
        connection.execute(update(tables.sessions).where(tables.sessions.c.id == "a" * 64).values(seen=0.0))
    sweep(place.engine, place.storage, place.settings)
    with tables.reading(place.engine) as connection:
        assert set(connection.execute(select(tables.sessions.c.id)).scalars()) == {"a" * 64, "new"}  # it has sounds
        assert connection.execute(select(tables.allowances.c.key)).scalars().all() == ["new"]


def test_files_that_no_row_speaks_of_go_once_they_are_old(place, tmp_path):
    done, running = queue(place), None
    listed = finish(place, tmp_path, done)
    running = queue(place)
    jobs.claim(place.engine, "w", 30)
    lost = {f"jobs/{done}/lig-2.lig", f"sounds/{'0' * 32}/original", f"jobs/{'0' * 32}/wav-1.wav"}
    for key in {*lost, f"jobs/{running}/wav-3.wav", f"sounds/{SOUND}/reference-8000.wav"}:
        put(place, tmp_path, key)
    assert sweep_files(place.engine, place.storage) == []
    assert set(sweep_files(place.engine, place.storage, age=0)) == lost
    assert {listed, f"jobs/{running}/wav-3.wav", f"sounds/{SOUND}/reference-8000.wav"} <= stored(place)
    assert job(place, running)["state"] == "running"


def test_foreign_files_in_the_folder_stay(place):
    foreign = place.settings.data / "files" / "README"
    foreign.write_text("not ours")
    sweep_files(place.engine, place.storage, age=0)
    assert foreign.exists()


def test_uploads_that_broke_off_go_once_they_are_old(place):
    place.settings.incoming.mkdir(exist_ok=True)
    old, new = (place.settings.incoming / f"{name}.part" for name in ("old", "new"))
    for path in (old, new):
        path.write_bytes(b"x")
    os.utime(old, (0, 0))
    sweep(place.engine, place.storage, place.settings)
    assert new.exists()
    assert not old.exists()


def test_folders_of_dead_workers_go_and_those_of_living_ones_stay(place):
    holding = (
        "import sys\nfrom pathlib import Path\nfrom ligeia.server.settings import Settings\n"
        "from ligeia.server.sweep import locked_folder\n"
        "with locked_folder(Settings(data=Path(sys.argv[1])), 'dead'):\n    print('held', flush=True); sys.stdin.read()"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", holding, str(place.settings.data)], **pipes) as other:
        assert other.stdout.readline() == b"held\n"
        with locked_folder(place.settings, "living"):
            assert sweep_scratch(place.settings) == []
            other.kill()
            other.wait()
            assert sweep_scratch(place.settings) == ["dead"]
            assert [path.name for path in place.settings.scratch.iterdir()] == ["living"]
    assert not list(place.settings.scratch.iterdir())
