"""A whole run: rows for everything, whatever breaks; and a second run does only what is missing."""

import json
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from pathlib import Path

import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.audio.writing import write_audio
from ligeia.bench.codecs import codecs_named
from ligeia.bench.measure import forget, measure
from ligeia.bench.run import OVERHEAD_SECONDS, ROWS, BenchSettings, run_bench
from ligeia.datasets.suite import Clip
from ligeia.errors import Cancelled, InputError
from ligeia.executors.limits import Limits
from ligeia.progress import Progress
from ligeia.records.environment import ENVIRONMENTS, read_environments, threads
from ligeia.records.journal import Row

COPY = "copy"
pytestmark = pytest.mark.usefixtures("made_codecs")


@pytest.fixture
def clips(tmp_path: Path) -> list[Clip]:
    made = []
    for seed in range(2):
        path = tmp_path / f"{seed}.wav"
        write_audio(path, Audio(0.1 * np.random.default_rng(seed).standard_normal((1, 4000)), 8000))
        made.append(Clip(path.name, path, ""))
    return made


def run(clips: list[Clip], folder: Path, *settings: str, **options: object) -> tuple[list[Row], list[Row]]:
    """All rows, and those that were measured now."""
    names = ",".join(f"{COPY}:{setting}" if setting else COPY for setting in settings or ("",))
    new: list[Row] = []
    options = {"metrics": ("snr",), **options}
    rows = run_bench(
        clips,
        codecs_named(names),
        folder,
        BenchSettings(**options),  # type: ignore[arg-type]
        on_row=lambda done, total, row: new.append(row),
    )
    return rows, new


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No worker processes, which are slow to start: for what is decided before and after them."""

    class Here(Executor):
        at_once = 1

        def __init__(self, workers: int, limits: Limits) -> None:
            assert limits == Limits(seconds=2 * 900.0 + OVERHEAD_SECONDS, threads=threads(workers))

        def submit(self, path: str, task: Row) -> Future[Row]:  # type: ignore[override]
            assert path == "ligeia.bench.measure:measure"
            future: Future[Row] = Future()
            future.set_result(measure(task))
            return future

    monkeypatch.setattr("ligeia.bench.run.IsolatedExecutor", Here)
    yield
    forget()


@pytest.mark.parametrize("workers", [1, 2])
def test_rows_and_environment(clips: list[Clip], tmp_path: Path, workers: int, request: pytest.FixtureRequest) -> None:
    if workers == 1:
        request.getfixturevalue("in_this_process")
    rows, new = run(clips, tmp_path / "out", workers=workers)
    assert [row["clip"] for row in rows] == ["0.wav", "1.wav"]
    assert len(new) == 2
    assert all(row["error"] is None and row["metrics"] == {"snr": "inf"} for row in rows)
    ((name, environment),) = read_environments(tmp_path / "out").items()
    assert {row["environment"] for row in rows} == {name}
    assert environment["metrics"] == {"snr": "snr 1"}
    assert (environment["workers"], environment["threads"]) == (workers, threads(workers))
    stored = [json.loads(line) for line in (tmp_path / "out" / ROWS).read_text().splitlines()]
    assert sorted(stored, key=lambda row: row["clip"]) == rows


@pytest.mark.usefixtures("in_this_process")
def test_a_second_run_does_only_what_is_missing(clips: list[Clip], tmp_path: Path) -> None:
    run(clips[:1], tmp_path / "out")
    rows, new = run(clips, tmp_path / "out")
    assert [row["clip"] for row in new] == ["1.wav"]
    assert len(rows) == 2
    assert run(clips, tmp_path / "out")[1] == []


@pytest.mark.usefixtures("in_this_process")
def test_a_killed_run_goes_on(clips: list[Clip], tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(clips, out)
    data = (out / ROWS).read_bytes()
    (out / ROWS).write_bytes(data[: data.index(b"\n") + 30])
    rows, new = run(clips, out)
    assert [row["clip"] for row in new] == ["1.wav"]
    assert len(rows) == 2


@pytest.mark.usefixtures("in_this_process")
def test_what_has_changed_is_measured_again(clips: list[Clip], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(clips, tmp_path / "out")
    assert len(run(clips, tmp_path / "out", metrics=("snr", "mse"))[1]) == 2  # another metric
    write_audio(clips[0].path, Audio(np.full((1, 4000), 0.1), 8000), overwrite=True)
    assert [row["clip"] for row in run(clips, tmp_path / "out")[1]] == ["0.wav"]  # another clip of that name
    monkeypatch.setenv("COPY_VERSION", "2")
    assert len(run(clips, tmp_path / "out")[1]) == 2  # another version of the codec
    assert len(run(clips, tmp_path / "out", seconds=0.1)[1]) == 2  # less of each clip


def test_whatever_breaks_the_others_go_on(clips: list[Clip], tmp_path: Path) -> None:
    rows, _ = run(clips[:1], tmp_path / "out", "fails", "missing", "dies", "garbage", "")
    errors = {row["setting"]: row["error"] for row in rows}
    assert errors["fails"] == "copy: cannot do it"
    assert "not installed" in errors["missing"]
    assert "SIGABRT" in errors["dies"]
    assert "cannot be used" in errors["garbage"]
    assert errors[""] is None


@pytest.mark.usefixtures("in_this_process")
def test_errors_are_kept_unless_retried(clips: list[Clip], tmp_path: Path) -> None:
    run(clips, tmp_path / "out", "fails")
    assert run(clips, tmp_path / "out", "fails")[1] == []
    assert len(run(clips, tmp_path / "out", "fails", retry=True)[1]) == 2


def test_a_codec_that_hangs_is_ended(clips: list[Clip], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ligeia.bench.run.OVERHEAD_SECONDS", 0.5)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    rows, _ = run(clips[:1], tmp_path / "out", "hangs", timeout=0.5)
    assert [row["error"] for row in rows] == ["no answer within 1.5 s"]
    assert not list(tmp_path.glob("ligeia-worker-*"))  # which goes after its process


@pytest.mark.usefixtures("in_this_process")
def test_another_list_of_metrics_loses_none(clips: list[Clip], tmp_path: Path) -> None:
    run(clips, tmp_path / "out", metrics=("snr", "mae"))
    rows, new = run(clips, tmp_path / "out", metrics=("mse",))
    assert len(new) == 2
    assert [set(row["metrics"]) for row in rows] == [{"mse", "snr", "mae"}] * 2
    assert run(clips, tmp_path / "out", metrics=("mae", "mse"))[1] == []


def test_folders_that_cannot_be(clips: list[Clip], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="cannot write to"):
        run(clips, tmp_path / "file")
    (tmp_path / ENVIRONMENTS).write_text("{")
    with pytest.raises(InputError, match="damaged"):
        read_environments(tmp_path)


def test_a_cancelled_run_goes_on(clips: list[Clip], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    shares: list[float] = []

    def cancel(progress: Progress) -> None:
        shares.append(progress.done)
        if progress.done == 0.5:
            raise Cancelled("enough")

    settings, codecs = BenchSettings(metrics=("snr",)), codecs_named("copy,copy:hangs")
    started = time.monotonic()
    with pytest.raises(Cancelled):
        run_bench(clips[:1], codecs, tmp_path / "out", settings, on_progress=cancel)
    assert time.monotonic() - started < 30  # the codec that hangs does so for a minute
    assert not list(tmp_path.glob("ligeia-worker-*"))  # which goes after its process
    assert (shares[0], shares[-1]) == (0, 0.5)
    run_bench(
        clips[:1], codecs[:1], tmp_path / "out", settings, on_progress=lambda progress: shares.append(progress.done)
    )
    assert shares[-1] == 1
    assert len((tmp_path / "out" / ROWS).read_text().splitlines()) == 1


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"metrics": ("x",)}, "unknown metric"),
        ({"metrics": ()}, "no metric"),
        ({"seconds": 0}, "seconds must be positive"),
        ({"seconds": float("nan")}, "seconds must be positive"),
        ({"workers": 0}, "workers must lie"),
        ({"timeout": 0}, "timeout must lie"),
    ],
)
def test_wrong_settings(options: dict[str, object], match: str) -> None:
    with pytest.raises(InputError, match=match):
        BenchSettings(**options)  # type: ignore[arg-type]
