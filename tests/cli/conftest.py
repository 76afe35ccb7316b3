"""The command in this process: what it printed, and its exit code."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from ligeia.audio.signal import Audio
from ligeia.audio.writing import write_audio
from ligeia.cli.main import run


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def line(self) -> str:
        """The one line on stderr that a failing command prints."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        return lines[0]


Ligeia = Callable[..., Outcome]


@pytest.fixture
def ligeia(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Ligeia:
    def call(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["ligeia", *map(str, arguments)])
        code: object = 0
        try:
            run()
        except SystemExit as stop:
            code = stop.code
        captured = capfd.readouterr()
        return Outcome(int(code or 0), captured.out, captured.err)  # type: ignore[call-overload]

    return call


@pytest.fixture
def tone(tmp_path: Path) -> Path:
    """A recording: a fifth of a second of two tones, stereo at 8 kHz."""
    seconds = np.arange(1600) / 8000
    samples = 0.3 * np.sin(2 * np.pi * np.array([[440.0], [660.0]]) * seconds)
    path = tmp_path / "tone.wav"
    write_audio(path, Audio(samples, 8000))
    return path


@pytest.fixture
def lig(tmp_path: Path, tone: Path, ligeia: Ligeia) -> Path:
    """A .lig file of the tone."""
    path = tmp_path / "tone.lig"
    assert ligeia("encode", tone, "-o", path, "--network", "dense", "--steps", 20, "--json").code == 0
    return path
