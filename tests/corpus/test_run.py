"""A run loses nothing, does nothing twice, and is not ended by a bad file."""

import json
import os
import shutil
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import pytest

from ligeia.codec.encode import encode
from ligeia.corpus.order import Order
from ligeia.corpus.run import RunSettings, open_corpus, run_corpus
from ligeia.errors import Cancelled, InputError, SettingsError
from ligeia.executors.failures import ExecutorLost
from ligeia.progress import Progress
from tests.corpus.conftest import Counting, Run, encoding, rows_of, write_tone

ALL = ["a.wav", "b.flac", "deep/c.wav"]


def test_everything_is_done_once(order: Order, run: Run) -> None:
    totals, worked = run(order)
    assert worked == ALL
    assert (totals.files, totals.done, totals.failed) == (3, 3, 0)
    results = Path(order.results)
    assert (results / "deep" / "c.lig").read_bytes() == encode(Path(order.sources) / "deep/c.wav")
    before = {path: path.read_bytes() for path in results.rglob("*") if path.is_file()}
    assert run(order)[1] == []
    assert {path: path.read_bytes() for path in results.rglob("*") if path.is_file()} == before


def test_what_was_added_or_changed_or_lost_is_done(order: Order, run: Run) -> None:
    run(order)
    sources, results = Path(order.sources), Path(order.results)
    write_tone(sources / "new.wav", 330.0)
    write_tone(sources / "a.wav", 880.0)
    (results / "b.lig").unlink()
    totals, worked = run(order)
    assert worked == ["a.wav", "b.flac", "new.wav"]
    assert totals.done == 4
    assert (results / "a.lig").read_bytes() == encode(sources / "a.wav")


def test_a_source_that_was_touched_only_is_not_done_again(order: Order, run: Run) -> None:
    run(order)
    path = Path(order.results) / "a.lig"
    before = path.stat()
    os.utime(Path(order.sources) / "a.wav", ns=(1, 1))
    assert run(order)[1] == ["a.wav"]
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert rows_of(Path(order.results))[-1]["stamp"] == "1"
    assert run(order)[1] == []


def test_a_result_that_was_tampered_with_is_found_by_verifying(order: Order, run: Run) -> None:
    run(order)
    path = Path(order.results) / "a.lig"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert run(order)[1] == []
    assert run(order, verify=True)[1] == ALL
    assert path.read_bytes() == whole


def test_bad_files_are_rows_and_are_retried_only_on_request(order: Order, run: Run) -> None:
    sources = Path(order.sources)
    (sources / "empty.wav").touch()
    (sources / "cut.flac").write_bytes((sources / "b.flac").read_bytes()[:60])
    (sources / "text.mp3").write_text("no sound")
    (sources / "gone.wav").symlink_to("nowhere.wav")
    os.mkfifo(sources / "pipe.wav")
    totals, worked = run(order)
    assert (totals.done, totals.failed) == (3, 5)
    assert worked == ["a.wav", "b.flac", "cut.flac", "deep/c.wav", "empty.wav", "text.mp3"]
    errors = {row["source"]: row["error"] for row in rows_of(Path(order.results)) if row["error"]}
    assert errors["pipe.wav"] == "pipe.wav is not a regular file"
    assert "gone.wav cannot be read" in errors["gone.wav"]
    assert str(sources) not in json.dumps(errors)
    assert run(order)[1] == []
    write_tone(sources / "empty.wav", 220.0)
    assert run(order)[1] == ["empty.wav"]
    totals, worked = run(order, retry=True)
    assert (worked, totals.failed) == (["cut.flac", "text.mp3"], 4)


def test_other_settings_are_one_error_and_force_begins_anew(order: Order, run: Run) -> None:
    run(order)
    other = encoding(Path(order.sources), Path(order.results), quality=2)
    with pytest.raises(SettingsError, match=r'holds results of encode with .*"quality": 2'):
        run(other)
    assert run(other, force=True)[1] == ALL
    assert (Path(order.results) / "a.lig").read_bytes() == encode(Path(order.sources) / "a.wav", quality=2)


def test_a_folder_of_other_things_is_not_written_to(order: Order, run: Run) -> None:
    results = Path(order.results)
    results.mkdir()
    (results / "a.lig").write_text("mine")
    with pytest.raises(InputError, match=r"not empty, and there is no manifest\.jsonl"):
        run(order)
    assert [path.name for path in results.iterdir()] == ["a.lig"]
    assert run(order, force=True)[0].done == 3


def test_the_state_may_lie_elsewhere(order: Order, run: Run, tmp_path: Path) -> None:
    apart = Order(**{**vars(order), "state": tmp_path / "state"})
    assert run(apart)[0].done == 3
    assert run(apart)[1] == []
    assert sorted(path.name for path in Path(order.results).iterdir()) == ["a.lig", "b.lig", "deep"]
    assert sorted(path.name for path in apart.state.iterdir()) == ["manifest.jsonl", "rows.jsonl"]
    with pytest.raises(InputError, match="not empty"):
        run(Order(**{**vars(order), "state": tmp_path / "other"}))


def test_two_runs_in_one_folder_are_refused(order: Order, run: Run) -> None:
    with open_corpus(order), pytest.raises(InputError, match="another run is writing"):
        run(order)


def test_a_run_that_was_cut_off_continues(order: Order, run: Run) -> None:
    def stop(progress: Progress) -> None:
        if progress.done:
            raise Cancelled("enough")

    with pytest.raises(Cancelled), Counting() as executor, open_corpus(order) as corpus:
        run_corpus(corpus, executor, RunSettings(), on_progress=stop)
    journal = Path(order.results) / "rows.jsonl"
    done = len(rows_of(Path(order.results)))
    assert 0 < done < 3
    with journal.open("ab") as file:
        file.write(b'{"output":"b.l')  # what a process writes that is killed
    totals, worked = run(order)
    assert (totals.done, len(worked)) == (3, 3 - done)
    assert len(rows_of(Path(order.results))) == 3


def test_results_in_the_folder_of_sources_are_no_sources(sources: Path, run: Run) -> None:
    order = encoding(sources, sources / "out")
    run(order)
    write_tone(sources / "out" / "x.wav", 440.0)
    assert run(order)[0].files == 3


class Broken(Executor):
    """Has lost its workers."""

    def submit(self, function: Callable[..., Any], /, *_: Any) -> Future[Any]:  # type: ignore[override]
        future: Future[Any] = Future()
        future.cancel()
        future.set_running_or_notify_cancel()
        return future


def test_an_executor_that_is_lost_leaves_no_rows(order: Order) -> None:
    with pytest.raises(ExecutorLost), open_corpus(order) as corpus:
        run_corpus(corpus, Broken(), RunSettings())
    assert rows_of(Path(order.results)) == []


class Dying(Counting):
    """Workers die of one file."""

    def submit(self, function: Callable[..., Any], /, task: dict[str, Any]) -> Future[Any]:  # type: ignore[override]
        if task["source"] != "a.wav":
            return super().submit(function, task)
        future: Future[Any] = Future()
        future.set_exception(MemoryError())
        return future


def test_a_worker_that_dies_is_a_row(order: Order) -> None:
    with Dying() as executor, open_corpus(order) as corpus:
        totals = run_corpus(corpus, executor, RunSettings())
    assert (totals.done, totals.failed) == (2, 1)
    assert [row["error"] for row in rows_of(Path(order.results)) if row["error"]] == ["MemoryError"]


@pytest.mark.parametrize(("name", "said"), [("preset", "unknown preset 'podcast'"), ("persets", "'persets'")])
def test_settings_that_suit_no_file_end_the_run(sources: Path, tmp_path: Path, run: Run, name: str, said: str) -> None:
    order = encoding(sources, tmp_path / "out")
    wrong = Order(**{**vars(order), "settings": {**order.settings, name: "podcast"}})
    with pytest.raises(SettingsError, match=said):
        run(wrong)
    assert rows_of(tmp_path / "out") == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"action": "nosuch"}, "'nosuch' is not a valid action"),
        ({"action": "decode", "settings": {}}, "decode needs the setting 'format'"),
        ({"settings": {"kbps": float("nan")}}, "the settings of encode are not plain data: Out of range"),
        ({"settings": {"kbps": Path("24")}}, "not plain data: Object of type"),
    ],
)
def test_an_order_that_cannot_be_given_is_told(order: Order, given: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        Order(**{**vars(order), **given})


def test_settings_that_are_missing_end_the_run(order: Order, run: Run) -> None:
    with pytest.raises(SettingsError, match="'tags'"):
        run(Order(**{**vars(order), "settings": {"kbps": 24}}))


@pytest.mark.parametrize("odd", [["a.wav"], ["a.wav", "b.flac"], ["deep/c.wav"]])
def test_settings_that_suit_some_files_are_no_end(
    order: Order, run: Run, odd: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as a stream of a network that needs a package, the first of many that do not."""

    def make(source: Path, target: Path, settings: dict[str, Any]) -> dict[str, Any]:
        if str(source.relative_to(order.sources)) in odd:
            raise SettingsError("the package is not installed")
        target.touch()
        return {"seconds": 1.0, "figures": {}}

    monkeypatch.setattr("ligeia.corpus.work.function_of", lambda _: make)
    totals = run(order)[0]
    assert (totals.done, totals.failed) == (3 - len(odd), len(odd))
    assert sorted(row["source"] for row in rows_of(Path(order.results)) if row["error"]) == odd


def test_no_more_than_a_few_files_are_tried_with_settings_that_suit_none(
    order: Order, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def make(source: Path, *_: Any) -> None:
        tried.append(source)
        raise SettingsError("no")

    for number in range(40):
        write_tone(Path(order.sources) / f"{number}.wav", 440.0)
    monkeypatch.setattr("ligeia.corpus.work.function_of", lambda _: make)
    with pytest.raises(SettingsError, match="no"):
        run(order)
    assert len(tried) < 20
    assert rows_of(Path(order.results)) == []


def test_a_disk_that_is_full_ends_the_run(order: Order, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("ligeia.audio.atomic._commit", lambda *_, **__: full())
    with pytest.raises(InputError):
        run(order)
    monkeypatch.undo()
    shutil.rmtree(order.results)
    assert run(order)[0].done == 3


def test_one_huge_file_does_not_hide_the_others(order: Order) -> None:
    with (Path(order.sources) / "huge.wav").open("wb") as file:
        file.truncate(10**9)
    seen: list[float] = []
    with Counting() as executor, open_corpus(order) as corpus:
        run_corpus(corpus, executor, RunSettings(), on_progress=lambda progress: seen.append(progress.done))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert any(0.3 < share < 0.6 for share in seen)
