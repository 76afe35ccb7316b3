"""Looking at strangers' files in a process of its own, which may hang or die without harm to anybody."""

import os
import shutil
import sys

import anyio
import pytest
from made_service import recording, settings_for

from ligeia.server import probe, prober
from ligeia.server.prober import Helper, Prober
from ligeia.server.problems import Refusal

BOUNDS = probe.Bounds(seconds=10, channels=2, rate=48_000, samples=960_000, time=5)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "upload.part"
    path.write_bytes(recording(0.5, 16_000, 2))
    return path


def test_facts(path):
    assert probe.look_at(path, BOUNDS) == probe.Facts(format="wav", seconds=0.5, rate=16_000, channels=2)


def test_errors_name_no_path(path):
    path.write_bytes(b"nothing")
    said = probe.answer({"path": str(path), "bounds": vars(BOUNDS)})
    assert said["refused"] == "not_a_recording"
    assert str(path) not in said["detail"]
    assert said["detail"][0].isupper()


def fake(tmp_path, monkeypatch, program):
    """Let helpers be a program of ours."""
    script = tmp_path / "helper.py"
    script.write_text(program, encoding="utf-8")
    start = prober.subprocess.Popen
    monkeypatch.setattr(
        prober.subprocess, "Popen", lambda command, **more: start([sys.executable, str(script)], **more)
    )


HANGS = """
import os, sys, time
os.write(1, b"ready\\n")
for line in sys.stdin:
    if "again" in line: os.write(1, b'{"facts": 1}\\n')
    else: time.sleep(1000)
"""


def test_a_helper_that_hangs_is_killed_and_replaced(tmp_path, monkeypatch):
    fake(tmp_path, monkeypatch, HANGS)
    helper = Helper()
    try:
        helper.start()
        hanging = helper._process
        said = helper.ask({"path": "x"}, 0.2)
        assert said["refused"] == "not_a_recording"
        assert hanging.returncode is not None
        assert helper.ask({"path": "again"}, 20) == {"facts": 1}
    finally:
        helper.close()
    with pytest.raises(ProcessLookupError):
        os.kill(hanging.pid, 0)


@pytest.mark.parametrize("program", ["import os; os.write(1, b'ready\\n')", "raise SystemExit(1)", "print('nonsense')"])
def test_a_helper_that_dies_refuses_the_file_alone(tmp_path, monkeypatch, program):
    fake(tmp_path, monkeypatch, program)
    helper = Helper()
    assert helper.ask({"path": "x"}, 5)["refused"] == "not_a_recording"
    helper.close()


def test_a_closed_helper_starts_nothing(tmp_path, monkeypatch):
    helper = Helper()
    helper.close()
    helper.start()
    assert helper._process is None


def test_the_helper_outlives_what_kills_its_fork(path):
    """The fork has 5 s, 4 GB and small files; here it is a question that it cannot even read."""
    helper = Helper()
    try:
        assert helper.ask({"nonsense": True}, 30)["detail"] == "Looking at the file took too much time or memory."
        said = helper.ask({"path": str(path), "bounds": vars(BOUNDS)}, 30)
        assert said["facts"]["rate"] == 16_000
        tight = vars(BOUNDS) | {"samples": 100}
        assert helper.ask({"path": str(path), "bounds": tight}, 30)["refused"] == "too_large"
    finally:
        helper.close()


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg")
def test_decoding_more_than_is_allowed_is_too_large(tmp_path):
    """The header of an MP3 without a length says nothing: the size of the decoded file stops it."""
    path = tmp_path / "upload.part"
    whole = recording(20, 16_000, 1, format="MP3")
    path.write_bytes(whole[whole.index(b"\xff\xf3", 400) :])  # without the frame that states the length
    settings = settings_for(tmp_path, max_seconds=2.0, max_channels=1)

    async def look():
        asked = Prober(settings)
        try:
            await asked.look_at(path)
        finally:
            asked.close()

    with pytest.raises(Refusal) as refused:
        anyio.run(look)
    assert refused.value.status_code == 413
    assert "2 s" in refused.value.detail
