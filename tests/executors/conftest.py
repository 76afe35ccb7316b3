"""A module of work that may go wrong in every way, for other processes to find."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

WORK = Path(__file__).with_name("made_work.py")


@pytest.fixture
def function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The path of a function that does as its task says; afterwards no process has left temporary files."""
    monkeypatch.syspath_prepend(WORK.parent)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield "made_work:work"
    deadline = time.monotonic() + 5
    while folders := list(tmp_path.glob("ligeia-worker-*")):  # those that wait for a task may be on their way out
        assert time.monotonic() < deadline, f"processes left {folders}"
        time.sleep(0.01)
