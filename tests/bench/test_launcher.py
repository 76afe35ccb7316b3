import json
import os
import subprocess
import sys
import time

import pytest

from ligeia.bench import launcher
from ligeia.bench.process import LAUNCHER

pytestmark = pytest.mark.skipif(not hasattr(os, "wait4"), reason="no wait4 on this system")


def launch(*command, seconds=20.0):
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(LAUNCHER), str(seconds), *command],
        stdin=(read := os.pipe())[0],  # an open end: the launcher gives up when it closes
        capture_output=True,
        timeout=60,
    )
    for end in read:
        os.close(end)
    assert not done.stderr
    return json.loads(done.stdout)


def test_exit_status_and_last_words():
    facts = launch("sh", "-c", "echo not this; echo said >&2; exit 3")
    assert (facts["status"], facts["said"]) == (3, "said\n")
    assert launch("sh", "-c", "kill -SEGV $$")["status"] == -11


def test_program_gets_no_input():
    assert launch("sh", "-c", "cat >&2; test ! -t 0")["status"] == 0


def test_program_that_is_not_there():
    facts = launch("/no/such/program")
    assert facts["status"] == 127
    assert "No such file" in facts["said"]


def test_only_the_end_of_what_it_says_is_kept():
    facts = launch(sys.executable, "-I", "-S", "-c", "import sys; sys.stderr.write('x' * 300000 + 'end')")
    assert facts["said"] == "x" * (launcher.KEPT - 3) + "end"


def test_time_is_that_of_the_program():
    assert 0.2 <= launch("sleep", "0.2")["seconds"] < 2.0


def test_program_that_takes_too_long_is_killed(tmp_path, vanishes):
    script = f"sleep 60 & echo $! > {tmp_path}/pid; wait"
    facts = launch("sh", "-c", script, seconds=0.4)
    assert facts["status"] is None
    assert 0.4 <= facts["seconds"] < 5
    assert vanishes(int((tmp_path / "pid").read_text()))


def test_what_a_program_leaves_running_is_killed(tmp_path, vanishes):
    facts = launch("sh", "-c", f"sleep 60 & echo $! > {tmp_path}/pid")
    assert facts["status"] == 0
    assert facts["seconds"] < 10
    assert vanishes(int((tmp_path / "pid").read_text()))


def test_closing_its_input_stops_it(tmp_path, vanishes, read_when_there):
    command = ["sh", "-c", f"echo $$ > {tmp_path}/pid; exec sleep 60"]
    with subprocess.Popen(
        [sys.executable, "-I", "-S", str(LAUNCHER), "60", *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as running:
        pid = int(read_when_there(tmp_path / "pid"))
        running.stdin.close()
        assert json.loads(running.stdout.read())["status"] is None
    assert vanishes(pid)


def test_it_starts_quickly_and_small():
    """What every measurement costs, and what it cannot see below."""
    started = time.monotonic()
    facts = launch("true")
    assert time.monotonic() - started < 5
    assert facts["peak_bytes"] < 12e6


@pytest.mark.parametrize(("platform", "expected"), [("linux", 3072), ("darwin", 3)])
def test_units_of_peak_memory(monkeypatch, platform, expected):
    monkeypatch.setattr(launcher.sys, "platform", platform)
    assert launcher.peak_bytes(3) == expected
