"""The job table, on SQLite and PostgreSQL: examples, and a state machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import settings as run_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from made_database import OTHER, SESSION, add_job, add_session, add_sound
from sqlalchemy import Engine, delete, select, update

from ligeia.server import jobs
from ligeia.server.settings import Settings
from ligeia.server.tables import jobs as table
from ligeia.server.tables import open_database, reading, results, sessions

WAV = {"kind": "wav", "key": "jobs/x/wav-1", "bytes": 44, "sha256": "0" * 64, "name": "memo.wav"}


@pytest.fixture
def room(engine: Engine) -> Engine:
    for session in (SESSION, OTHER):
        add_session(engine, session)
    add_sound(engine)
    return engine


def state(engine: Engine, job: str) -> dict[str, Any]:
    found = jobs.one(engine, SESSION, job)
    assert found is not None
    return found


def expire_leases(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(update(table).where(table.c.lease_until.is_not(None)).values(lease_until=0.0))


def test_a_job_goes_from_the_queue_to_its_end(room):
    job = add_job(room, kbps=24)
    claimed = jobs.claim(room, "w1", 30)
    assert claimed["id"] == job
    assert claimed["settings"] == {"task": "compress", "kbps": 24}
    assert jobs.claim(room, "w2", 30) is None
    assert jobs.beat(room, job, claimed["worker"], 0.4, "rate control")
    assert (state(room, job)["progress"], state(room, job)["note"]) == (0.4, "rate control")
    assert jobs.publish(room, job, claimed["worker"], [WAV])
    assert [result["kind"] for result in state(room, job)["results"]] == ["wav"]
    assert jobs.finish(room, job, claimed["worker"], {"bytes": 9}, [WAV])
    done = state(room, job)
    assert (done["state"], done["progress"], done["report"], done["attempts"]) == ("done", 1.0, {"bytes": 9}, 1)
    assert done["sound_name"] == "memo.wav"
    assert done["created"] <= done["started"] <= done["finished"]


def test_the_oldest_is_claimed_first(room):
    queued = [add_job(room) for _ in range(5)]
    assert [jobs.claim(room, "w", 30)["id"] for _ in queued] == queued


def test_other_sessions_see_nothing(room):
    job = add_job(room)
    assert jobs.one(room, OTHER, job) is None
    assert jobs.of_session(room, OTHER) == jobs.changes(room, OTHER, 0) == []
    assert not jobs.request_cancel(room, OTHER, job)
    assert not jobs.forget(room, OTHER, job)
    assert not jobs.share(room, OTHER, job, "token")
    assert state(room, job)["state"] == "queued"


def test_changes_are_what_came_after_a_version(room):
    first, second = add_job(room), add_job(room)
    seen = max(job["version"] for job in jobs.of_session(room, SESSION))
    assert jobs.changes(room, SESSION, seen) == []
    claimed = jobs.claim(room, "w", 30)
    jobs.request_cancel(room, SESSION, second)
    assert [(job["id"], job["state"]) for job in jobs.changes(room, SESSION, seen)] == [
        (first, "running"),
        (second, "cancelled"),
    ]
    assert jobs.beat(room, first, claimed["worker"], 0.5, "")


def test_sharing_counts_as_a_change_and_can_be_taken_back(room):
    job = add_job(room)
    version = state(room, job)["version"]
    assert jobs.share(room, SESSION, job, "token")
    assert jobs.of_token(room, "token")["id"] == job
    assert state(room, job)["version"] > version
    assert jobs.share(room, SESSION, job, None)
    assert jobs.of_token(room, "token") is None


def test_a_session_has_its_fill(room):
    limits = Settings(max_waiting=2)
    more: Any = (room, SESSION, "s" * 32, "compress", {}, "", limits)
    for _ in range(2):
        jobs.add(*more)
    with pytest.raises(jobs.TooManyJobs):
        jobs.add(*more)
    assert len(jobs.of_session(room, SESSION)) == 2
    jobs.request_cancel(room, SESSION, jobs.of_session(room, SESSION)[0]["id"])
    jobs.add(*more)


def test_a_new_job_keeps_its_sound(room):
    before = state(room, add_job(room))["expires"]
    job = jobs.add(room, SESSION, "s" * 32, "compress", {}, "", Settings(kept_hours=48))
    assert state(room, job)["expires"] > before + 40 * 3600


def test_cancelling_a_running_job_is_told_to_its_worker(room):
    job = add_job(room)
    worker = jobs.claim(room, "w", 30)["worker"]
    assert jobs.may_go_on(room, job, worker)
    jobs.request_cancel(room, SESSION, job)
    assert not jobs.may_go_on(room, job, worker)
    assert not jobs.beat(room, job, worker, 0.5, "")
    assert not jobs.finish(room, job, worker, {}, [])
    assert jobs.cancelled(room, job, worker)
    assert state(room, job)["state"] == "cancelled"


def test_a_job_given_back_has_not_been_tried(room):
    job = add_job(room)
    for _ in range(5):
        claimed = jobs.claim(room, "w", 30)
        jobs.publish(room, job, claimed["worker"], [WAV])
        assert jobs.give_back(room, job, claimed["worker"])
    found = state(room, job)
    assert (found["state"], found["attempts"], found["results"], found["progress"]) == ("queued", 0, [], 0)


def test_a_lost_lease_is_tried_again_three_times_in_all(room):
    job = add_job(room)
    for attempt in (1, 2, 3):
        claimed = jobs.claim(room, "w", 30)
        assert claimed["attempts"] == attempt
        assert jobs.reap(room) == []
        expire_leases(room)
        assert jobs.reap(room) == [job]
        assert not jobs.beat(room, job, claimed["worker"], 1, "")
    assert (state(room, job)["state"], state(room, job)["error_code"]) == ("failed", "interrupted")
    assert jobs.claim(room, "w", 30) is None


def test_a_dead_worker_is_relieved_at_once_and_no_other(room):
    mine, others = add_job(room), add_job(room)
    jobs.claim(room, "w_1", 30)
    kept = jobs.claim(room, "wx1", 30)["worker"]
    assert jobs.release(room, "w_1") == [mine]
    assert jobs.may_go_on(room, others, kept)


def test_a_second_claim_by_the_same_worker_is_another_holder(room):
    job = add_job(room)
    first = jobs.claim(room, "w", 30)["worker"]
    expire_leases(room)
    jobs.reap(room)
    second = jobs.claim(room, "w", 30)["worker"]
    assert not jobs.finish(room, job, first, {}, [])
    assert jobs.finish(room, job, second, {}, [])


def test_the_supervisor_sees_who_is_at_what(room):
    for name in ("w1", "w2", "w3"):
        jobs.enrol(room, name)
    first, second = add_job(room), add_job(room)
    jobs.claim(room, "w1", 30)
    jobs.claim(room, "w2", 30)
    jobs.request_cancel(room, SESSION, first)
    jobs.forget(room, SESSION, second)
    found = {row["id"]: (row["job"], bool(row["wanted"])) for row in jobs.at_work(room, ["w1", "w2", "w3"])}
    assert found == {"w1": (first, False), "w2": (second, False)}
    jobs.enrol(room, "w1")
    assert [row["id"] for row in jobs.at_work(room, ["w1", "w2"])] == ["w2"]
    assert jobs.seen_workers(room, 60) == 3
    assert jobs.counts(room) == {("compress", "running"): 1}


class JobTable(RuleBasedStateMachine):
    """Sessions, workers and time against the table; a model in plain Python knows what must be there."""

    engine: Engine
    queued = Bundle("queued")
    held = Bundle("held")

    @initialize()
    def begin(self) -> None:
        with self.engine.begin() as connection:
            connection.execute(delete(sessions))
        add_session(self.engine)
        add_sound(self.engine)
        self.model: dict[str, str] = {}
        self.holders: dict[str, str] = {}
        self.cancelling: set[str] = set()
        self.attempts: dict[str, int] = {}
        self.version = 0

    @rule(target=queued)
    def add(self) -> str:
        job = add_job(self.engine)
        self.model[job], self.attempts[job] = "queued", 0
        return job

    @rule(target=held, worker=st.sampled_from("abc"))
    def claim(self, worker: str) -> Any:
        row = jobs.claim(self.engine, worker, 1000)
        waiting = [job for job, state in self.model.items() if state == "queued"]
        assert (row is None) == (not waiting)
        if row is None:
            return multiple()
        assert row["id"] in waiting
        self.model[row["id"]], self.holders[row["id"]] = "running", row["worker"]
        self.attempts[row["id"]] += 1
        return row["id"], row["worker"]

    def _holds(self, job: str, worker: str) -> bool:
        return self.model.get(job) == "running" and self.holders[job] == worker

    @rule(holder=held, progress=st.floats(0, 1))
    def beat(self, holder: tuple[str, str], progress: float) -> None:
        going = self._holds(*holder) and holder[0] not in self.cancelling
        assert jobs.beat(self.engine, *holder, progress, "note", lease=1000) == going
        assert jobs.may_go_on(self.engine, *holder) == going

    @rule(holder=held)
    def publish(self, holder: tuple[str, str]) -> None:
        going = self._holds(*holder) and holder[0] not in self.cancelling
        assert jobs.publish(self.engine, *holder, [WAV]) == going

    @rule(holder=held)
    def finish(self, holder: tuple[str, str]) -> None:
        going = self._holds(*holder) and holder[0] not in self.cancelling
        assert jobs.finish(self.engine, *holder, {"by": holder[1]}, [WAV]) == going
        if going:
            self.model[holder[0]] = "done"

    @rule(holder=held)
    def fail(self, holder: tuple[str, str]) -> None:
        held = self._holds(*holder)
        assert jobs.fail(self.engine, *holder, "code", "error") == held
        if held:
            self.model[holder[0]] = "cancelled" if holder[0] in self.cancelling else "failed"

    @rule(holder=held)
    def stop(self, holder: tuple[str, str]) -> None:
        asked = self._holds(*holder) and holder[0] in self.cancelling
        assert jobs.cancelled(self.engine, *holder) == asked
        if asked:
            self.model[holder[0]] = "cancelled"

    @rule(holder=held)
    def give_back(self, holder: tuple[str, str]) -> None:
        held = self._holds(*holder)
        assert jobs.give_back(self.engine, *holder) == held
        if held:
            self.attempts[holder[0]] -= 1
            self.model[holder[0]] = "cancelled" if holder[0] in self.cancelling else "queued"

    @rule(job=queued)
    def cancel(self, job: str) -> None:
        assert jobs.request_cancel(self.engine, SESSION, job) == (job in self.model)
        if self.model.get(job) == "queued":
            self.model[job] = "cancelled"
        elif self.model.get(job) == "running":
            self.cancelling.add(job)

    @rule(job=consumes(queued))
    def forget(self, job: str) -> None:
        assert jobs.forget(self.engine, SESSION, job)
        del self.model[job]

    @rule()
    def lose(self) -> None:
        expire_leases(self.engine)
        running = {job for job, state in self.model.items() if state == "running"}
        assert set(jobs.reap(self.engine)) == running
        for job in running:
            again = "failed" if self.attempts[job] >= jobs.MOST_ATTEMPTS else "queued"
            self.model[job] = "cancelled" if job in self.cancelling else again

    @invariant()
    def agrees(self) -> None:
        if not hasattr(self, "model"):
            return
        rows = jobs.of_session(self.engine, SESSION)
        assert {row["id"]: row["state"] for row in rows} == self.model
        for row in rows:
            assert (row["worker"] is None) == (row["state"] != "running")
            assert row["attempts"] == self.attempts[row["id"]]
            assert not row["results"] or row["state"] in ("running", "done")
        assert len({row["version"] for row in rows}) == len(rows)
        with reading(self.engine) as connection:
            counted = connection.execute(select(sessions.c.version)).scalar_one()
            orphans = connection.execute(select(results.c.job).where(results.c.job.not_in(select(table.c.id)))).all()
        assert counted >= max([self.version, *(row["version"] for row in rows)])
        assert orphans == []
        self.version = counted


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    engine = open_database(url)
    try:
        yield engine
    finally:
        engine.dispose()


def test_the_table_keeps_its_rules_whatever_happens(database):
    """The assertions are those of the machine's rules and invariants."""
    with opened(database) as engine:
        machine = type("Machine", (JobTable,), {"engine": engine})
        run_state_machine_as_test(
            machine, settings=run_settings(max_examples=25, stateful_step_count=25, deadline=None)
        )
