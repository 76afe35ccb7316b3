import json
import multiprocessing
import os
import tempfile
import threading

import pytest

from ligeia.bench import isolated_worker
from ligeia.bench.isolated_worker import answer, leave_with_parent, load, one_line, serve
from ligeia.errors import InputError


def test_functions_are_found_by_their_path():
    assert load("ligeia.bench.isolated_worker:one_line") is one_line


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
    monkeypatch.setattr(isolated_worker.os, "setpgid", lambda *_: None)
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    ends, threads = [], []

    def start(path):
        ours, theirs = multiprocessing.Pipe()
        ends.extend((ours, theirs))
        threads.append(threading.Thread(target=serve, args=(theirs, path, str(tmp_path))))
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
    isolated_worker.tell(theirs, {})
    theirs.close()


def test_a_main_process_has_no_parent_to_leave_with():
    leave_with_parent()
