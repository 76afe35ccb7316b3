"""A place with a folder, a database and recordings, in which tests let jobs be done."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import numpy as np
from made_database import SESSION, add_session, add_sound

from ligeia.audio.signal import Audio
from ligeia.audio.writing import write_audio
from ligeia.server import jobs
from ligeia.server.job_run import Place
from ligeia.server.settings import Settings
from ligeia.server.storage.opening import open_storage
from ligeia.server.tables import open_database

SOUND = "s" * 32


def tone(seconds: float = 0.5, rate: int = 16000, channels: int = 1, level: float = 0.3) -> Audio:
    """A gliding tone in a little noise."""
    time = np.arange(round(seconds * rate)) / rate
    noise = np.random.default_rng(1).standard_normal((channels, len(time)))
    return Audio(level * np.sin(2 * np.pi * (200 + 200 * time) * time) + 0.01 * noise, rate)


def give_sound(place: Place, audio: Audio, id: str = SOUND, **given: Any) -> str:
    """Put a recording into the storage and the table, as an upload does."""
    place.settings.incoming.mkdir(parents=True, exist_ok=True)
    path = place.settings.incoming / f"{id}.part"
    write_audio(path, audio, format="wav", subtype=given.pop("subtype", "PCM_16"), overwrite=True)
    place.storage.put(path, f"sounds/{id}/original")
    return add_sound(place.engine, id=id, seconds=audio.seconds, rate=audio.rate, channels=audio.channels, **given)


@contextmanager
def made_place(folder: Path, **given: Any) -> Iterator[Place]:
    """A place with one session, and with a recording of half a second."""
    settings = Settings(**{"data": folder / "data", "workers": 1, **given})
    engine = open_database(settings.database_url)
    place = Place(settings, engine, open_storage(settings))
    add_session(engine)
    give_sound(place, tone())
    try:
        yield place
    finally:
        engine.dispose()


def queue(place: Place, task: str = "compress", sound: str = SOUND, **settings: Any) -> str:
    """Queue a job with the settings of a request."""
    defaults = {
        "denoise": {"strength": 1.0},
        "restore": {"strength": 1.0, "clipping": True, "clicks": True},
        "extend": {"strength": 1.0},
    }
    wanted = {"task": task, **defaults.get(task, {}), **settings}
    return jobs.add(place.engine, SESSION, sound, task, wanted, f"ligeia {task}")


def job(place: Place, id: str) -> dict[str, Any]:
    found = jobs.one(place.engine, SESSION, id)
    assert found is not None
    return found


def wait(until: Callable[[], Any], seconds: float = 60.0) -> Any:
    """Wait for something to be true, and return it."""
    deadline = monotonic() + seconds
    while not (found := until()):
        assert monotonic() < deadline, "it did not come"
        sleep(0.01)
    return found


def ended(place: Place, id: str, seconds: float = 60.0) -> dict[str, Any]:
    """Wait for the end of a job, and return it."""
    wait(lambda: job(place, id)["state"] not in jobs.ACTIVE, seconds)
    return job(place, id)


def read_result(place: Place, found: dict[str, Any], kind: str, folder: Path) -> Path:
    """Copy a result of a job to a file."""
    [row] = [row for row in found["results"] if row["kind"] == kind]
    path = folder / row["name"]
    path.write_bytes(b"".join(place.storage.open(row["key"])))
    assert path.stat().st_size == row["bytes"]
    return path


def leftovers(place: Place) -> set[str]:
    """Files that no row speaks of: in the storage, of uploads, and of workers."""
    rows = {row["key"] for found in jobs.of_session(place.engine, SESSION) for row in found["results"]}
    stored = {key for key, _ in place.storage.listed() if not key.startswith("sounds/")} - rows
    around = [*place.settings.incoming.glob("*"), *place.settings.scratch.glob("*/*/*")]
    return stored | {str(path) for path in around}


def discard(place: Place) -> None:
    shutil.rmtree(place.settings.data)
