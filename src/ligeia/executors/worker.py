"""The life of a process that answers tasks until nobody asks any more; `child.py` is its other side.

Tasks and answers are lines of JSON, over what were standard input and output. An answer says `ready` (the function is
loaded; the time of the task begins), `result` or `failed`.
"""

import atexit
import json
import os
import shutil
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib import import_module
from queue import SimpleQueue
from typing import Any, BinaryIO

from ligeia.executors.failures import one_line
from ligeia.executors.limits import bound_memory

Function = Callable[..., Any]
Message = dict[str, Any]


def live(folder: str, memory_bytes: int | None) -> None:
    """Answer the tasks that come through standard input until it is closed. Temporary files go to `folder`."""
    incoming, outgoing = taken_streams()
    atexit.register(leave_at_once, folder)  # last, as it is the first to be registered
    serve(incoming, outgoing, folder, memory_bytes)


def taken_streams() -> tuple[BinaryIO, BinaryIO]:
    """Take over standard input and output: whatever else reads gets nothing, whatever else writes goes to errors."""
    incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return incoming, outgoing


def serve(incoming: BinaryIO, outgoing: BinaryIO, folder: str, memory_bytes: int | None = None) -> None:
    """Answer the tasks of one stream on another, until it ends, within so much memory."""
    tasks: SimpleQueue[Message | None] = SimpleQueue()
    at_work = threading.Event()
    threading.Thread(target=receive, args=(incoming, tasks, at_work, folder), daemon=True).start()
    bound_memory(memory_bytes)  # now that what tells of too little of it has started
    ready: set[str] = set()
    while (task := tasks.get()) is not None:
        path = task["function"]
        try:
            function = load(path)
        except BaseException as error:
            message = {"failed": one_line(error)}
        else:
            if path not in ready:
                ready.add(path)
                tell(outgoing, {"ready": True})
            message = answer(function, task)
        at_work.clear()
        tell(outgoing, message)


def receive(incoming: BinaryIO, tasks: "SimpleQueue[Message | None]", at_work: threading.Event, folder: str) -> None:
    """Pass tasks on as they come. Where nobody waits for the answer any more, do not even finish."""
    for line in incoming:
        at_work.set()
        tasks.put(json.loads(line))
    if at_work.is_set():
        leave_at_once(folder)
    tasks.put(None)


@cache
def load(function_path: str) -> Function:
    """The function at `module:function`."""
    module, _, name = function_path.partition(":")
    function: Function = getattr(import_module(module), name)
    return function


def answer(function: Function, task: Message) -> Message:
    """The result of a task, or why there is none; either way it can be written as JSON."""
    try:
        result = function(*task["arguments"], **task["keywords"])
        json.dumps(result)
        return {"result": result}
    except BaseException as error:  # SystemExit and MemoryError too: the worker continues
        return {"failed": one_line(error)}


def tell(outgoing: BinaryIO, message: Message) -> None:
    """Send a message; if nobody listens, do nothing."""
    with suppress(OSError):
        outgoing.write(json.dumps(message).encode() + b"\n")
        outgoing.flush()


def leave_at_once(folder: str) -> None:
    """Die, with all that was started here, and remove the temporary files."""
    shutil.rmtree(folder, ignore_errors=True)
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)
    os._exit(1)
