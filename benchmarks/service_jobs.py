"""Jobs of the service: how busy two workers are kept, claims a second, and the phases from dropping speech to hearing.

LIGEIA_POSTGRES names a PostgreSQL database, empty, on which the table is measured too.
"""

import json
import multiprocessing
import os
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import soundfile
from sqlalchemy import delete, func, insert, select

from benchmarks.rows import DATA, Rows
from benchmarks.serving import serving
from ligeia.records.journal import Row
from ligeia.records.tables import markdown, table
from ligeia.server import jobs, tables
from ligeia.server.job_run import Place
from ligeia.server.lease import Interrupts, Lease
from ligeia.server.settings import Settings
from ligeia.server.storage.folder import FolderStorage
from ligeia.server.tables import now, open_database
from ligeia.server.work_loop import Worker

TURNS = 3
JOBS, NAP, WORKERS = 300, 0.1, 2
CLAIMS = 300
SPEECH, SECONDS, KBPS = "speech/jfk_inaugural.flac", 10.0, 12
SESSION, SOUND = "a" * 64, "b" * 32
QUEUED: dict[str, Any] = {"task": "compress"}


def run() -> None:
    """Add the rows that are missing."""
    rows = Rows("service_jobs")
    for turn in range(TURNS):
        for name, database in databases():
            where = {"benchmark": "service_jobs", "database": name, "turn": turn}
            rows.add_once({**where, "what": "naps"}, lambda database=database: naps(database))
            for processes in (1, 4):
                key = {**where, "what": "claims", "processes": processes}
                rows.add_once(key, lambda database=database, count=processes: claims(database, count))
    for what, measure in (("hearing", hearing), ("cancelling", cancelling)):
        if not all(rows.has(benchmark="service_jobs", what=what, turn=turn) for turn in range(TURNS)):
            for turn, facts in enumerate(measure()):
                rows.add_once({"benchmark": "service_jobs", "what": what, "turn": turn}, lambda facts=facts: facts)


def databases() -> Iterator[tuple[str, str | None]]:
    """Yield names and URLs of what there is to measure on; None is SQLite in a fresh folder."""
    yield "SQLite", None
    if url := os.environ.get("LIGEIA_POSTGRES"):
        yield "PostgreSQL", url
    else:
        print("service_jobs: PostgreSQL is skipped (set LIGEIA_POSTGRES to the URL of an empty database)")


@contextmanager
def queued(database: str | None, count: int) -> Iterator[Place]:
    """Give a place in which `count` jobs wait."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder), database=database)
        engine = open_database(settings.database_url)
        place = Place(settings, engine, FolderStorage(settings.data / "files"))
        with engine.begin() as connection:
            connection.execute(delete(tables.sessions))
            connection.execute(insert(tables.sessions).values(id=SESSION, created=now(), seen=now()))
            sound: Row = {"name": "x", "bytes": 1, "sha256": "", "format": "wav", "seconds": 1.0, "rate": 8000}
            times: Row = {"created": now(), "expires": now() + 3600}
            connection.execute(insert(tables.sounds).values(id=SOUND, session=SESSION, channels=1, **sound, **times))
        for _ in range(count):
            jobs.add(engine, SESSION, SOUND, "compress", QUEUED, "")
        try:
            yield place
        finally:
            engine.dispose()


class Napper(Worker):
    """A worker whose jobs only take time."""

    seconds = NAP

    def work(self, job: jobs.Fields) -> None:
        """Sleep, with a lease; and end the job."""
        with Lease(self.place.engine, job, 30.0, self.interrupts) as lease:
            time.sleep(self.seconds)
            jobs.finish(self.place.engine, lease.id, lease.holder, {}, [])


def nap(settings: str, name: str, ready: Any) -> None:
    """Work until stopped, in a process of its own."""
    place = _place(settings)
    interrupts = Interrupts(signals=True)
    ready.wait()
    Napper(name, place, interrupts).loop()


def claim_all(settings: str, name: str, ready: Any) -> None:
    """Claim, report and finish one job after the other, until none is left."""
    place = _place(settings)
    ready.wait()
    while (job := jobs.claim(place.engine, name, 30.0)) is not None:
        jobs.beat(place.engine, job["id"], job["worker"], 0.5, "measuring")
        jobs.finish(place.engine, job["id"], job["worker"], {}, [])


def _place(settings: str) -> Place:
    known = Settings.model_validate_json(settings)
    return Place(known, open_database(known.database_url), FolderStorage(known.data / "files"))


@contextmanager
def started(work: Callable[[str, str, Any], None], place: Place, count: int) -> Iterator[list[Any]]:
    """Let `count` processes begin at the same time."""
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(count + 1)
    words = place.settings.handed_on()
    processes = [context.Process(target=work, args=(words, f"w{number}", ready)) for number in range(count)]
    for process in processes:
        process.start()
    ready.wait()
    try:
        yield processes
    finally:
        for process in processes:
            process.terminate()
            process.join()


def naps(database: str | None) -> Row:
    """Return how long workers take for jobs that sleep, against what the sleep alone takes."""
    with queued(database, JOBS) as place, started(nap, place, WORKERS):
        began = time.perf_counter()
        while _count(place, "done") < JOBS:
            time.sleep(0.05)
        seconds = time.perf_counter() - began
        once = _count(place, "done", jobs_once=True) == JOBS
    ideal = JOBS * NAP / WORKERS
    return {
        "jobs": JOBS,
        "workers": WORKERS,
        "seconds": seconds,
        "ideal": ideal,
        "ratio": seconds / ideal,
        "once": once,
    }


def claims(database: str | None, processes: int) -> Row:
    """Return how many jobs a second are claimed, reported and finished."""
    with queued(database, CLAIMS) as place:
        with started(claim_all, place, processes):
            began = time.perf_counter()
            while _count(place, "done") < CLAIMS:
                time.sleep(0.02)
            seconds = time.perf_counter() - began
        done = _count(place, "done")
    return {"jobs": done, "seconds": seconds, "per_second": done / seconds}


def _count(place: Place, state: str, jobs_once: bool = False) -> int:
    which = [tables.jobs.c.state == state, *([tables.jobs.c.attempts == 1] if jobs_once else [])]
    with tables.reading(place.engine) as connection:
        return int(connection.execute(select(func.count()).select_from(tables.jobs).where(*which)).scalar_one())


class Visitor:
    """Somebody with a browser's cookies."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def send(self, path: str, data: bytes | None = None, kind: str = "application/json") -> Any:
        """Return the answer of the API to a request, with a body where one is given."""
        headers = {} if data is None else {"Content-Type": kind}
        with self._opener.open(urllib.request.Request(self._url + path, data, headers)) as answer:
            body = answer.read()
        return json.loads(body) if answer.headers["Content-Type"].startswith("application/json") else body


def speech(path: Path) -> bytes:
    """Return speech as a WAV file."""
    with soundfile.SoundFile(DATA / SPEECH) as sound:
        samples = sound.read(round(SECONDS * sound.samplerate))
        soundfile.write(path, samples, sound.samplerate, "PCM_16")
    return path.read_bytes()


def hearing() -> Iterator[Row]:
    """Yield the seconds from sending a recording to each phase of its job, the first of a fresh worker included."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), "--workers", "2") as service:
        data = speech(Path(folder, "speech.wav"))
        for _ in range(TURNS):
            visitor, began, seen = Visitor(service.url), time.perf_counter(), {}
            sound = visitor.send("api/sounds?name=speech.wav", data, "application/octet-stream")
            seen["uploaded"] = time.perf_counter() - began
            id = _compress(visitor, sound["id"])
            seen["queued"] = time.perf_counter() - began
            while (job := visitor.send(f"api/jobs/{id}"))["state"] != "done":
                phase = "listed" if job["results"] else job["state"]
                seen.setdefault(phase, time.perf_counter() - began)
                if phase == "listed" and "heard" not in seen:
                    visitor.send(f"api/jobs/{id}/results/wav")
                    seen["heard"] = time.perf_counter() - began
                time.sleep(0.01)
            seen["done"] = time.perf_counter() - began
            yield {"recording": SPEECH, "seconds": SECONDS, "kbps": KBPS, "phases": seen}


def cancelling() -> Iterator[Row]:
    """Yield the seconds from the wish to the end of a job that runs."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), "--workers", "1") as service:
        data = speech(Path(folder, "speech.wav"))
        visitor = Visitor(service.url)
        sound = visitor.send("api/sounds?name=speech.wav", data, "application/octet-stream")
        for _ in range(TURNS):
            id = _compress(visitor, sound["id"])
            while visitor.send(f"api/jobs/{id}")["progress"] == 0:
                time.sleep(0.01)
            began = time.perf_counter()
            visitor.send(f"api/jobs/{id}/cancel", b"")
            while visitor.send(f"api/jobs/{id}")["state"] != "cancelled":
                time.sleep(0.01)
            yield {"cancel_seconds": time.perf_counter() - began}


def _compress(visitor: Visitor, sound: str) -> str:
    wanted = {"sound": sound, "settings": {"task": "compress", "kbps": KBPS}}
    return str(visitor.send("api/jobs", json.dumps(wanted).encode())["id"])


def service_jobs_table() -> str:
    """Return what the table of jobs adds to the jobs themselves, beside the goals: every turn."""
    rows, lines = Rows("service_jobs").rows, []
    for database in ("SQLite", "PostgreSQL"):
        naps = [f"{row['ratio']:.2f}" for row in rows if row["what"] == "naps" and row["database"] == database]
        if naps:
            lines.append([f"300 jobs of 0.1 s by two workers, {database}: times the ideal", "1.15", ", ".join(naps)])
    heard = [f"{row['phases']['heard']:.2f} s" for row in rows if row["what"] == "hearing"]
    stopped = [f"{row['cancel_seconds']:.2f} s" for row in rows if row["what"] == "cancelling"]
    for words, goal, found in (
        ("10 s of speech, from the first byte sent until its result can be fetched", "3 s", heard),
        ("from asking for the end of a job to its end", "1 s", stopped),
    ):
        if found:
            lines.append([words, goal, ", ".join(found)])
    return markdown(table(["", "goal: at most", "measured"], lines)) if lines else ""
