"""PESQ in a process of its own: what comes back, and what does not."""

import io
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from ligeia.errors import UndefinedScore
from ligeia.metrics import pesq_process
from ligeia.metrics.pesq_process import main, measured

SOUND = np.random.default_rng(0).standard_normal(16000)


def answering(monkeypatch: pytest.MonkeyPatch, status: int, stdout: bytes = b"", stderr: bytes = b"") -> None:
    """Puts a made-up process in the place of the real one."""
    done = subprocess.CompletedProcess([], status, stdout, stderr)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)


def test_value_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, 0, b"malloc failed!\n\n2.25\n")
    assert measured(SOUND, SOUND, 16000, "wb") == 2.25


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"-6", "shorter than a quarter of a second"),
        (b"-7", "finds no utterance"),
        (b"-1", "gives up with code -1"),
        (b"nan", "not a finite number"),
    ],
)
def test_codes(answer: bytes, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, 0, answer)
    with pytest.raises(UndefinedScore, match=reason):
        measured(SOUND, SOUND, 16000, "wb")


@pytest.mark.parametrize(
    ("status", "stderr", "reason"), [(-11, b"", "its programme crashes"), (1, b"at x\nMemoryError\n", "MemoryError")]
)
def test_crash(status: int, stderr: bytes, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, status, stderr=stderr)
    with pytest.raises(UndefinedScore, match=rf"breaks down \({reason}\)"):
        measured(SOUND, SOUND, 16000, "wb")


def test_no_answer_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pesq_process, "TIMEOUT", 0.001)
    with pytest.raises(UndefinedScore, match=r"no answer within 0\.001 s"):
        measured(SOUND, SOUND, 16000, "wb")


def test_no_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nothing"))
    with pytest.raises(UndefinedScore, match="does not start"):
        measured(SOUND, SOUND, 16000, "wb")


def test_file_named_pesq_in_the_way(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("pesq", reason="the package pesq is not installed (extra: metrics)")
    (tmp_path / "pesq.py").write_text("raise SystemExit(5)")
    monkeypatch.chdir(tmp_path)
    assert measured(SOUND, SOUND, 16000, "wb") == pytest.approx(4.643888, abs=1e-6)


def test_answer(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("pesq", reason="the package pesq is not installed (extra: metrics)")
    sent = io.BytesIO(SOUND.tobytes() * 2)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=sent))
    monkeypatch.setattr(sys, "argv", ["", "16000", "nb"])
    main()
    assert float(capsys.readouterr().out) == pytest.approx(4.548638, abs=1e-6)
