import time
from pathlib import Path

import numpy as np
import pytest

from ligeia.bench import here
from ligeia.bench.here import run_here

needs_proc = pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="no /proc with peak memory")


def test_time_taken():
    assert 0.1 <= run_here(lambda: time.sleep(0.1)).seconds < 2


@needs_proc
def test_peak_memory_starts_anew():
    large = run_here(lambda: np.ones(25_000_000).sum()).peak_bytes
    small = run_here(lambda: None).peak_bytes
    assert large is not None
    assert small is not None
    # 200 MB of ones, come and gone; the counters of the kernel are exact to some hundred KB.
    assert 195e6 < large - small < 210e6


def test_where_the_system_does_not_tell(monkeypatch, tmp_path):
    monkeypatch.setattr(here, "CLEAR", tmp_path)
    assert run_here(lambda: None).peak_bytes is None
    monkeypatch.setattr(here, "CLEAR", tmp_path / "clear")
    monkeypatch.setattr(here, "STATUS", tmp_path / "status")
    assert run_here(lambda: None).peak_bytes is None
    (tmp_path / "status").write_text("Name: x\n")
    assert run_here(lambda: None).peak_bytes is None


def test_errors_come_through():
    with pytest.raises(ZeroDivisionError):
        run_here(lambda: 1 / 0)
