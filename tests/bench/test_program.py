"""Other people's programs: what they took, how they fail, and that none is left behind."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from ligeia.bench import launcher
from ligeia.bench.codec import CodecError, Usage
from ligeia.bench.program import LAUNCHER, answer, first_line, program_path, run_program


def test_missing_program_says_what_would_bring_it(no_programs):
    with pytest.raises(CodecError, match=r"^opusenc is not installed \(Debian: apt-get install opus-tools\)$"):
        program_path("opusenc")
    with pytest.raises(CodecError, match="apt-get install lame"):
        answer("lame", "--version")


def test_answers_come_from_both_outputs_and_are_asked_for_once(program, tmp_path):
    path = program("askme", f'echo "v $1"; echo more >&2; echo x >> {tmp_path}/asked')
    assert program_path("askme") == str(path)
    assert answer("askme", "1") == "v 1\nmore\n"
    assert first_line("askme", "1") == "v 1"
    assert (tmp_path / "asked").read_text() == "x\n"


@pytest.mark.parametrize(
    ("script", "reason"),
    [("exit 3", "askme does not run: .*status 3"), ("", "askme does not report its version")],
)
def test_programs_that_do_not_answer(program, script, reason):
    program("askme", script)
    with pytest.raises(CodecError, match=reason):
        first_line("askme", script)


def test_program_that_gives_no_version(program, monkeypatch):
    program("askme", "exec sleep 30")
    monkeypatch.setattr("ligeia.bench.program.ANSWER_SECONDS", 0.1)
    with pytest.raises(CodecError, match=r"askme: no answer within 0\.1 s"):
        answer("askme")


needs_wait4 = pytest.mark.skipif(not hasattr(os, "wait4"), reason="no wait4 on this system")
PYTHON = [sys.executable, "-I", "-S", "-c"]
GROW = "b = bytearray({0}); b[::4096] = b'x' * len(b[::4096])"


def test_what_a_run_took(tmp_path):
    usage = run_program(["sh", "-c", f"sleep 0.2; echo x > {tmp_path}/out"], timeout=20, produces=tmp_path / "out")
    assert 0.2 <= usage.seconds < 5
    assert usage.peak_bytes is None or 0 < usage.peak_bytes < 12e6


@needs_wait4
def test_peak_memory_is_that_of_the_program():
    """Not that of this process, which is larger (numpy alone takes it above 20 MB, and we add 200)."""
    ballast = np.ones(25_000_000)
    small, large = (run_program([*PYTHON, GROW.format(size)], timeout=60).peak_bytes for size in (1, 200_000_000))
    assert ballast.nbytes == 200_000_000
    assert small < 30e6
    assert 200e6 < large < 230e6


def test_missing_program(no_programs, tmp_path):
    with pytest.raises(CodecError, match=r"^lame is not installed \(Debian: apt-get install lame\)$"):
        run_program(["lame", "x"], timeout=1)


def test_program_that_hangs(program, tmp_path, vanishes):
    program("opusenc", f"echo half > {tmp_path}/out; sleep 60 & echo $! > {tmp_path}/pid; wait")
    with pytest.raises(CodecError, match=r"^opusenc: no answer within 0\.5 s$"):
        run_program(["opusenc"], timeout=0.5, produces=tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert vanishes(int((tmp_path / "pid").read_text()))


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo first >&2; echo '  the   reason ' >&2; echo >&2; exit 1", "opusenc: the reason"),
        ("echo not a reason; exit 7", r"opusenc: failed without a word \(exit status 7\)"),
        ("kill -SEGV $$", r"opusenc: died of signal 11 \(SIGSEGV\)"),
        ("true", "opusenc: wrote nothing"),
        (': > "$1"', "opusenc: wrote nothing"),
    ],
)
def test_programs_that_fail(program, tmp_path, script, reason):
    program("opusenc", script)
    (tmp_path / "out").write_text("from an earlier run")
    with pytest.raises(CodecError, match=f"^{reason}$"):
        run_program(["opusenc", str(tmp_path / "out")], timeout=20, produces=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_program_of_another_kind_of_machine(program):
    path = program("opusenc", "")
    path.write_bytes(b"\x7fELF nonsense")
    with pytest.raises(CodecError, match="opusenc: it does not run"):
        run_program(["opusenc"], timeout=20)


def test_endless_complaints_are_cut(program):
    program("opusenc", "head -c 3000000 /dev/zero | tr '\\0' x >&2; exit 1")
    with pytest.raises(CodecError) as caught:
        run_program(["opusenc"], timeout=20)
    assert len(str(caught.value)) < 250


def test_launcher_that_dies(monkeypatch, tmp_path):
    monkeypatch.setattr("ligeia.bench.program.LAUNCHER", tmp_path / "none.py")
    with pytest.raises(CodecError, match=r"sh: its launcher died"):
        run_program(["sh", "-c", ""], timeout=20)


@needs_wait4
def test_interrupting_leaves_no_program_behind(tmp_path, vanishes, read_when_there):
    command = ["sh", "-c", f"echo $$ > {tmp_path}/pid; exec sleep 60"]
    heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"  # it may be ignored here
    program = f"{heard}; from ligeia.bench.program import run_program; run_program({command!r}, timeout=60)"
    with subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL) as running:
        pid = int(read_when_there(tmp_path / "pid"))
        running.send_signal(signal.SIGINT)
    assert vanishes(pid)


@pytest.mark.parametrize(
    ("script", "timeout", "reason"),
    [
        ("echo why >&2; exit 2", 20, "why"),
        ("exec sleep 30", 0.3, r"no answer within 0\.3 s"),
        ("", 20, "wrote nothing"),
    ],
)
def test_failures_where_the_system_has_no_wait4(program, monkeypatch, tmp_path, script, timeout, reason):
    monkeypatch.delattr(os, "wait4", raising=False)
    program("opusenc", script)
    with pytest.raises(CodecError, match=f"opusenc: {reason}"):
        run_program(["opusenc"], timeout=timeout, produces=tmp_path / "out")


def test_success_where_the_system_has_no_wait4(program, monkeypatch, tmp_path):
    monkeypatch.delattr(os, "wait4", raising=False)
    program("opusenc", 'echo x > "$1"')
    usage = run_program(["opusenc", str(tmp_path / "out")], timeout=20, produces=tmp_path / "out")
    assert usage == Usage(usage.seconds, None)
    program("opusenc", "").write_bytes(b"\x7fELF nonsense")
    with pytest.raises(CodecError, match="opusenc: it does not run"):
        run_program(["opusenc"], timeout=20)


def launch(*command, seconds=20.0):
    if not hasattr(os, "wait4"):
        pytest.skip("no wait4 on this system")
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
    assert (facts["status"], facts["messages"]) == (3, "said\n")
    assert launch("sh", "-c", "kill -SEGV $$")["status"] == -11


def test_program_gets_no_input():
    assert launch("sh", "-c", "cat >&2; test ! -t 0")["status"] == 0


def test_program_that_is_not_there():
    facts = launch("/no/such/program")
    assert facts["status"] == 127
    assert "No such file" in facts["messages"]


def test_only_the_end_of_what_it_says_is_kept():
    facts = launch(sys.executable, "-I", "-S", "-c", "import sys; sys.stderr.write('x' * 300000 + 'end')")
    assert facts["messages"] == "x" * (launcher.KEPT - 3) + "end"


def test_what_a_program_leaves_running_is_killed(tmp_path, vanishes):
    facts = launch("sh", "-c", f"sleep 60 & echo $! > {tmp_path}/pid")
    assert facts["status"] == 0
    assert facts["seconds"] < 10
    assert vanishes(int((tmp_path / "pid").read_text()))


@needs_wait4
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
