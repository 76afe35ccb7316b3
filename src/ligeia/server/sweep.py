"""Removal of recordings with their jobs and files when they are deleted or expire, and of what crashes left."""

import contextlib
import fcntl
import logging
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from typing import IO, Any

from sqlalchemy import Connection, Engine, delete, exists, select

from ligeia.server.settings import Settings
from ligeia.server.storage.folder import PART
from ligeia.server.storage.storage import Storage
from ligeia.server.tables import allowances, jobs, now, reading, results, sessions, sounds, workers

LOGGER = logging.getLogger("ligeia.server")
ALLOWANCE_SECONDS = 3600.0
"""Idle allowances are full again long before."""
ORPHAN_SECONDS = 600.0
"""Age of a file that no row speaks of: younger ones may be about to get theirs."""
AT_ONCE = 200
LOCK = "lock"


def sweep(engine: Engine, storage: Storage, settings: Settings) -> int:
    """Remove what has expired; return how many recordings that were."""
    with engine.begin() as connection:
        active = exists().where(jobs.c.sound == sounds.c.id, jobs.c.state.in_(("queued", "running")))
        expired = select(sounds.c.id).where(sounds.c.expires < now(), ~active).limit(AT_ONCE)
        found = connection.execute(expired).scalars().all()
        prefixes = _remove(connection, found)
        idle = sessions.c.seen < now() - settings.kept_seconds
        connection.execute(delete(sessions).where(idle, ~exists().where(sounds.c.session == sessions.c.id)))
        connection.execute(delete(allowances).where(allowances.c.refilled < now() - ALLOWANCE_SECONDS))
        connection.execute(delete(workers).where(workers.c.seen < now() - settings.kept_seconds))
    for prefix in prefixes:
        storage.delete(prefix)
    _sweep_incoming(settings)
    return len(found)


def sweep_files(engine: Engine, storage: Storage, age: float = ORPHAN_SECONDS) -> list[str]:
    """Remove the files that no row speaks of and that are older than `age` seconds; return their keys."""
    old = [key for key, seconds in storage.listed() if seconds >= age and key.count("/") == 2]
    gone = [key for first in range(0, len(old), AT_ONCE) for key in _orphans(engine, old[first : first + AT_ONCE])]
    for key in gone:
        with contextlib.suppress(ValueError):  # a file that is not of the service stays
            storage.delete(key)
    return gone


def sweep_scratch(settings: Settings) -> list[str]:
    """Remove the folders of workers of this machine that are dead; return their names."""
    dead = []
    for folder in sorted(settings.scratch.glob("*/")):
        with contextlib.suppress(OSError), (folder / LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
            dead.append(folder.name)
    return dead


@contextlib.contextmanager
def locked_folder(settings: Settings, name: str) -> Iterator[IO[str]]:
    """Hold the folder of a worker while the block lasts, and remove it afterwards."""
    folder = settings.scratch / name
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with (folder / LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield lock
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remove(connection: Connection, ids: Sequence[str]) -> list[str]:
    """Remove sounds, their jobs first; return the prefixes of all their keys."""
    theirs = connection.execute(delete(jobs).where(jobs.c.sound.in_(ids)).returning(jobs.c.id)).scalars().all()
    connection.execute(delete(sounds).where(sounds.c.id.in_(ids)))
    return [*(f"jobs/{id}/" for id in theirs), *(f"sounds/{id}/" for id in ids)]


def _orphans(engine: Engine, keys: Sequence[str]) -> list[str]:
    owners = [key.split("/")[1] for key in keys]
    with reading(engine) as connection:

        def among(column: Any, *which: Any) -> set[Any]:
            return set(connection.execute(select(column).where(column.in_(owners), *which)).scalars())

        known, running = among(sounds.c.id), among(jobs.c.id, jobs.c.state == "running")
        listed = set(connection.execute(select(results.c.key).where(results.c.job.in_(owners))).scalars())
    return [
        key for key in keys if key.endswith(PART) or not _is_wanted(key, known=known, running=running, listed=listed)
    ]


def _is_wanted(key: str, *, known: set[str], running: set[str], listed: set[str]) -> bool:
    room, owner, *_ = key.split("/")
    return owner in known if room == "sounds" else key in listed or owner in running


def _sweep_incoming(settings: Settings) -> None:
    """Remove what is left of uploads that have ended long ago."""
    oldest = time.time() - settings.upload_seconds - 60
    for path in settings.incoming.glob(f"*{PART}"):
        with contextlib.suppress(FileNotFoundError):
            if os.stat(path).st_mtime < oldest:
                path.unlink()
