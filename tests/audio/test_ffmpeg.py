import shutil
import stat

import numpy as np
import pytest
import soundfile
from made_sounds import raw_wav

from ligeia.audio import ffmpeg
from ligeia.errors import InputError

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg")


def stand_in(folder, monkeypatch, script):
    """Put a program named ffmpeg that runs `script` before all others."""
    program = folder / "ffmpeg"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(ffmpeg.shutil, "which", lambda name: str(program))


def test_a_missing_program_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(ffmpeg.shutil, "which", lambda name: None)
    with pytest.raises(InputError, match="installing ffmpeg"):
        ffmpeg.decode(raw_wav(tmp_path / "a.wav", 9, 18), tmp_path / "b.wav")


def test_a_program_that_hangs_is_stopped(tmp_path, monkeypatch):
    stand_in(tmp_path, monkeypatch, "while :; do :; done")
    monkeypatch.setattr(ffmpeg, "TIMEOUT", 0.1)
    with pytest.raises(InputError, match=r"longer than 0\.1 s"):
        ffmpeg.decode(raw_wav(tmp_path / "a.wav", 9, 18), tmp_path / "b.wav")


def test_the_last_line_that_it_says_is_the_reason(tmp_path, monkeypatch):
    stand_in(tmp_path, monkeypatch, "echo first >&2; echo second >&2; exit 3")
    with pytest.raises(InputError, match=r"\(ffmpeg: second\)$"):
        ffmpeg.encode(tmp_path / "a.wav", tmp_path / "b.m4a", rate=8000, channels=1)


def test_a_program_that_cannot_run(tmp_path, monkeypatch):
    monkeypatch.setattr(ffmpeg.shutil, "which", lambda name: str(tmp_path))
    with pytest.raises(InputError, match="does not run"):
        ffmpeg.decode(raw_wav(tmp_path / "a.wav", 9, 18), tmp_path / "b.wav")


@needs_ffmpeg
def test_decoding_keeps_rate_channels_and_samples(tmp_path):
    samples = np.random.default_rng(1).uniform(-1, 1, (500, 3)).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", samples, 12345, subtype="FLOAT")
    ffmpeg.decode(tmp_path / "a.wav", tmp_path / "b.wav")
    again, rate = soundfile.read(tmp_path / "b.wav", dtype="float32")
    assert rate == 12345
    assert np.array_equal(again, samples)


@needs_ffmpeg
def test_names_that_look_like_addresses_are_files(tmp_path):
    soundfile.write(tmp_path / "http:a.wav", np.zeros(50), 8000)
    ffmpeg.decode(tmp_path / "http:a.wav", tmp_path / "b.wav")
    assert soundfile.info(str(tmp_path / "b.wav")).frames == 50
