"""One row: sizes, times, quality, and what the row says where there is nothing to measure."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.audio.writing import write_audio
from ligeia.bench.measure import _warm, forget, measure, suits


@pytest.fixture(autouse=True)
def plug_in(made_codecs: None) -> Iterator[None]:
    _warm.cache_clear()
    yield
    forget()


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.wav"
    noise = 0.1 * np.random.default_rng(0).standard_normal((1, 8000))
    write_audio(path, Audio(noise, 8000), subtype="FLOAT")
    return path


def task(clip: Path, setting: str = "", **fields: object) -> dict[str, object]:
    codec = f"copy:{setting}" if setting else "copy"
    about = {"clip": "clip", "path": str(clip), "group": "", "seconds_limit": None, "codec": codec}
    return {**about, "metrics": ["snr", "mse"], "timeout": 20.0, **fields}


def test_a_row(clip: Path) -> None:
    row = measure(task(clip))
    assert row["error"] is None
    assert (row["rate"], row["channels"], row["frames"], row["seconds"]) == (8000, 1, 8000, 1.0)
    assert (row["bytes"], row["payload_bytes"]) == (16044, 16000)  # 16-bit, whatever the clip was
    assert (row["kbps"], row["payload_kbps"]) == pytest.approx((16044 * 8 / 1000, 16000 * 8 / 1000))
    assert (row["encode_seconds"], row["decode_seconds"]) == (0.5, 0.25)
    assert (row["encode_peak_bytes"], row["decode_peak_bytes"]) == (1000, None)
    assert row["metrics"] == {"snr": "inf", "mse": 0.0}
    assert (row["delay_samples"], row["decoded_frames"]) == (0, 8000)


def test_at_most_so_many_seconds(clip: Path) -> None:
    assert measure(task(clip, seconds_limit=0.25))["frames"] == 2000
    assert measure(task(clip, seconds_limit=100.0))["frames"] == 8000
    assert measure(task(clip, seconds_limit=1e-9))["frames"] == 1


@pytest.mark.parametrize(
    ("setting", "error"), [("fails", "copy: cannot do it"), ("garbage", "its decoded output cannot be used")]
)
def test_what_went_wrong_is_one_line(clip: Path, setting: str, error: str) -> None:
    row = measure(task(clip, setting))
    assert row["error"].startswith(error)
    assert "\n" not in row["error"]
    assert "metrics" not in row


@pytest.mark.parametrize("content", [b"", b"RIFF", b"no sound at all"])
def test_clips_that_cannot_be_read(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.wav"
    path.write_bytes(content)
    assert "bad.wav" in measure(task(path))["error"]


def test_silence_has_reasons(tmp_path: Path) -> None:
    path = tmp_path / "silence.wav"
    write_audio(path, Audio(np.zeros((2, 800)), 8000))
    row = measure(task(path))
    assert row["metrics"]["snr"] is None
    assert "silent" in row["reasons"]["snr"]


def test_metrics_made_for_something_else_are_left_out(clip: Path) -> None:
    row = measure(task(clip, group="music", metrics=["snr", "stoi"]))
    assert row["metrics"] == {"snr": "inf", "stoi": None}
    assert row["reasons"] == {"stoi": "made for speech"}


@pytest.mark.parametrize(
    ("metric", "group", "expected"),
    [("snr", "music", True), ("stoi", "music", False), ("stoi", "speech", True), ("stoi", "birds", True)],
)
def test_suits(metric: str, group: str, expected: bool) -> None:
    assert suits(metric, group) is expected
