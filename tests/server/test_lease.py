"""Ways to stop the work of a job."""

import signal
import threading
import time

import pytest
from made_place import made_place, queue, wait

from ligeia.progress import Progress
from ligeia.server import jobs
from ligeia.server.lease import Halt, Interrupts, Lease, TooLong


@pytest.fixture
def interrupts():
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGXCPU, signal.SIGUSR1)
    before = {number: signal.getsignal(number) for number in numbers}
    yield Interrupts(signals=True)
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def lease(tmp_path, interrupts):
    with made_place(tmp_path) as place:
        queue(place)
        with Lease(place.engine, jobs.claim(place.engine, "w", 2.0), 2.0, interrupts) as lease:
            yield lease


def test_progress_reaches_the_table_and_keeps_the_lease(lease):
    lease.watch(Progress(done=0.25, elapsed=0.0, stage="analysis"))
    wait(lambda: jobs.one(lease.engine, "a" * 64, lease.id)["progress"] == 0.25)
    time.sleep(2.5)
    assert jobs.reap(lease.engine) == []


def test_work_that_reports_nothing_is_woken(lease):
    jobs.request_cancel(lease.engine, "a" * 64, lease.id)
    with pytest.raises(Halt), lease.stoppable():
        time.sleep(60)
    with pytest.raises(Halt):
        lease.watch(Progress(done=0.5, elapsed=0.0))


def test_what_was_asked_before_the_work_begins_counts(lease, interrupts):
    signal.raise_signal(signal.SIGTERM)
    with pytest.raises(Halt), lease.stoppable():
        raise AssertionError("it began")


def test_outside_of_the_work_no_signal_interrupts(lease, interrupts):
    signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGXCPU)
    assert interrupts.stopping.is_set()


def test_too_much_of_the_processor_is_told_apart(lease):
    with pytest.raises(TooLong), lease.stoppable():
        signal.raise_signal(signal.SIGXCPU)


def test_in_a_thread_only_reports_stop_the_work(tmp_path):
    with made_place(tmp_path) as place:
        queue(place)
        with Lease(place.engine, jobs.claim(place.engine, "w", 30), 30, Interrupts(signals=False)) as lease:
            jobs.forget(place.engine, "a" * 64, lease.id)
            seen: list[BaseException] = []

            def work() -> None:
                try:
                    with lease.stoppable():
                        wait(lambda: lease.watch(Progress(done=0.1, elapsed=0.0)))
                except BaseException as error:
                    seen.append(error)

            thread = threading.Thread(target=work)
            thread.start()
            thread.join(30)
    assert isinstance(seen[0], Halt)
