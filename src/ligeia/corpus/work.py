"""The worker: one file of a corpus, as plain data in and out, on whatever machine.

A result that is there and whole is never made again; what goes wrong with a file is in its row.
"""

import errno
import math
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Any

from ligeia.corpus.actions.table import function_of
from ligeia.corpus.places import Folder, digest_of, open_folder
from ligeia.errors import InputError, LigeiaError, MissingExtra, MissingPackage, SettingsError
from ligeia.executors.failures import one_line

Task = dict[str, Any]
Row = dict[str, Any]

KEPT = ("output", "source", "bytes", "stamp", "settings")
"""Fields of a task that its row keeps; the settings are their digest."""
OF_SETTINGS = (SettingsError, MissingExtra, MissingPackage)
"""Errors that, most likely, no other file would be spared."""
NO_MEMORY = "not enough memory for this"
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


def perform(task: Task) -> Row:
    """Do what a task says with one file, and return its row: facts, or the error.

    A task that brings its earlier row is done already where source and result still have the digests of that row.
    """
    began = perf_counter()
    row: Row = {name: task[name] for name in KEPT}
    try:
        made = _still_done(task) or _made(task)
        return row | {"error": None, **made, "elapsed": round(perf_counter() - began, 4)}
    except Exception as error:  # a bad file is a row, whatever is wrong with it, and with us
        return row | {"error": NO_MEMORY if isinstance(error, MemoryError) else one_line(error)} | _ending(error)


def _ending(error: Exception) -> Row:
    """Return what tells a run that this is not about one file: "settings", or "room" where nothing can be written."""
    if isinstance(error, OF_SETTINGS):
        return {"ends": "settings"}
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in NO_ROOM:
            return {"ends": "room"}
        cause = cause.__cause__
    return {}


def _still_done(task: Task) -> Row | None:
    """Return the facts of the earlier row, where it still holds."""
    row = task.get("row")
    if row is None or row["settings"] != task["settings"]:
        return None
    with suppress(OSError, LigeiaError):
        sources, results = open_folder(task["folders"]["sources"]), open_folder(task["folders"]["results"])
        with sources.reading(task["source"]) as source:
            if digest_of(source) != row["sha256"]:
                return None
        with results.reading(task["output"]) as output:
            if digest_of(output) != row["output_sha256"]:
                return None
        return {name: value for name, value in row.items() if name not in (*KEPT, "elapsed")}
    return None


def _made(task: Task) -> Row:
    make = function_of(task["action"])
    sources, results = open_folder(task["folders"]["sources"]), open_folder(task["folders"]["results"])
    with _fetched(sources, task["source"]) as source, results.writing(task["output"]) as target:
        digest = digest_of(source)
        facts = make(source, target, task["how"])
        result = {"output_bytes": target.stat().st_size, "output_sha256": digest_of(target)}
    return {"sha256": digest, **result, **_plain(facts), "version": _version()}


@contextmanager
def _fetched(folder: Folder, name: str) -> Iterator[Path]:
    """Give a source to read; what is wrong with it is said of its name, and it must not change meanwhile."""
    before = folder.stamp(name)
    with folder.reading(name) as path:
        try:
            yield path
        except LigeiaError as error:
            error.args = (str(error).replace(str(path), name),)
            raise
        except OSError as error:
            if error.filename in (path, str(path)):
                raise InputError(f"cannot read {name}: {error.strerror}") from error
            raise
    if folder.stamp(name) != before:
        raise InputError(f"{name} changed while it was read")


@lru_cache(maxsize=1)
def _version() -> str:
    return version("ligeia")


def _plain(value: Any) -> Any:
    """Return `value` with infinite and undefined numbers as None, which JSON can express."""
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
