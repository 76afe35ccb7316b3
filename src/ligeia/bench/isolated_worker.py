"""The other end of `isolated`: a process that loads one function and then answers tasks until nobody asks."""

import json
import os
import tempfile
import threading
from collections.abc import Callable
from importlib import import_module
from multiprocessing import connection, parent_process
from multiprocessing.connection import Connection
from typing import Any

from ligeia.errors import LigeiaError

LONGEST = 300
"""Characters of a reason, at most."""

Function = Callable[[dict[str, Any]], dict[str, Any]]


def serve(asked: Connection, function_path: str, folder: str) -> None:
    """Answer tasks that come as JSON through `asked`; temporary files go to `folder`.

    The first message says `ready` or `failed`, every other one `result` or `failed`.
    """
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)  # so that whatever this process starts can be killed together with it
    threading.Thread(target=leave_with_parent, daemon=True).start()
    os.environ["TMPDIR"] = tempfile.tempdir = folder
    try:
        function = load(function_path)
    except BaseException as error:
        tell(asked, {"failed": one_line(error)})
        return
    tell(asked, {"ready": True})
    while True:
        try:
            task = json.loads(asked.recv_bytes())
        except (EOFError, OSError):
            return
        tell(asked, answer(function, task))


def load(function_path: str) -> Function:
    """The function at `module:function`."""
    module, _, name = function_path.partition(":")
    function: Function = getattr(import_module(module), name)
    return function


def answer(function: Function, task: dict[str, Any]) -> dict[str, Any]:
    """What the function makes of a task, or why it made nothing; either way it can be written as JSON."""
    try:
        result = function(task)
        json.dumps(result)
        return {"result": result}
    except BaseException as error:  # SystemExit and MemoryError too: the worker goes on
        return {"failed": one_line(error)}


def one_line(error: BaseException) -> str:
    """An error as one line; our own errors are written for the user, all others need their type."""
    text = " ".join(str(error).split())
    if not isinstance(error, LigeiaError):
        text = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."


def tell(asked: Connection, message: dict[str, Any]) -> None:
    """Send a message as JSON; where nobody listens any more, nothing is to be done."""
    try:
        asked.send_bytes(json.dumps(message).encode())
    except OSError:
        return


def leave_with_parent() -> None:
    """Wait until the parent process has died, and die too, with all that was started here."""
    parent = parent_process()
    if parent is None:
        return
    connection.wait([parent.sentinel])
    if hasattr(os, "killpg"):
        import signal

        os.killpg(0, signal.SIGKILL)
    os._exit(1)
