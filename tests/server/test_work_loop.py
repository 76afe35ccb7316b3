"""One worker in this process: every task from the recording to its results, and what is said where it fails."""

import errno
from pathlib import Path

import numpy as np
import pytest
from made_place import SOUND, give_sound, job, leftovers, made_place, queue, read_result, tone

from ligeia.audio.reading import read_audio
from ligeia.errors import InputError
from ligeia.server import job_run, jobs, lease, renditions, scoring, sweep, work_loop
from ligeia.server.job_run import Place
from ligeia.server.lease import Interrupts
from ligeia.server.schemas import Report
from ligeia.server.tasks import compress, denoise, extend, restore, score, task
from ligeia.server.work_loop import Worker, reason_of, without_paths

ROOMS = (compress, denoise, extend, restore, score, task, renditions, lease, job_run, scoring, sweep, work_loop)


@pytest.fixture
def place(tmp_path: Path):
    with made_place(tmp_path) as place:
        yield place


def do(place: Place, id: str) -> dict:
    """Do the job that waits, in this thread."""
    claimed = jobs.claim(place.engine, "w", 30)
    assert claimed["id"] == id
    Worker("w", place, Interrupts(signals=False)).work(claimed)
    return job(place, id)


def kinds(found: dict) -> list[str]:
    return [row["kind"] for row in found["results"]]


def test_compress_gives_a_stream_and_what_it_sounds_like(place, tmp_path):
    done = do(place, queue(place, kbps=32.0))
    assert (done["state"], done["error"]) == ("done", None)
    assert kinds(done) == ["error_overview", "lig", "overview", "reference", "reference_overview", "wav"]
    report = Report.model_validate(done["report"])
    assert report.bytes == next(row["bytes"] for row in done["results"] if row["kind"] == "lig")
    assert {"snr", "mel_distance"} <= {score.metric for score in report.scores}
    wav, reference = (read_audio(read_result(place, done, kind, tmp_path)) for kind in ("wav", "reference"))
    assert (wav.rate, wav.sample_count) == (reference.rate, reference.sample_count) == (16000, 8000)
    error = np.square(reference.samples - wav.samples).sum()
    snr = next(score.value for score in report.scores if score.metric == "snr")
    assert 10 * np.log10(np.square(reference.samples).sum() / error) == pytest.approx(snr, abs=0.1)
    assert not leftovers(place)


@pytest.mark.parametrize(
    ("kind", "settings", "rate"), [("denoise", {}, 16000), ("restore", {}, 16000), ("extend", {"rate": 24000}, 24000)]
)
def test_better_sounds_lie_beside_the_recording(place, tmp_path, kind, settings, rate):
    done = do(place, queue(place, kind, **settings))
    assert (done["state"], done["error"]) == ("done", None)
    wav, reference = (read_audio(read_result(place, done, kind, tmp_path)) for kind in ("wav", "reference"))
    assert (wav.rate, wav.sample_count) == (reference.rate, reference.sample_count) == (rate, rate // 2)
    assert done["report"]["facts"]["method"]
    assert done["report"]["scores"] == []
    assert not leftovers(place)


def test_score_compares_another_recording_wherever_it_lies(place, tmp_path):
    original = tone()
    late = np.pad(original.samples, ((0, 0), (40, 0)))
    give_sound(place, type(original)(0.9 * late, 16000), id="t" * 32)
    done = do(place, queue(place, "score", estimate="t" * 32))
    assert (done["state"], done["error"]) == ("done", None)
    values = {score["metric"]: score["value"] for score in done["report"]["scores"]}
    assert values["snr"] == pytest.approx(20, abs=0.5)
    assert done["report"]["facts"]["recipe"]["delay_samples"] == 40
    wav = read_audio(read_result(place, done, "wav", tmp_path))
    assert np.abs(wav.samples - 0.9 * original.samples).max() < 1e-3


def test_errors_of_the_library_are_told_without_paths(place):
    done = do(place, queue(place, "extend", rate=8000))
    assert (done["state"], done["error_code"]) == ("failed", "refused")
    assert done["error"].startswith("rate must be above that of the sound (16000 Hz)")
    place.storage.delete(f"sounds/{SOUND}/")
    (place.settings.data / "files/sounds" / SOUND).mkdir()
    (place.settings.data / "files/sounds" / SOUND / "original").write_bytes(b"nothing")
    done = do(place, queue(place))
    assert done["error_code"] == "refused"
    assert "/" not in done["error"]
    assert not leftovers(place)


def test_recordings_that_were_deleted_are_named_as_that(place):
    place.storage.delete(f"sounds/{SOUND}/original")
    done = do(place, queue(place))
    assert (done["error_code"], done["error"]) == ("gone", "a recording that the job needs was deleted")


def test_a_full_disk_fails_the_job_with_nothing_left(place, monkeypatch):
    def full(path, key):
        if key.startswith("jobs/") and "overview" in key:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        put(path, key)

    put = place.storage.put
    monkeypatch.setattr(place.storage, "put", full)
    done = do(place, queue(place))
    assert (done["state"], done["error_code"], done["results"]) == ("failed", "disk_full", [])
    assert not leftovers(place)


def test_what_nobody_foresaw_is_in_the_log_and_not_in_the_answer(place, caplog):
    def broken(name):
        def make(order):
            raise ZeroDivisionError("a secret of ours")

        return make

    done = do(Place(place.settings, place.engine, place.storage, broken), queue(place))
    assert done["error_code"] == "internal"
    assert "secret" not in done["error"]
    [record] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert record.facts["id"] in done["error"]
    assert not leftovers(place)


def test_reasons():
    full = InputError("cannot write it")
    full.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    assert reason_of(full, Path("/data"))[0] == "disk_full"
    assert reason_of(MemoryError(), Path("/data"))[0] == "no_memory"
    assert without_paths("24 kbit/s of /a b/c/d/original: 1/2, see /usr/lib/x.so", Path("/a b")) == (
        "24 kbit/s of the recording: 1/2, see x.so"
    )


def test_a_job_that_is_cancelled_midway_leaves_nothing(place):
    def cancelled(name):
        def make(order):
            jobs.request_cancel(place.engine, "a" * 64, id)
            while True:
                order.on_progress(lease.Progress(done=0.5, elapsed=0.0))

        return make

    id = queue(place)
    done = do(Place(place.settings, place.engine, place.storage, cancelled), id)
    assert done["state"] == "cancelled"
    assert not leftovers(place)


def test_results_can_be_heard_before_the_figures_are_there(place, monkeypatch):
    seen = []

    def listed(made, sound, on_share):
        seen.append(job(place, id))
        return iter(())

    monkeypatch.setattr(job_run, "scores_of", listed)
    id = queue(place)
    assert do(place, id)["state"] == "done"
    assert seen[0]["state"] == "running"
    assert "wav" in kinds(seen[0])
    assert seen[0]["report"]["bytes"] > 0
