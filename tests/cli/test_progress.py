import signal
from collections.abc import Iterator

import pytest

from ligeia.cli import progress
from ligeia.progress import Progress

EARLY = Progress(done=0.25, stage="fitting", step=5, steps=20, group=0, groups=1, loss=0.5, snr_db=None, elapsed=3.0)
LATE = Progress(done=0.75, stage="fitting", step=15, steps=20, group=1, groups=2, loss=0.1, snr_db=12.3, elapsed=9.0)


def test_status_names_what_is_known() -> None:
    assert progress.status(EARLY) == "fitting  loss 0.5000"
    assert progress.status(LATE) == "fitting  loss 0.1000   12.3 dB  part 2/2"


@pytest.mark.parametrize(("seconds", "said"), [(None, "?"), (9.4, "0:09"), (61, "1:01"), (3725, "1:02:05")])
def test_duration(seconds: float | None, said: str) -> None:
    assert progress.duration(seconds) == said


def test_lines_come_now_and_then(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    clock = iter([0.0, 1.0, 6.0, 6.0])
    monkeypatch.setattr(progress, "monotonic", lambda: next(clock))
    with progress.shown_progress(quiet=False) as show:
        assert show is not None
        show(EARLY)
        show(LATE)
    captured = capsys.readouterr()
    assert captured.err.splitlines() == [" 75 %  fitting  loss 0.1000   12.3 dB  part 2/2  0:03 left"]
    assert captured.out == ""


def test_json_is_quiet() -> None:
    with progress.shown_progress(quiet=True) as show:
        assert show is None


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress.sys.stderr, "isatty", lambda: True)
    with progress.shown_progress(quiet=False) as show:
        assert show is not None
        show(LATE)
        assert show.bar.tasks[0].completed == 0.75  # type: ignore[attr-defined]


@pytest.fixture
def heard() -> Iterator[None]:
    """Hear SIGINT, which is ignored where the tests run in the background of a shell."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard")
def test_ctrl_c_waits_for_the_next_report_and_a_second_one_does_not() -> None:
    with progress.shown_progress(quiet=True, saves=True) as watch:
        assert watch is not None
        watch(EARLY)
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            watch(LATE)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


@pytest.mark.usefixtures("heard")
def test_an_ignored_ctrl_c_stays_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with progress.shown_progress(quiet=True, saves=True) as watch:
        assert watch is not None
        signal.raise_signal(signal.SIGINT)
        watch(LATE)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
