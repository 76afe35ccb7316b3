"""The life of a job, in the table: queued, claimed by a worker for as long as it reports, ended by that worker alone.

Every change counts up the version of its session and is marked with it, so that a page can ask for what is new. Rows
are locked in one order (job, session, sound), so that no two transactions wait for each other.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, exists, func, insert, select, update

from ligeia.server.settings import Settings
from ligeia.server.tables import jobs, now, reading, results, sessions, sounds, workers

Fields = dict[str, Any]
"""Columns of a row by name."""
MOST_ATTEMPTS = 3
ACTIVE = ("queued", "running")
INTERRUPTED = "the worker that did this ended before it was done, several times"


class TooManyJobs(Exception):
    """A session has as many jobs that wait or run as it may."""


# --- the session's side ---------------------------------------------------------------------------------------


def add(
    engine: Engine,
    session: str,
    sound: str,
    task: str,
    settings: Mapping[str, Any],
    command: str,
    limits: Settings | None = None,
) -> str:
    """Queue a job, and return its id. The sound is kept as long as a new one would be.

    Raises:
        TooManyJobs: the session has as many as `limits` allow that wait or run.
    """
    job = secrets.token_hex(16)
    with engine.begin() as connection:
        version = _next_version(connection, session)
        if limits is not None:
            if _count_active(connection, session) >= limits.max_waiting:
                raise TooManyJobs
            _keep_sound(connection, sound, limits.kept_seconds)
        row: Fields = {"id": job, "session": session, "sound": sound, "task": task, "settings": dict(settings)}
        row |= {"state": "queued", "version": version, "created": now(), "command": command}
        connection.execute(insert(jobs).values(row))
    return job


def of_session(engine: Engine, session: str) -> list[Fields]:
    """Return the jobs of a session, the oldest first, each with `sound_name`, `expires` and its `results`."""
    return _listed(engine, jobs.c.session == session)


def changes(engine: Engine, session: str, since_version: int) -> list[Fields]:
    """Return the jobs that have changed after `since_version`, in the order of their versions."""
    found = _listed(engine, jobs.c.session == session, jobs.c.version > since_version)
    return sorted(found, key=lambda job: int(job["version"]))


def one(engine: Engine, session: str, id: str) -> Fields | None:
    """Return a job of the session; None where it has no such job."""
    return next(iter(_listed(engine, jobs.c.session == session, jobs.c.id == id)), None)


def of_token(engine: Engine, token: str) -> Fields | None:
    """Return the job that was shared under `token`."""
    return next(iter(_listed(engine, jobs.c.shared == token)), None)


def share(engine: Engine, session: str, id: str, token: str | None) -> bool:
    """Share a job under `token`, or with None no longer; tell whether the session has it."""
    with engine.begin() as connection:
        mine = jobs.c.session == session, jobs.c.id == id
        if connection.execute(update(jobs).where(*mine).values(shared=token)).rowcount == 0:
            return False
        _mark(connection, id, session)
        return True


def request_cancel(engine: Engine, session: str, id: str) -> bool:
    """Ask for the end of a job, which is at once where it waits; tell whether the session has it."""
    with engine.begin() as connection:
        row = _locked(connection, jobs.c.id == id, jobs.c.session == session)
        if row is None:
            return False
        if row.state == "queued":
            _end(connection, row, "cancelled")
        elif row.state == "running" and not row.cancel:
            _change(connection, row, cancel=True)
        return True


def forget(engine: Engine, session: str, id: str) -> bool:
    """Remove a job, running or not, with the rows of its results; tell whether the session had it.

    A worker that is at it notices. The files lie under `jobs/<id>/`.
    """
    with engine.begin() as connection:
        return connection.execute(delete(jobs).where(jobs.c.id == id, jobs.c.session == session)).rowcount > 0


# --- the worker's side ----------------------------------------------------------------------------------------


def claim(engine: Engine, worker: str, lease: float) -> Fields | None:
    """Give the worker the job that has waited longest, for `lease` seconds; None where none waits.

    `worker` in the row is from now on the holder, which all other calls are made with: another claim has another one.
    """
    with reading(engine) as connection:
        if not connection.execute(select(exists().where(jobs.c.state == "queued"))).scalar():
            return None
    with engine.begin() as connection:
        oldest = (
            select(jobs.c.id, jobs.c.session, jobs.c.attempts)
            .where(jobs.c.state == "queued")
            .order_by(jobs.c.created, jobs.c.version)
            .limit(1)
        )
        row = connection.execute(oldest.with_for_update(skip_locked=True)).one_or_none()
        if row is None:
            return None
        holder = f"{worker}/{secrets.token_hex(6)}"
        values: Fields = {
            "state": "running", "worker": holder, "attempts": row.attempts + 1, "lease_until": now() + lease,
            "started": now(), "progress": 0.0, "note": "",
        }  # fmt: skip
        version = _next_version(connection, row.session)
        changed = update(jobs).where(jobs.c.id == row.id).values(version=version, **values).returning(jobs)
        claimed = dict(connection.execute(changed).mappings().one())
        connection.execute(update(workers).where(workers.c.id == worker).values(job=row.id, holder=holder, seen=now()))
        return claimed


def beat(engine: Engine, id: str, worker: str, progress: float, note: str, *, lease: float = 30.0) -> bool:
    """Say how far a job is, and keep it for `lease` seconds more; tell whether to go on."""
    with engine.begin() as connection:
        row = _locked(connection, *_held(id, worker))
        if row is None or row.cancel:
            return False
        _change(connection, row, progress=max(progress, row.progress), note=note[:255], lease_until=now() + lease)
        connection.execute(update(workers).where(workers.c.holder == worker).values(seen=now()))
        return True


def may_go_on(engine: Engine, id: str, worker: str) -> bool:
    """Tell whether the job is still the worker's, and wanted; quicker than `beat`."""
    with reading(engine) as connection:
        wanted = exists().where(*_held(id, worker), jobs.c.cancel.is_(False))
        return bool(connection.execute(select(wanted)).scalar())


def publish(
    engine: Engine, id: str, worker: str, found: Iterable[Mapping[str, Any]], report: Mapping[str, Any] | None = None
) -> bool:
    """List results, and what is known of the report, while the job goes on; tell whether it is still the worker's.

    `found` are rows of the table of results, without `job`.
    """
    with engine.begin() as connection:
        row = _locked(connection, *_held(id, worker))
        if row is None or row.cancel:
            return False
        _list_results(connection, id, found)
        _change(connection, row, report=None if report is None else dict(report))
        return True


def finish(
    engine: Engine,
    id: str,
    worker: str,
    report: Mapping[str, Any],
    found: Iterable[Mapping[str, Any]],
    *,
    kept_seconds: float = 0.0,
) -> bool:
    """End a job well, with all its results, in one transaction; tell whether it was still the worker's, and wanted."""
    with engine.begin() as connection:
        row = _locked(connection, *_held(id, worker))
        if row is None or row.cancel:
            return False
        _list_results(connection, id, found)
        _end(connection, row, "done", progress=1.0, report=dict(report))
        _keep_sound(connection, row.sound, kept_seconds)
        return True


def fail(engine: Engine, id: str, worker: str, code: str, error: str) -> bool:
    """End a job that cannot be done; tell whether it was still the worker's."""
    with engine.begin() as connection:
        row = _locked(connection, *_held(id, worker))
        if row is None:
            return False
        if row.cancel:
            _end(connection, row, "cancelled")
        else:
            _end(connection, row, "failed", error_code=code[:64], error=error[:1024])
        return True


def cancelled(engine: Engine, id: str, worker: str) -> bool:
    """Say that the work stopped because it was asked to; tell whether it was still the worker's."""
    with engine.begin() as connection:
        row = _locked(connection, *_held(id, worker), jobs.c.cancel.is_(True))
        if row is not None:
            _end(connection, row, "cancelled")
        return row is not None


def give_back(engine: Engine, id: str, worker: str) -> bool:
    """Queue a job again that the worker was told to leave, as if it had never begun."""
    with engine.begin() as connection:
        row = _locked(connection, *_held(id, worker))
        if row is not None:
            _queue_again(connection, row, attempts=row.attempts - 1)
        return row is not None


# --- the supervisor's side ------------------------------------------------------------------------------------


def reap(engine: Engine) -> list[str]:
    """Take jobs from holders that no longer report: queued again, or failed after several attempts; return the ids."""
    return _take(engine, jobs.c.lease_until < now())


def held_by(engine: Engine, worker: str) -> list[str]:
    """Return the ids of the jobs that a worker holds, one at most."""
    theirs = jobs.c.worker.startswith(f"{worker}/", autoescape=True)
    with reading(engine) as connection:
        return list(connection.execute(select(jobs.c.id).where(jobs.c.state == "running", theirs)).scalars())


def release(engine: Engine, worker: str) -> list[str]:
    """Take its job from a worker that is known to be dead, at once; see `reap`."""
    taken = _take(engine, jobs.c.worker.startswith(f"{worker}/", autoescape=True))
    with engine.begin() as connection:
        connection.execute(delete(workers).where(workers.c.id == worker))
    return taken


def enrol(engine: Engine, worker: str) -> None:
    """Note that a worker is there and free."""
    with engine.begin() as connection:
        free: Fields = {"seen": now(), "job": None, "holder": None}
        if connection.execute(update(workers).where(workers.c.id == worker).values(free)).rowcount == 0:
            connection.execute(insert(workers).values(id=worker, started=now(), **free))


def at_work(engine: Engine, names: Sequence[str]) -> list[Fields]:
    """Return what each busy worker is at: `id`, `job`, `holder`, whether it is `wanted`, and for how many `seconds`."""
    held = (jobs.c.id == workers.c.job) & (jobs.c.worker == workers.c.holder) & (jobs.c.state == "running")
    wanted = (jobs.c.id.is_not(None)) & (jobs.c.cancel.is_(False))
    columns = (
        workers.c.id, workers.c.job, workers.c.holder, wanted.label("wanted"), (now() - jobs.c.started).label("seconds")
    )  # fmt: skip
    busy = select(*columns).select_from(workers.outerjoin(jobs, held))
    with reading(engine) as connection:
        found = connection.execute(busy.where(workers.c.id.in_(names), workers.c.job.is_not(None)))
        return [dict(row) for row in found.mappings()]


def seen_workers(engine: Engine, within: float) -> int:
    """Return how many workers have reported in the last `within` seconds."""
    with reading(engine) as connection:
        recent = select(func.count()).select_from(workers).where(workers.c.seen > now() - within)
        return int(connection.execute(recent).scalar_one())


def counts(engine: Engine) -> dict[tuple[str, str], int]:
    """Return how many jobs of each task are in each state."""
    with reading(engine) as connection:
        found = connection.execute(select(jobs.c.task, jobs.c.state, func.count()).group_by(jobs.c.task, jobs.c.state))
        return {(task, state): count for task, state, count in found}


# --- within a transaction -------------------------------------------------------------------------------------


def _listed(engine: Engine, *which: Any) -> list[Fields]:
    with reading(engine) as connection:
        chosen = select(jobs, sounds.c.name.label("sound_name"), sounds.c.expires).join(sounds).where(*which)
        rows = connection.execute(chosen.order_by(jobs.c.created, jobs.c.version)).mappings()
        found = {row["id"]: {**row, "results": []} for row in rows}
        files = select(results).join(jobs).where(*which).order_by(results.c.kind)
        for result in connection.execute(files).mappings():
            if result["job"] in found:  # it may have come since
                found[result["job"]]["results"].append(dict(result))
        return list(found.values())


def _held(id: str, worker: str) -> tuple[Any, ...]:
    return jobs.c.id == id, jobs.c.worker == worker, jobs.c.state == "running"


def _locked(connection: Connection, *which: Any) -> Row[Any] | None:
    return connection.execute(select(jobs).where(*which).with_for_update()).one_or_none()


def _next_version(connection: Connection, session: str) -> int:
    counted = update(sessions).where(sessions.c.id == session).values(version=sessions.c.version + 1)
    return int(connection.execute(counted.returning(sessions.c.version)).scalar_one())


def _count_active(connection: Connection, session: str) -> int:
    active = select(func.count()).select_from(jobs).where(jobs.c.session == session, jobs.c.state.in_(ACTIVE))
    return int(connection.execute(active).scalar_one())


def _mark(connection: Connection, id: str, session: str) -> None:
    version = _next_version(connection, session)
    connection.execute(update(jobs).where(jobs.c.id == id).values(version=version))


def _change(connection: Connection, row: Row[Any], **values: Any) -> None:
    version = _next_version(connection, row.session)
    connection.execute(update(jobs).where(jobs.c.id == row.id).values(version=version, **values))


def _end(connection: Connection, row: Row[Any], state: str, **values: Any) -> None:
    if state != "done":
        connection.execute(delete(results).where(results.c.job == row.id))
        values["report"] = None
    _change(connection, row, state=state, finished=now(), note="", worker=None, lease_until=None, **values)


def _queue_again(connection: Connection, row: Row[Any], attempts: int) -> None:
    if row.cancel:
        _end(connection, row, "cancelled")
    elif attempts >= MOST_ATTEMPTS:
        _end(connection, row, "failed", error_code="interrupted", error=INTERRUPTED)
    else:
        connection.execute(delete(results).where(results.c.job == row.id))
        anew: Fields = {
            "progress": 0.0,
            "note": "",
            "worker": None,
            "lease_until": None,
            "started": None,
            "report": None,
        }
        _change(connection, row, state="queued", attempts=attempts, **anew)


def _take(engine: Engine, which: Any) -> list[str]:
    with engine.begin() as connection:
        lost = select(jobs).where(jobs.c.state == "running", which).order_by(jobs.c.id)
        rows = connection.execute(lost.with_for_update(skip_locked=True)).all()
        for row in rows:
            _queue_again(connection, row, row.attempts)
        return [row.id for row in rows]


def _list_results(connection: Connection, id: str, found: Iterable[Mapping[str, Any]]) -> None:
    connection.execute(delete(results).where(results.c.job == id))
    rows = [{**result, "job": id} for result in found]
    if rows:
        connection.execute(insert(results), rows)


def _keep_sound(connection: Connection, sound: str, seconds: float) -> None:
    until = now() + seconds
    connection.execute(update(sounds).where(sounds.c.id == sound, sounds.c.expires < until).values(expires=until))
