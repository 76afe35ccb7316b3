"""Programs that end with the process that started them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ligeia.audio.children import run_child

PARENT = "import sys; from ligeia.audio.children import run_child; run_child(sys.argv[1:], timeout=60)"


def test_what_a_program_says_comes_back():
    done = run_child([sys.executable, "-c", "import sys; print(3); sys.exit('four')"], timeout=60)
    assert (done.returncode, done.stdout.strip(), done.stderr.strip()) == (1, b"3", b"four")


def test_a_program_that_takes_too_long_is_killed(tmp_path):
    with pytest.raises(subprocess.TimeoutExpired):
        run_child(["sh", "-c", f"echo $$ > {tmp_path}/pid; exec sleep 60"], timeout=0.5)
    assert gone(int((tmp_path / "pid").read_text()))


def gone(pid, seconds=10.0):
    """True when the process is gone within some seconds."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
            os.kill(pid, 0)
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.02)
    os.kill(pid, signal.SIGKILL)
    return False


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs prctl")
@pytest.mark.usefixtures("heard_signals")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_orphan_stays(tmp_path, number):
    command = ["sh", "-c", f"echo $$ > {tmp_path}/new; mv {tmp_path}/new {tmp_path}/pid; exec sleep 60"]
    with subprocess.Popen([sys.executable, "-c", PARENT, *command], stderr=subprocess.DEVNULL) as parent:
        try:
            while not (tmp_path / "pid").exists():
                assert parent.poll() is None
                time.sleep(0.02)
            parent.send_signal(number)
            parent.wait(10)
        finally:
            parent.kill()  # what a failed test left would be reported in another one
    assert gone(int((tmp_path / "pid").read_text()))


def test_the_check_sees_an_orphan():
    sleeper = subprocess.Popen(["sleep", "60"])
    assert not gone(sleeper.pid, 0.2)
    sleeper.wait()
