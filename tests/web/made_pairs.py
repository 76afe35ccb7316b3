"""Pairs of sounds for comparisons: WAV files and overviews as the server makes them."""

import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.serving import ROOT
from ligeia.audio.signal import Audio
from ligeia.server.overview import Difference, overview

Samples = NDArray[np.float32]


def tone(hertz: float, seconds: float, rate: int, amplitude: float = 0.25) -> Samples:
    """Return a sine in one channel."""
    time = np.arange(round(seconds * rate)) / rate
    return (amplitude * np.sin(2 * np.pi * hertz * time)).astype(np.float32)[None]


def wav(samples: Samples, rate: int) -> bytes:
    """Return a WAV file of 16 bits."""
    data = np.rint(np.clip(samples, -1, 1) * 32767).astype("<i2").T.tobytes()
    channels = len(samples)
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, channels, rate, rate * channels * 2, channels * 2, 16)
    body = b"WAVE" + form + struct.pack("<4sI", b"data", len(data)) + data
    return struct.pack("<4sI", b"RIFF", len(body)) + body


def write_pair(folder: Path, name: str, a: Samples, b: Samples, rate: int) -> str:
    """Write both sounds and the three overviews, and return the query that opens them on the trial page."""
    files = {"a": (wav(a, rate), Audio(a, rate)), "b": (wav(b, rate), Audio(b, rate))}
    for side, (data, sound) in files.items():
        (folder / f"{name}_{side}.wav").write_bytes(data)
        (folder / f"{name}_{side}.ov").write_bytes(overview(sound))
    (folder / f"{name}_error.ov").write_bytes(overview(Difference(files["b"][1], files["a"][1])))
    return (
        f"a={name}_a.wav&b={name}_b.wav&overviewA={name}_a.ov&overviewB={name}_b.ov&overviewError={name}_error.ov"
        f"&rate={rate}&seconds={a.shape[1] / rate}&channels={len(a)}"
    )


def build_trial(folder: Path) -> None:
    """Build the page on which the comparison stands alone."""
    vite = ROOT / "web" / "node_modules" / "vite" / "bin" / "vite.js"
    if shutil.which("node") is None or not vite.is_file():
        pytest.skip("no node, or the tools of web/ are not installed: run `make page`")
    command = ["node", str(vite), "build", "-c", "app/trial/vite.config.ts", "--outDir", str(folder), "--emptyOutDir"]
    done = subprocess.run(command, cwd=ROOT / "web", capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
