"""Who waits for an answer, and for how long."""

import threading
import time

import pytest

from ligeia.executors.child import Watch


@pytest.fixture
def watch():
    """A watch, whose `stopped` is set when it stops what takes too long."""
    stopped = threading.Event()
    watch = Watch(stopped.set)
    watch.stopped = stopped
    yield watch
    watch.end()


def test_what_takes_too_long_is_stopped(watch):
    began = time.monotonic()
    with watch.within(0.05):
        assert watch.stopped.wait(20)
    assert watch.has_expired
    assert time.monotonic() - began >= 0.05


def test_many_short_waits_take_one_timer_and_the_next_long_one_is_stopped(watch):
    timers = set()
    for _ in range(100):
        with watch.within(0.3):
            timers.add(watch._timer)
    assert len(timers) == 1
    began = time.monotonic()
    with watch.within(0.3):
        assert watch.stopped.wait(20)
    assert time.monotonic() - began >= 0.29  # the timer was wound up before, and rings earlier


def test_a_wait_that_may_take_less_than_the_one_before(watch):
    with watch.within(1000):
        pass
    with watch.within(0.05):
        assert watch.stopped.wait(20)


def test_more_time_than_a_clock_counts_is_allowed(watch):
    with watch.within(1e300):
        assert watch._timer.interval <= threading.TIMEOUT_MAX  # beyond it a thread cannot wait at all
    with watch.within(0.05):
        assert watch.stopped.wait(20)


def test_while_nobody_waits_nothing_is_stopped(watch):
    with watch.within(0.02):
        pass
    assert not watch.stopped.wait(0.1)
    assert not watch.has_expired
