"""The worker: one file of a corpus, as plain data in and out, on whatever machine.

A result that is there and whole is never made again; what goes wrong with a file is in its row.
"""

import errno
import math
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Any

from ligeia.audio.atomic import synced_later
from ligeia.corpus.actions.table import function_of
from ligeia.corpus.folder import Folder
from ligeia.corpus.places import digest_of, open_folder
from ligeia.errors import InputError, LigeiaError, MissingExtra, MissingPackage, SettingsError
from ligeia.executors.failures import one_line

Task = dict[str, Any]
Row = dict[str, Any]

KEPT = ("output", "source", "estimate", "bytes", "stamp", "settings")
"""Fields of a task that its row keeps; the settings are their digest."""
OF_SETTINGS = (SettingsError, MissingExtra, MissingPackage, TypeError, KeyError)  # unknown or missing settings, too
"""Errors that, most likely, no other file would be spared."""
NO_MEMORY = "not enough memory for this"
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


def perform(task: Task) -> Row:
    """Do what a task says with one file, and return its row: facts, or the error.

    A task that brings its earlier row is done already where source and result still have the digests of that row. The
    result has its name when this returns; the run sees to it that it is on the disk (`run_corpus`).
    """
    began = perf_counter()
    row: Row = {name: task[name] for name in KEPT if name in task}
    try:
        made = _still_done(task) or _made(task)
        return row | {"error": None, **made, "elapsed": round(perf_counter() - began, 4)}
    except Exception as error:  # a bad file is a row, whatever is wrong with it, and with us
        reason = NO_MEMORY if isinstance(error, MemoryError) else one_line(error)
        return row | {"error": _without_folders(reason, task)} | _ending(error)


def _without_folders(text: str, task: Task) -> str:
    """Return a message that is the same wherever the folders lie."""
    for address in filter(None, task["folders"].values()):
        text = text.replace(f"{address}/", "")
    return text


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
    """Return the facts of the earlier row, where they still hold."""
    row = task.get("row")
    if row is None or row["settings"] != task["settings"]:
        return None
    for role, (folder, name) in _files(task).items():
        try:
            with open_folder(task["folders"][folder]).reading(name) as path:
                if digest_of(path) != row.get(f"{role}sha256"):
                    return None
        except (OSError, LigeiaError):
            return None
    return {name: value for name, value in row.items() if name not in (*KEPT, "elapsed")}


def _files(task: Task) -> dict[str, tuple[str, str]]:
    """Return the files of a task, by what the names of their digests begin with: folder and name of each."""
    other = ("estimate_", "estimates", "estimate") if "estimate" in task else ("output_", "results", "output")
    return {"": ("sources", task["source"]), other[0]: (other[1], task[other[2]])}


def _made(task: Task) -> Row:
    """Do the work; files are hashed once it has succeeded, as many that are not recordings are large."""
    make, folders = function_of(task["action"]), task["folders"]
    with _fetched(open_folder(folders["sources"]), task["source"]) as source:
        if "estimate" in task:
            with _fetched(open_folder(folders["estimates"]), task["estimate"]) as estimate:
                facts = make(source, estimate, task["how"]) | {"estimate_sha256": digest_of(estimate)}
        else:
            with open_folder(folders["results"]).writing(task["output"]) as target, synced_later():
                facts = make(source, target, task["how"])
                facts |= {"output_bytes": target.stat().st_size, "output_sha256": digest_of(target)}
        return {"sha256": digest_of(source), **_plain(facts), "version": _version()}


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
