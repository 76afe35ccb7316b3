"""A `.lig` stream that is uploaded as a recording: decoded before a job, and its command says so."""

import shlex
from pathlib import Path

import pytest
from made_place import give_sound, job, made_place, queue, tone
from made_service import add_job, add_sound

from ligeia.audio.reading import read_audio
from ligeia.codec.decode import decode
from ligeia.codec.encode import encode
from ligeia.server import jobs, originals
from ligeia.server.commands import command_of
from ligeia.server.lease import Interrupts
from ligeia.server.schemas import Denoise, Score
from ligeia.server.work_loop import Worker

STREAM = "e" * 32


@pytest.fixture(scope="module")
def stream() -> bytes:
    return encode(tone())


@pytest.fixture
def place(tmp_path: Path, stream):
    with made_place(tmp_path) as place:
        give_sound(place, tone(), STREAM)
        (place.settings.data / "files" / originals.key_of(STREAM)).write_bytes(stream)
        yield place


def do(place, id: str) -> dict:
    Worker("w", place, Interrupts(signals=False)).work(jobs.claim(place.engine, "w", 30))
    return job(place, id)


def test_a_stream_is_decoded_as_the_library_does(place, stream, tmp_path):
    path = originals.original(place.storage, STREAM, tmp_path)
    assert read_audio(path).samples == pytest.approx(decode(stream).render().samples, abs=1e-6)


@pytest.mark.parametrize("task", ["compress", "restore"])
def test_a_stream_can_be_worked_on(place, stream, task):
    done = do(place, queue(place, task, STREAM))
    assert (done["state"], done["error"]) == ("done", None)
    assert done["report"]["source_bytes"] == len(stream)


def test_a_stream_can_be_scored_against_its_recording(place):
    done = do(place, queue(place, "score", estimate=STREAM))
    assert (done["state"], done["error"]) == ("done", None)


def test_a_damaged_stream_is_refused_in_words(place, stream):
    (place.settings.data / "files" / originals.key_of(STREAM)).write_bytes(stream[:-40])
    done = do(place, queue(place, "restore", STREAM))
    assert (done["state"], done["error_code"]) == ("failed", "refused")


def test_the_command_decodes_first(visitor, stream):
    sound = add_sound(visitor, stream, "a memo.lig")
    steps = [shlex.split(step) for step in add_job(visitor, sound["id"])["command"].split(" && ")]
    assert steps[0] == ["ligeia", "decode", "a memo.lig", "-o", "a memo.decoded.wav"]
    assert steps[1][:5] == ["ligeia", "encode", "a memo.decoded.wav", "-o", "a memo.decoded.lig"]


def test_other_commands_read_streams():
    score = Score(task="score", estimate=STREAM)
    assert command_of(score, "a.lig", "b.lig", is_stream=True) == "ligeia score --reference a.lig --estimate b.lig"
    assert command_of(Denoise(task="denoise"), "a.lig", is_stream=True) == "ligeia denoise a.lig -o a.denoised.wav"
