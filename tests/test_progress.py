from itertools import pairwise

import pytest

from ligeia.errors import Cancelled
from ligeia.progress import Progress, Reporter


@pytest.mark.parametrize(("done", "elapsed", "remaining"), [(0.25, 3.0, 9.0), (1.0, 3.0, 0.0), (0.0, 0.5, None)])
def test_the_rest_takes_as_long_as_what_was(done: float, elapsed: float, remaining: float | None) -> None:
    assert Progress(done=done, elapsed=elapsed).remaining == remaining


def test_stages_add_up_and_never_fall() -> None:
    seen: list[Progress] = []
    report = Reporter(seen.append, seconds_between=0)
    report.stage("analysis", 0.0, 0.4)
    report(0.5)
    report(2.0)  # more than all of it is all of it
    report.stage("writing", 0.2, 1.0)  # begins before the last one ended
    report(0.0)
    report(0.5)
    report.finish()
    assert [(p.stage, round(p.done, 3)) for p in seen] == [
        ("analysis", 0.2), ("analysis", 0.4), ("writing", 0.4), ("writing", 0.6), ("writing", 1.0),
    ]  # fmt: skip
    assert all(a.elapsed <= b.elapsed for a, b in pairwise(seen))


def test_reports_are_rare_and_the_last_one_always_comes() -> None:
    seen: list[Progress] = []
    report = Reporter(seen.append, seconds_between=60)
    for share in range(1000):
        report(share / 1000)
    report.finish()
    assert [p.done for p in seen] == [0.0, 1.0]


def test_a_callback_stops_the_work() -> None:
    def stop(progress: Progress) -> None:
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        Reporter(stop)(0.5)


def test_nobody_has_to_watch() -> None:
    report = Reporter(None)
    report(0.5)
    report.finish()
