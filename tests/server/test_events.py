"""The stream of events of a session: what changes comes once, in order, from where the client left off."""

import json
import socket
from collections.abc import Iterator

import anyio
import pytest
from made_service import Server
from sqlalchemy.exc import OperationalError

from ligeia.server import jobs, tables
from ligeia.server.changes import GONE, Watcher
from ligeia.server.limits import MOST_STREAMS


class Stream:
    """A client of the stream."""

    def __init__(self, server: Server, cookie: str, **headers: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=20)
        lines = [f"{name.replace('_', '-')}: {text}\r\n" for name, text in headers.items()]
        self.socket.sendall(
            f"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n{''.join(lines)}\r\n".encode()
        )
        self.file = self.socket.makefile("rb")
        self.status = int(self.file.readline().split()[1])
        self.headers = dict(line.decode().strip().lower().split(": ", 1) for line in iter(self.file.readline, b"\r\n"))

    def chunks(self) -> Iterator[str]:
        while size := int(self.file.readline() or b"0", 16):
            yield self.file.read(size + 2)[:-2].decode()

    def events(self) -> Iterator[dict[str, str]]:
        """The events as they come, without comments and waiting times."""
        text = ""
        for chunk in self.chunks():
            text += chunk
            while "\n\n" in text:
                event, _, text = text.partition("\n\n")
                fields = dict(line.split(": ", 1) for line in event.splitlines() if not line.startswith(":"))
                if "event" in fields:
                    yield fields

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *error: object) -> None:
        self.file.close()
        self.socket.close()


def add_job(server, cookie):
    _, listed = server.ask("GET", "/api/sounds", cookie=cookie)
    wanted = {"sound": json.loads(listed)[0]["id"], "settings": {"task": "compress"}}
    answer, body = server.ask("POST", "/api/jobs", json.dumps(wanted), cookie=cookie, content_type="application/json")
    assert answer.status == 202, body
    return json.loads(body)


@pytest.fixture
def cookie(server):
    return server.visitor()


@pytest.fixture
def engine(server):
    engine = tables.open_database(server.settings.database_url)
    yield engine
    engine.dispose()


def test_changes_come_in_order_with_their_versions(server, cookie, engine):
    with Stream(server, cookie) as stream:
        assert stream.status == 200
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert stream.headers["cache-control"] == "no-cache"
        assert stream.headers["x-accel-buffering"] == "no"
        events = stream.events()
        job = add_job(server, cookie)
        first = next(events)
        assert (first["event"], json.loads(first["data"]), first["id"]) == ("job", job, str(job["version"]))
        server.ask("POST", f"/api/jobs/{job['id']}/cancel", cookie=cookie)
        second = next(events)
        assert json.loads(second["data"])["state"] == "cancelled"
        assert int(second["id"]) > int(first["id"])


def test_a_client_that_comes_back_gets_what_it_missed(server, cookie):
    first, second = add_job(server, cookie), add_job(server, cookie)
    with Stream(server, cookie) as stream:
        events = stream.events()
        assert [json.loads(next(events)["data"])["id"] for _ in range(2)] == [first["id"], second["id"]]
    with Stream(server, cookie, Last_Event_ID=str(first["version"])) as stream:
        assert json.loads(next(stream.events())["data"])["id"] == second["id"]
    for strange in ("999999", "-1", "x", "9" * 400):
        with Stream(server, cookie, Last_Event_ID=strange) as stream:
            assert json.loads(next(stream.events())["data"])["id"] == first["id"]


def test_a_worker_elsewhere_is_heard(server, cookie, engine):
    job = add_job(server, cookie)
    with Stream(server, cookie) as stream:
        events = stream.events()
        next(events)
        row = jobs.claim(engine, "tester", 30.0)
        while row is not None and row["id"] != job["id"]:
            row = jobs.claim(engine, "tester", 30.0)
        assert json.loads(next(events)["data"])["state"] == "running"
        assert jobs.beat(engine, row["id"], row["worker"], 0.5, "rate control")
        beat = json.loads(next(events)["data"])
        assert (beat["progress"], beat["note"]) == (0.5, "rate control")


def test_what_was_forgotten_is_said(server, cookie):
    job = add_job(server, cookie)
    with Stream(server, cookie) as stream:
        events = stream.events()
        next(events)
        server.ask("DELETE", f"/api/jobs/{job['id']}", cookie=cookie)
        assert next(events)["event"] == "changed"


def test_a_stream_tells_nothing_of_others(server, cookie):
    with Stream(server, server.visitor()) as stream:
        add_job(server, cookie)
        mine = stream.events()
        server.ask("DELETE", "/api/session", cookie=cookie)
        stream.socket.settimeout(0.6)  # three looks at the table
        with pytest.raises(TimeoutError):
            next(mine)


def test_a_stream_ends_with_its_session(server, cookie):
    with Stream(server, cookie) as stream:
        server.ask("DELETE", "/api/session", cookie=cookie)
        assert list(stream.events()) == []


@pytest.mark.parametrize("said", ["", "ligeia=unknown", "ligeia=" + "x" * 5000, "ligeia=\xff"])
def test_without_a_session_there_is_nothing_to_wait_for(server, said):
    answer, body = server.ask("GET", "/api/events", cookie=said)
    assert (answer.status, body) == (204, b"")


def test_streams_of_a_session_are_counted(server, cookie):
    streams = [Stream(server, cookie) for _ in range(MOST_STREAMS)]
    try:
        assert [stream.status for stream in streams] == [200] * MOST_STREAMS
        answer, body = server.ask("GET", "/api/events", cookie=cookie)
        assert answer.status == 429
        assert json.loads(body)["code"] == "too_many_streams"
    finally:
        for stream in streams:
            stream.__exit__()


def test_streams_end_when_the_server_stops(tmp_path):
    with Server(tmp_path) as server:
        streams = [Stream(server, server.visitor()) for _ in range(3)]
        server.process.terminate()
        assert [list(stream.events()) for stream in streams] == [[]] * 3
        server.process.wait(20)
        for stream in streams:
            stream.__exit__()
        assert not server.lines("failed")
        assert "ERROR" not in server.log.read_text()


def test_looks_go_on_after_the_table_failed(engine):
    broken = OperationalError("", {}, Exception())

    async def run():
        watcher = Watcher(engine)
        looks = []

        def look(ids):
            looks.append(ids)
            if len(looks) == 1:
                raise broken
            return dict.fromkeys(ids, 7)

        watcher._look = look
        async with anyio.create_task_group() as group:
            group.start_soon(watcher.run)
            with watcher.watching("a") as watch:
                assert await watch.newer(3) == 7
                watcher.close()
                assert await watch.newer(7) == GONE
            group.cancel_scope.cancel()

    anyio.run(run)
