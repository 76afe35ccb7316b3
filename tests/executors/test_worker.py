"""The life of a worker process, in a thread of this one."""

import json
import os
import threading

import pytest

from ligeia.executors import worker
from ligeia.executors.worker import answer, load, serve, tell


@pytest.fixture
def serving(tmp_path):
    """Our ends of the streams that a thread serves: what to write tasks to, and what to read answers from."""
    (theirs, ours), (reading, writing) = os.pipe(), os.pipe()
    incoming, outgoing = os.fdopen(theirs, "rb"), os.fdopen(writing, "wb")
    tasks, answers = os.fdopen(ours, "wb", buffering=0), os.fdopen(reading, "rb")
    thread = threading.Thread(target=serve, args=(incoming, outgoing, str(tmp_path)))
    thread.start()
    yield tasks, answers
    tasks.close()
    thread.join(5)
    assert not thread.is_alive()
    for stream in (incoming, outgoing, answers):
        stream.close()


def ask(serving, function, *arguments):
    tasks, answers = serving
    tasks.write(json.dumps({"function": function, "arguments": arguments, "keywords": {}}).encode() + b"\n")
    return json.loads(answers.readline())


def test_a_function_is_ready_once_and_then_answers(serving):
    assert ask(serving, "math:sqrt", 4) == {"ready": True}
    assert json.loads(serving[1].readline()) == {"result": 2.0}
    assert ask(serving, "math:sqrt", 9) == {"result": 3.0}
    assert ask(serving, "math:sqrt", -1)["failed"].startswith("ValueError: ")


def test_functions_that_cannot_be_loaded(serving):
    assert ask(serving, "nosuch_module:f") == {"failed": "ModuleNotFoundError: No module named 'nosuch_module'"}


def test_who_is_not_waited_for_does_not_finish(tmp_path, monkeypatch):
    left, finish = threading.Event(), threading.Event()
    monkeypatch.setattr(worker, "leave_at_once", lambda folder: left.set())
    monkeypatch.setattr(worker, "answer", lambda *_: finish.wait(5) and {})
    (reading, writing), nowhere = os.pipe(), (tmp_path / "answers").open("wb")
    with os.fdopen(reading, "rb") as incoming, nowhere:
        os.write(writing, b'{"function": "math:sqrt"}\n')
        os.close(writing)
        thread = threading.Thread(target=serve, args=(incoming, nowhere, str(tmp_path)))
        thread.start()
        assert left.wait(5)
        finish.set()
        thread.join(5)


def test_functions_are_found_by_their_path():
    assert load("ligeia.executors.worker:tell") is tell


def test_answers():
    def task(*arguments):
        return {"arguments": arguments, "keywords": {}}

    assert answer(lambda x: {"twice": 2 * x}, task(3)) == {"result": {"twice": 6}}
    assert answer(lambda: {"bad": object()}, task())["failed"].startswith("TypeError: Object of type object")

    def leave():
        raise SystemExit(3)

    assert answer(leave, task()) == {"failed": "SystemExit: 3"}


def test_telling_nobody_does_no_harm():
    """Raising nothing is the claim: without it, a `BrokenPipeError` would end the worker before it has cleaned up."""
    reading, writing = os.pipe()
    os.close(reading)
    outgoing = os.fdopen(writing, "wb", buffering=0)
    tell(outgoing, {})
    outgoing.close()
