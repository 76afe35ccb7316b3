"""Tasks in processes that may crash, hang or run out of memory, and what becomes of them."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from ligeia.bench import workers
from ligeia.bench.workers import (
    Failure,
    Limits,
    answer,
    how_it_ended,
    leave_with_parent,
    load,
    one_line,
    run_isolated,
    serve,
)
from ligeia.errors import InputError

LIMITS = Limits(seconds=30)
WORK = """
import os, signal, subprocess, tempfile, time

loaded = time.time()

def work(task):
    if "pid_to" in task:
        with open(task["pid_to"], "w") as file:
            file.write(f"{os.getpid()}\\n")
    if "child_to" in task:
        subprocess.Popen(["sleep", "60"])
        child = subprocess.Popen(["sleep", "60"])
        with open(task["child_to"], "w") as file:
            file.write(f"{child.pid}\\n")
    if "program_to" in task:
        from ligeia.bench.program import run_program
        run_program(["sh", "-c", f"echo $$ > {task['program_to']}; exec sleep 60"], timeout=60)
    if "signal" in task:
        os.kill(os.getpid(), task["signal"])
    if "exit" in task:
        os._exit(task["exit"])
    if "error" in task:
        raise ValueError(task["error"])
    if "allocate" in task:
        return {"allocated": len(bytearray(task["allocate"]))}
    if "threads" in task:
        import numpy
        from threadpoolctl import threadpool_info
        blas = max(pool["num_threads"] for pool in threadpool_info())
        return {"blas": blas, "variable": os.environ["OMP_NUM_THREADS"]}
    if "temporary" in task:
        tempfile.mkstemp()
    time.sleep(task.get("sleep", 0))
    return {"n": task.get("n"), "pid": os.getpid(), "loaded": loaded, "folder": tempfile.gettempdir()}
"""


@pytest.fixture
def function(tmp_path, monkeypatch):
    (tmp_path / "isolated_work.py").write_text(WORK)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield "isolated_work:work"
    assert not list(tmp_path.glob("ligeia-worker-*")), "workers left their folders"


def test_every_task_is_answered_by_a_warm_process(function):
    tasks = ({"n": n, "temporary": True} for n in range(6))
    outcomes = list(run_isolated(function, tasks, workers=2, limits=LIMITS))
    assert sorted(task["n"] for task, _ in outcomes) == list(range(6))
    assert all(result["n"] == task["n"] for task, result in outcomes)
    pids = {result["pid"] for _, result in outcomes}
    assert len(pids) <= 2
    assert os.getpid() not in pids
    assert len({result["loaded"] for _, result in outcomes}) == len(pids)


def test_no_tasks():
    assert list(run_isolated("nosuch:f", [], workers=2, limits=LIMITS)) == []


def test_pairs_come_as_they_end(function):
    tasks = [{"n": 0, "sleep": 2.0}, {"n": 1}, {"n": 2}]
    assert [task["n"] for task, _ in run_isolated(function, tasks, workers=2, limits=LIMITS)] == [1, 2, 0]


def test_failures_leave_the_others_alone(function, tmp_path, vanishes):
    tasks = [
        {"n": 0},
        {"signal": int(signal.SIGSEGV)},
        {"exit": 3},
        {"error": "a\nb"},
        {"n": 4},
        {"sleep": 60, "child_to": str(tmp_path / "child"), "temporary": True},
        {"n": 6},
    ]
    outcomes = [outcome for _, outcome in run_isolated(function, tasks, workers=1, limits=Limits(seconds=1.0))]
    assert [outcome for outcome in outcomes if isinstance(outcome, Failure)] == [
        Failure("the worker died: signal 11 (SIGSEGV)"),
        Failure("the worker died: exit status 3"),
        Failure("ValueError: a b"),
        Failure("no answer within 1 s"),
    ]
    assert [outcome["n"] for outcome in outcomes if isinstance(outcome, dict)] == [0, 4, 6]
    assert vanishes(int((tmp_path / "child").read_text()))


def test_memory_is_limited(function):
    tasks = [{"allocate": 2**29}, {"allocate": 2**20}]
    limits = Limits(seconds=30, memory_bytes=2**28)
    failure, result = (outcome for _, outcome in run_isolated(function, tasks, workers=1, limits=limits))
    assert failure == Failure("MemoryError")
    assert result == {"allocated": 2**20}


def test_threads_are_limited(function, monkeypatch):
    for name in workers.THREADS:  # where the tests themselves are limited, that shows nothing
        monkeypatch.delenv(name, raising=False)
    ((_, result),) = run_isolated(function, [{"threads": 1}], workers=1, limits=Limits(seconds=30, threads=1))
    assert result == {"blas": 1, "variable": "1"}


def test_functions_that_cannot_be_loaded_fail_every_task():
    tasks = [{"n": 0}, {"n": 1}]
    reason = Failure("ModuleNotFoundError: No module named 'nosuch_module'")
    assert [outcome for _, outcome in run_isolated("nosuch_module:f", tasks, workers=2, limits=LIMITS)] == [reason] * 2


def test_closing_early_kills_what_is_at_work(function, tmp_path, vanishes, read_when_there):
    tasks = [{"n": 0}, {"sleep": 60, "pid_to": str(tmp_path / "pid")}]
    running = run_isolated(function, tasks, workers=2, limits=Limits(seconds=90))
    next(running)
    pid = int(read_when_there(tmp_path / "pid"))
    started = time.monotonic()
    running.close()
    assert time.monotonic() - started < 5
    assert vanishes(pid)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_orphans(number, tmp_path, vanishes, read_when_there):
    """Ctrl-C ends this process by an exception; the others do not even let it clean up.

    A background job begins with Ctrl-C ignored, and Python then leaves it so: the script asks for the exception.
    """
    (tmp_path / "isolated_work.py").write_text(WORK)
    tasks = [{"pid_to": f"{tmp_path}/worker", "program_to": f"{tmp_path}/program"}]
    script = tmp_path / "script.py"
    script.write_text(
        "import signal\n"
        "from ligeia.bench.workers import Limits, run_isolated\n"
        "if __name__ == '__main__':\n"
        "    signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"    list(run_isolated('isolated_work:work', {tasks!r}, workers=1, limits=Limits(seconds=90)))\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, str(script)], env=environment, stderr=subprocess.DEVNULL) as running:
        pids = [int(read_when_there(Path(tmp_path, name))) for name in ("worker", "program")]
        running.send_signal(number)
        running.wait(20)
    assert all(vanishes(pid) for pid in pids)
    assert not list(tmp_path.glob("ligeia-worker-*"))


def test_endings_in_words():
    assert how_it_ended(3) == "exit status 3"
    assert how_it_ended(-9) == "signal 9 (SIGKILL)"
    assert how_it_ended(-200) == "signal 200"


def test_functions_are_found_by_their_path():
    assert load("ligeia.bench.workers:one_line") is one_line


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (InputError("a\n  b"), "a b"),
        (ValueError("a\nb"), "ValueError: a b"),
        (MemoryError(), "MemoryError"),
        (ValueError("x" * 1000), "ValueError: " + "x" * 285 + "..."),
    ],
)
def test_errors_are_one_line(error, line):
    assert one_line(error) == line


def test_answers():
    assert answer(lambda task: {"twice": 2 * task["x"]}, {"x": 3}) == {"result": {"twice": 6}}
    assert answer(lambda task: {"bad": object()}, {})["failed"].startswith("TypeError: Object of type object")

    def leave(task):
        raise SystemExit(3)

    assert answer(leave, {}) == {"failed": "SystemExit: 3"}


@pytest.fixture
def serving(monkeypatch, tmp_path):
    """`serving(path)` serves in a thread of this process, and returns our end."""
    monkeypatch.setattr(workers.os, "setpgid", lambda *_: None)
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    ends, threads = [], []

    def start(path):
        ours, theirs = multiprocessing.Pipe()
        ends.extend((ours, theirs))
        threads.append(threading.Thread(target=serve, args=(theirs, path, str(tmp_path), LIMITS)))
        threads[-1].start()
        return ours

    yield start
    for end in ends[::2]:
        end.close()
    for thread in threads:
        thread.join(5)
        assert not thread.is_alive()
    ends[1].close()


def test_tasks_are_answered_until_nobody_asks(serving, tmp_path):
    ours = serving("json:loads")
    assert json.loads(ours.recv_bytes()) == {"ready": True}
    ours.send_bytes(b'{"x": 1}')
    assert json.loads(ours.recv_bytes())["failed"].startswith("TypeError: the JSON object must be str")
    assert os.environ["TMPDIR"] == tempfile.gettempdir() == str(tmp_path)


def test_functions_that_cannot_be_loaded(serving):
    assert json.loads(serving("nosuch_module:f").recv_bytes()) == {
        "failed": "ModuleNotFoundError: No module named 'nosuch_module'"
    }


def test_telling_nobody_does_no_harm():
    ours, theirs = multiprocessing.Pipe()
    ours.close()
    workers.tell(theirs, {})
    theirs.close()


def test_a_main_process_has_no_parent_to_leave_with(tmp_path):
    leave_with_parent(str(tmp_path))
    assert tmp_path.exists()
