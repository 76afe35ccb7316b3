import shutil
import subprocess

import pytest

from ligeia.bench import payload
from ligeia.bench.payload import packet_bytes


def test_without_ffprobe(no_programs, tmp_path):
    assert packet_bytes(tmp_path / "a.opus") is None


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("printf '10\\n20,\\n\\n5,x\\n'", 35),
        ("exit 1", None),
        ("true", None),
        ("echo N/A", None),
        ("exec sleep 30", None),
    ],
)
def test_sizes_are_added(program, monkeypatch, tmp_path, script, expected):
    program("ffprobe", script)
    monkeypatch.setattr(payload, "PATIENCE", 0.5 if "sleep" in script else 20)
    assert packet_bytes(tmp_path / "a.opus") == expected


def test_files_that_are_no_sound(installed, tmp_path):
    installed("ffprobe")
    (tmp_path / "a.mp3").write_bytes(b"garbage" * 100)
    assert packet_bytes(tmp_path / "a.mp3") is None
    assert packet_bytes(tmp_path / "none.mp3") is None


def test_info_frame_of_mp3_is_no_packet(installed, write_tone, tmp_path):
    """Every frame at 64 kbit/s and 16 kHz has 64000 / 8 * 576 / 16000 = 288 bytes; one of them is the Info frame."""
    installed("lame", "ffprobe")
    mp3 = tmp_path / "a.mp3"
    subprocess.run([shutil.which("lame"), "--quiet", "--cbr", "-b", "64", str(write_tone(16000)), str(mp3)], check=True)
    assert b"Info" in mp3.read_bytes()[:288]
    assert packet_bytes(mp3) == mp3.stat().st_size - 288
