"""The service for tests: an application in this process, recordings to give it, and what a worker would do."""

import atexit
import hashlib
import http.client
import io
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from fastapi.testclient import TestClient

from ligeia.server import jobs
from ligeia.server.app import create_app
from ligeia.server.prober import Helper, Prober
from ligeia.server.service import Service
from ligeia.server.settings import Settings

HOST = "ligeia.test"


def recording(seconds: float = 0.1, rate: int = 8000, channels: int = 1, format: str = "WAV", seed: int = 0) -> bytes:
    """The bytes of a file of noise."""
    samples = np.random.default_rng(seed).normal(size=(round(seconds * rate), channels)) * 0.1
    soundfile.write(file := io.BytesIO(), samples, rate, format=format)
    return file.getvalue()


def settings_for(folder: Path, **more: Any) -> Settings:
    """Settings of a service in a folder of its own, without the limits that only get in the way of tests."""
    given = {"hosts": [HOST], "reserve_bytes": 0, "writes_per_minute": 100_000, **more}
    return Settings(data=folder, **given)


class SharedProber(Prober):
    """All applications of the tests ask the same helper: to start one takes a second."""

    helper = Helper()
    atexit.register(helper.close)

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._free.get(), self._free.get()
        self._free.put(self.helper)
        self._helpers.clear()


@contextmanager
def running_service(folder: Path, *, page: Path | None = None, **more: Any) -> Iterator["Running"]:
    """A service that answers in this process."""
    app = create_app(settings_for(folder, **more), page=page or folder / "no page")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ligeia.server.service.Prober", SharedProber)
        client = TestClient(app, base_url=f"http://{HOST}", raise_server_exceptions=False)
        with client:
            yield Running(client, client.app_state["service"])


class Running:
    """An application with its first visitor."""

    def __init__(self, client: TestClient, service: Service) -> None:
        self.client, self.service = client, service

    def visitor(self, **options: Any) -> TestClient:
        """Return another visitor: one with a cookie jar of its own."""
        other = TestClient(self.client.app, base_url=f"http://{HOST}", raise_server_exceptions=False, **options)
        other.portal = self.client.portal
        other.app_state.update(self.client.app_state)
        return other

    @property
    def keys(self) -> set[str]:
        """All files that are stored."""
        folder = self.service.settings.data / "files"
        return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}

    @property
    def incoming(self) -> list[Path]:
        """Uploads that lie about."""
        return list(self.service.settings.incoming.iterdir())


def add_sound(client: TestClient, data: bytes | None = None, name: str = "a.wav") -> dict[str, Any]:
    """Upload a recording, and return what the service says of it."""
    answer = client.post("/api/sounds", params={"name": name}, content=recording() if data is None else data)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def add_job(client: TestClient, sound: str, **settings: Any) -> dict[str, Any]:
    """Queue a job, and return what the service says of it."""
    answer = client.post("/api/jobs", json={"sound": sound, "settings": settings or {"task": "compress", "kbps": 24}})
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


REPORT = {"seconds": 0.1, "rate": 8000, "channels": 1, "source_bytes": 1644, "elapsed_seconds": 0.5}


def finish_job(service: Service, folder: Path, results: dict[str, tuple[str, bytes]]) -> str:
    """Do as a worker the job that waits longest: `results` are name and bytes by kind. Return its id."""
    row = jobs.claim(service.engine, "tester", 30.0)
    assert row is not None
    found = []
    for kind, (name, data) in results.items():
        path, key = folder / f"{kind}.part", f"jobs/{row['id']}/{kind}"
        path.write_bytes(data)
        service.storage.put(path, key)
        digest = hashlib.sha256(data).hexdigest()
        found.append({"kind": kind, "key": key, "bytes": len(data), "sha256": digest, "name": name})
    assert jobs.finish(service.engine, row["id"], row["worker"], REPORT, found)
    return str(row["id"])


# --- a server in a process of its own ------------------------------------------------------------------

PROGRAM = """
import socket, sys, uvicorn
from ligeia.server.app import create_app
from ligeia.server.logs import start_logging
from ligeia.server.protocol import DeadlineProtocol, uvicorn_config
from ligeia.server.settings import Settings
settings = Settings.model_validate_json(sys.argv[1])
DeadlineProtocol.header_seconds = 0.5
start_logging()
listening = socket.create_server(("127.0.0.1", 0))
print(listening.getsockname()[1], flush=True)
uvicorn.Server(uvicorn_config(create_app(settings), settings)).run(sockets=[listening])
"""


class Server:
    """A real server, in a process of its own."""

    def __init__(self, folder: Path, **more: Any) -> None:
        self.settings = settings_for(folder / "data", hosts=["127.0.0.1"], **more)
        self.log = folder / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-W", "error", "-c", PROGRAM, self.settings.model_dump_json()],
                stdout=subprocess.PIPE,
                stderr=log,
            )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    def connect(self) -> http.client.HTTPConnection:
        """Return a connection."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
        """Return the answer to one request, and its body."""
        connection = self.connect()
        try:
            named = {name.replace("_", "-"): text for name, text in headers.items()}
            connection.request(method, path, body=body, headers=named)
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def visitor(self) -> str:
        """Upload a recording as somebody new, and return the cookie."""
        answer, body = self.ask("POST", "/api/sounds?name=a.wav", recording())
        assert answer.status == 201, body
        return str(answer.getheader("set-cookie")).partition(";")[0]

    def raw(self, data: bytes) -> bytes:
        """Send bytes, and return all that comes until the server closes the connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            connection.sendall(data)
            return b"".join(iter(lambda: connection.recv(2**16), b""))

    def lines(self, event: str | None = None) -> list[dict[str, Any]]:
        """Return the lines of the log, all of them or those of an event."""
        found = [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]
        return [line for line in found if event in (None, line["event"])]

    def lines_of(self, answer: http.client.HTTPResponse) -> list[dict[str, Any]]:
        """Return the lines of one request, when all are there: the last is written after its answer has gone."""
        id = answer.getheader("x-request-id")
        assert id is not None
        wait_for(lambda: any(line.get("request") == id for line in self.lines("request")))
        return [line for line in self.lines() if line.get("request") == id]

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *error: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        finally:
            self.process.kill()
            self.process.wait()
            assert self.process.stdout is not None
            self.process.stdout.close()


def wait_for(happened: Callable[[], object], seconds: float = 15.0) -> None:
    """Wait until something has happened in another process; fail when it does not in time."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)
