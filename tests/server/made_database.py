"""A PostgreSQL server for tests, and rows that jobs need."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert

from ligeia.server import jobs
from ligeia.server.tables import now, sessions, sounds

SESSION, OTHER = "a" * 64, "b" * 64


def programs() -> Path | None:
    """The folder of `initdb` and `postgres`, where Debian or the path have them."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    return Path(initdb).parent if initdb else None


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Postgres:
    """A server with its own folder, on the loopback; ended and removed with the block."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        # It refuses to run as root, and must be able to enter its folder.
        self._as: dict[str, Any] = {"user": "nobody", "extra_groups": []} if os.geteuid() == 0 else {}

    def __enter__(self) -> str:
        self._folder = Path(tempfile.mkdtemp(prefix="ligeia-postgres-"))
        if self._as:
            shutil.chown(self._folder, "nobody")
        data, port = self._folder / "data", free_port()
        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": self._folder}
        made = [self._programs / "initdb", "-D", data, "-A", "trust", "-U", "ligeia", "--no-sync", "-E", "UTF8"]
        subprocess.run(made, check=True, **quiet, **self._as)
        served = [self._programs / "postgres", "-D", data, "-p", str(port), "-k", self._folder, "-h", "127.0.0.1"]
        self._server = subprocess.Popen([*served, "-F"], **quiet, **self._as)
        ready = [self._programs / "pg_isready", "-h", "127.0.0.1", "-p", str(port), "-d", "postgres", "-q"]
        for _ in range(600):
            if subprocess.run(ready, **quiet).returncode == 0:
                break
            time.sleep(0.05)
        return f"postgresql+psycopg://ligeia@127.0.0.1:{port}/postgres"

    def __exit__(self, *error: object) -> None:
        self._server.terminate()  # new sessions are refused, those that are open end by themselves or below
        try:
            self._server.wait(2)
        except subprocess.TimeoutExpired:
            self._server.send_signal(2)  # at once, with the sessions
            self._server.wait(20)
        shutil.rmtree(self._folder)


def add_session(engine: Engine, session: str = SESSION) -> str:
    with engine.begin() as connection:
        connection.execute(insert(sessions).values(id=session, created=now(), seen=now()))
    return session


def add_sound(engine: Engine, session: str = SESSION, id: str = "s" * 32, seconds_kept: float = 3600, **given) -> str:
    """Insert the row of a sound; return its id."""
    row = {
        "name": "memo.wav", "bytes": 32044, "sha256": "0" * 64, "format": "WAV", "seconds": 1.0, "rate": 16000,
        "channels": 1, **given,
    }  # fmt: skip
    with engine.begin() as connection:
        connection.execute(
            insert(sounds).values(id=id, session=session, created=now(), expires=now() + seconds_kept, **row)
        )
    return id


def add_job(engine: Engine, session: str = SESSION, sound: str = "s" * 32, **settings) -> str:
    return jobs.add(engine, session, sound, "compress", {"task": "compress", **settings}, "ligeia encode memo.wav")
