"""Fifty sessions at once for a minute: recordings, jobs, events and downloads, and every byte that comes is looked at.

Each session has a recording of its own, whose samples come back in the results of its jobs: a byte of another session
would be seen. The client is one process with one loop of events; what is measured includes it.
"""

import asyncio
import hashlib
import io
import json
import os
import tempfile
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import soundfile

from benchmarks.rows import Rows
from benchmarks.serving import Service, serving
from ligeia.records.journal import Row
from ligeia.records.tables import markdown, table

SESSIONS, SECONDS, WORKERS, RATE = 50, 60.0, 2, 16_000
QUOTA_FREE = {"writes_per_minute": 100_000, "reserve_bytes": 0}


class Connection:
    """An HTTP connection that is kept, and opened anew where the server has closed it."""

    def __init__(self, url: str) -> None:
        place = urlsplit(url)
        assert place.hostname is not None
        self.host, self.port = place.hostname, place.port
        self.reader: asyncio.StreamReader | None = None
        self.cookie = ""

    async def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body of the answer."""
        for fresh in (False, True):  # an idle connection may have been closed while nobody looked
            if self.reader is None or fresh:
                await self.open()
            assert self.reader is not None
            self.send(method, path, body)
            try:
                status, headers = await self.head()
                return status, headers, await self.reader.readexactly(int(headers.get("content-length", "0")))
            except (asyncio.IncompleteReadError, ConnectionError):
                self.close()
                if fresh:
                    raise
        raise AssertionError

    async def open(self) -> None:
        """Connect."""
        self.close()
        self.reader, self.writer = await asyncio.open_connection(self.host, self.port, limit=2**22)

    def send(self, method: str, path: str, body: bytes = b"") -> None:
        """Send a request."""
        kind = "application/json" if body[:1] == b"{" else "application/octet-stream"
        head = f"{method} {path} HTTP/1.1\r\nHost: {self.host}\r\nCookie: {self.cookie}\r\nContent-Type: {kind}\r\n"
        self.writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)

    async def head(self) -> tuple[int, dict[str, str]]:
        """Return status and headers of an answer."""
        assert self.reader is not None
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        return int(lines[0].split()[1]), {
            name.lower(): text for name, _, text in (line.partition(": ") for line in lines[1:] if line)
        }

    def close(self) -> None:
        """Close it."""
        if self.reader is not None:
            self.writer.close()
            self.reader = None


class Session:
    """A visitor: uploads, waits for events, downloads, and is astonished at nothing but foreign bytes."""

    def __init__(self, url: str, number: int, found: "Found") -> None:
        self.url, self.found = url, found
        self.calls = Connection(url)
        samples = np.random.default_rng(number).normal(size=RATE) * 0.1
        soundfile.write(file := io.BytesIO(), samples, RATE, "PCM_16", format="WAV")
        self.data = file.getvalue()
        self.samples = soundfile.read(io.BytesIO(self.data), dtype="int16")[0]
        self.mine: set[str] = set()
        self.ended: dict[str, dict[str, Any]] = {}
        self.news = asyncio.Event()

    async def run(self, until: float) -> None:
        """Go on until a time of the loop."""
        loop = asyncio.get_running_loop()
        sound = await self.upload()
        listening = asyncio.create_task(self.listen())
        try:
            while loop.time() < until:
                await self.compress(sound, until)
                self.expect((await self.call("sound", "GET", f"/api/sounds/{sound}"))["id"] == sound, "sound")
                await self.call("delete", "DELETE", f"/api/sounds/{sound}")
                sound = await self.upload()
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening
            self.calls.close()

    async def call(self, kind: str, method: str, path: str, body: bytes = b"") -> Any:
        """Return what an API call answers, and note how long it took."""
        began = time.perf_counter()
        status, headers, answer = await self.calls.ask(method, path, body)
        self.found.times[kind].append(time.perf_counter() - began)
        if status >= 300:
            self.found.errors.append(f"{kind}: {status} {answer[:200]!r}")
            raise RuntimeError(f"{kind}: {status} {answer[:200]!r}")
        if "set-cookie" in headers:
            self.calls.cookie = headers["set-cookie"].partition(";")[0]
        return json.loads(answer) if answer.startswith((b"[", b"{")) else answer

    def expect(self, is_ours: bool, what: str) -> None:
        """Count what is another session's."""
        if not is_ours:
            self.found.foreign.append(what)

    async def upload(self) -> str:
        """Upload the recording, and return its id."""
        sound = await self.call("upload", "POST", "/api/sounds?name=noise.wav", self.data)
        self.expect(sound["sha256"] == hashlib.sha256(self.data).hexdigest(), "upload")
        return str(sound["id"])

    async def compress(self, sound: str, until: float) -> None:
        """Compress the recording, look on until it is done, and fetch the results."""
        wanted = {"sound": sound, "settings": {"task": "compress", "kbps": 16}}
        job = (await self.call("add job", "POST", "/api/jobs", json.dumps(wanted).encode()))["id"]
        self.mine.add(job)
        loop = asyncio.get_running_loop()
        while job not in self.ended and loop.time() < until:
            with suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await self.news.wait()
            self.news.clear()
            listed = await self.call("list jobs", "GET", "/api/jobs")
            self.expect({each["id"] for each in listed} <= self.mine, "list")
        if job in self.ended:
            await self.fetch(self.ended[job])

    async def fetch(self, job: dict[str, Any]) -> None:
        """Fetch all results, and compare what can be compared."""
        self.found.jobs += job["state"] == "done"
        if job["state"] != "done":
            self.found.errors.append(f"job: {job['error']}")
        for result in job["results"]:
            data = await self.call("download", "GET", f"/api/jobs/{job['id']}/results/{result['kind']}")
            self.expect(hashlib.sha256(data).hexdigest() == result["sha256"], result["kind"])
            if result["kind"] == "reference":
                samples = soundfile.read(io.BytesIO(data), dtype="int16")[0]
                self.expect(np.array_equal(samples, self.samples), "reference")

    async def listen(self) -> None:
        """Take in events until cancelled."""
        stream = Connection(self.url)
        stream.cookie = self.calls.cookie
        try:
            await stream.open()
            stream.send("GET", "/api/events")
            await stream.head()
            assert stream.reader is not None
            while line := await stream.reader.readline():
                if line.startswith(b'data: {"'):
                    self.take(json.loads(line.removeprefix(b"data: ")))
        finally:
            stream.close()

    def take(self, job: dict[str, Any]) -> None:
        """Take in an event."""
        self.found.events += 1
        self.expect(job["id"] in self.mine or job["sound_name"] == "noise.wav", "event")
        if job["state"] not in ("queued", "running"):
            self.ended[job["id"]] = job
        self.news.set()


class Found:
    """Observations of all sessions."""

    def __init__(self) -> None:
        self.times: defaultdict[str, list[float]] = defaultdict(list)
        self.errors: list[str] = []
        self.foreign: list[str] = []
        self.jobs = self.events = 0
        self.memory: list[float] = []

    def row(self) -> Row:
        """Return the figures."""
        every = [seconds for times in self.times.values() for seconds in times]
        settled = self.memory[len(self.memory) // 4 :]  # after the first quarter all sessions are there
        return {
            "calls": len(every),
            "errors": len(self.errors),
            "first_error": self.errors[0] if self.errors else None,
            "foreign": len(self.foreign),
            "jobs": self.jobs,
            "events": self.events,
            "p50_ms": milliseconds(every, 50),
            "p95_ms": milliseconds(every, 95),
            "p95_ms_by_call": {kind: milliseconds(times, 95) for kind, times in sorted(self.times.items())},
            "server_mb_begin": round(float(np.mean(settled[:5])), 1),
            "server_mb_end": round(float(np.mean(settled[-5:])), 1),
            "server_mb_most": round(max(self.memory), 1),
        }


def milliseconds(times: list[float], percentile: float) -> float:
    """Return a percentile of times."""
    return round(1000 * float(np.percentile(times, percentile)), 1)


async def visit(service: Service, sessions: int, seconds: float) -> Found:
    """Let many sessions work for some seconds."""
    found = Found()
    until = asyncio.get_running_loop().time() + seconds

    async def watch_memory() -> None:
        while True:
            pages = int(Path(f"/proc/{service.process.pid}/statm").read_text().split()[1])
            found.memory.append(pages * os.sysconf("SC_PAGE_SIZE") / 1e6)
            await asyncio.sleep(1)

    watching = asyncio.create_task(watch_memory())
    outcomes = await asyncio.gather(
        *(Session(service.url, number, found).run(until) for number in range(sessions)), return_exceptions=True
    )
    found.errors += [repr(outcome) for outcome in outcomes if isinstance(outcome, BaseException)]
    watching.cancel()
    return found


def run() -> None:
    """Add the row of a run, unless there is one."""
    rows = Rows("service")
    key = {"what": "sessions", "sessions": SESSIONS, "seconds": SECONDS, "workers": WORKERS}
    rows.add_once(key, measure)


def measure() -> Row:
    """Return the figures of a run."""
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder), "--workers", str(WORKERS), **QUOTA_FREE) as service,
    ):
        found = asyncio.run(visit(service, SESSIONS, SECONDS))
        left = [path.name for path in (Path(folder) / "data" / "incoming").iterdir()]
    return found.row() | {"left_over": len(left), "load": round(os.getloadavg()[0], 1)}


def service_table() -> str:
    """Return what fifty sessions at once met, beside the goals."""
    lines = [
        [f"{row['sessions']} sessions, {row['seconds']:g} s: calls, jobs", "", f"{row['calls']}, {row['jobs']}"]
        for row in Rows("service").rows
    ]
    for row in Rows("service").rows:
        lines += [
            ["errors, bytes of others", "0, 0", f"{row['errors']}, {row['foreign']}"],
            ["95 % of all calls within", "200 ms", f"{row['p95_ms']:.0f} ms"],
            ["half of all calls within", "", f"{row['p50_ms']:.0f} ms"],
            ["memory of the server", "flat", f"{row['server_mb_begin']:.0f} to {row['server_mb_end']:.0f} MB"],
        ]
        lines += [[f"95 % of: {name}", "", f"{value:.0f} ms"] for name, value in row["p95_ms_by_call"].items()]
    return markdown(table(["", "goal", "measured"], lines)) if lines else ""
