"""Tasks in processes that may crash, hang or run out of memory, and what becomes of them."""

import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ligeia.errors import InputError, SettingsError
from ligeia.executors import limits
from ligeia.executors.failures import Failure, TaskFailed
from ligeia.executors.isolated import IsolatedExecutor
from ligeia.executors.killable import path_of
from ligeia.executors.limits import Limits
from ligeia.executors.outcomes import outcomes

LIMITS = Limits(seconds=30)


def run(function, tasks, workers, limits):
    with IsolatedExecutor(workers, limits) as executor:
        yield from outcomes(executor, function, tasks)


def test_every_task_is_answered_by_a_warm_process(function):
    tasks = ({"n": n, "temporary": True} for n in range(6))
    pairs = list(run(function, tasks, 2, LIMITS))
    assert sorted(task["n"] for task, _ in pairs) == list(range(6))
    assert all(result["n"] == task["n"] for task, result in pairs)
    pids = {result["pid"] for _, result in pairs}
    assert len(pids) <= 2
    assert os.getpid() not in pids
    assert len({result["loaded"] for _, result in pairs}) == len(pids)


def test_no_workers():
    with pytest.raises(SettingsError, match="workers must be at least 1, got 0"):
        IsolatedExecutor(0, LIMITS)


def test_no_tasks():
    assert list(run("nosuch:f", [], 2, LIMITS)) == []


def test_pairs_come_as_they_end(function):
    tasks = [{"n": 0, "sleep": 2.0}, {"n": 1}, {"n": 2}]
    assert [task["n"] for task, _ in run(function, tasks, 2, LIMITS)] == [1, 2, 0]


def test_any_function_and_any_arguments(function):
    with IsolatedExecutor(1, LIMITS) as executor:
        assert executor.submit(math.hypot, 3, 4).result() == 5.0
        assert executor.submit("made_work:add", 3, second=4).result() == 7
        assert list(executor.map(math.sqrt, [1, 4])) == [1.0, 2.0]


def test_what_a_function_prints_is_no_answer(function, capfd):
    ((_, result),) = run(function, [{"says": '{"result": 7}\n'}], 1, LIMITS)
    assert "pid" in result
    assert capfd.readouterr() == ("", '{"result": 7}\n\n{"result": 7}\n')


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
    results = [outcome for _, outcome in run(function, tasks, 1, Limits(seconds=1.0))]
    assert [outcome for outcome in results if isinstance(outcome, Failure)] == [
        Failure("the worker died: signal 11 (SIGSEGV)"),
        Failure("the worker died: exit status 3"),
        Failure("ValueError: a b"),
        Failure("no answer within 1 s"),
    ]
    assert [outcome["n"] for outcome in results if isinstance(outcome, dict)] == [0, 4, 6]
    assert vanishes(int((tmp_path / "child").read_text()))


def test_memory_is_limited(function):
    tasks = [{"allocate": 2**29}, {"allocate": 2**20}]
    failure, result = (outcome for _, outcome in run(function, tasks, 1, Limits(seconds=30, memory_bytes=2**28)))
    assert failure == Failure("MemoryError")
    assert result == {"allocated": 2**20}


def test_too_little_memory_to_load_anything_is_told():
    ((_, outcome),) = run("numpy:dot", [{}], 1, Limits(seconds=30, memory_bytes=2**20))
    assert "MemoryError" in outcome.reason


def test_a_worker_that_dies_while_it_loads_may_lack_memory(tmp_path, monkeypatch):
    (tmp_path / "made_exit.py").write_text("import os\nos._exit(1)\n")
    monkeypatch.syspath_prepend(tmp_path)
    for memory, reason in ((None, "the worker died: exit status 1"), (2**30, "exit status 1; its memory may be too")):
        ((_, outcome),) = run("made_exit:f", [{}], 1, Limits(seconds=30, memory_bytes=memory))
        assert reason in outcome.reason
        assert ("memory" in outcome.reason) is (memory is not None)


def test_threads_are_limited(function, monkeypatch):
    for name in limits.THREADS:  # where the tests themselves are limited, that shows nothing
        monkeypatch.delenv(name, raising=False)
    ((_, result),) = run(function, [{"threads": 1}], 1, Limits(seconds=30, threads=1))
    assert result == {"blas": 1, "variable": "1"}


def test_functions_that_cannot_be_loaded_fail_every_task():
    reason = Failure("ModuleNotFoundError: No module named 'nosuch_module'")
    assert [outcome for _, outcome in run("nosuch_module:f", [{}, {}], 2, LIMITS)] == [reason] * 2


def test_closing_early_kills_what_is_at_work(function, tmp_path, vanishes, read_when_there):
    running = run(function, [{"n": 0}, {"sleep": 60, "pid_to": str(tmp_path / "pid")}], 2, Limits(seconds=90))
    next(running)
    pid = int(read_when_there(tmp_path / "pid"))
    started = time.monotonic()
    running.close()
    assert time.monotonic() - started < 5
    assert vanishes(pid)


def test_what_waits_can_be_cancelled_and_what_runs_be_killed(function, tmp_path, read_when_there):
    executor = IsolatedExecutor(1, LIMITS)
    first, second = (executor.submit(function, {"sleep": 60, "pid_to": str(tmp_path / "pid")}) for _ in range(2))
    read_when_there(tmp_path / "pid")
    assert (first.cancel(), second.cancel()) == (False, True)
    executor.kill()
    with pytest.raises(TaskFailed, match="SIGKILL"):
        first.result()


def test_shutting_down_without_waiting_finishes_what_was_given(function):
    executor = IsolatedExecutor(1, LIMITS)
    futures = [executor.submit(function, {"n": n}) for n in range(2)]
    executor.shutdown(wait=False)
    assert [future.result()["n"] for future in futures] == [0, 1]
    executor.shutdown()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_orphans(number, tmp_path, vanishes, read_when_there):
    """Ctrl-C ends this process by an exception; the others do not even let it clean up.

    A background job begins with Ctrl-C ignored, and Python then leaves it so: the script asks for the exception.
    """
    tasks = [{"pid_to": f"{tmp_path}/worker", "program_to": f"{tmp_path}/program"}]
    script = tmp_path / "script.py"
    script.write_text(
        "import signal, sys\n"
        f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from ligeia.executors.isolated import IsolatedExecutor\n"
        "from ligeia.executors.limits import Limits\n"
        "from ligeia.executors.outcomes import outcomes\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "with IsolatedExecutor(1, Limits(seconds=90)) as executor:\n"
        f"    list(outcomes(executor, 'made_work:work', {tasks!r}))\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, str(script)], env=environment, stderr=subprocess.DEVNULL) as running:
        pids = [int(read_when_there(Path(tmp_path, name))) for name in ("worker", "program")]
        running.send_signal(number)
        running.wait(20)
    assert all(vanishes(pid) for pid in pids)
    assert not list(tmp_path.glob("ligeia-worker-*"))


def test_functions_are_named_by_their_module():
    assert path_of(math.hypot) == "math:hypot"
    assert path_of("a:b") == "a:b"
    for function in (lambda: 0, test_no_tasks.__get__, "x".join):
        with pytest.raises(InputError, match="needs a function of a module"):
            path_of(function)
