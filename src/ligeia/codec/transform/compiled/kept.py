"""Folder in which machine code is kept from one process to the next.

numba looks at the file of a function alone to tell whether its machine code is still valid, and not at those of the
functions that it calls. So there is a folder for each state of all these files, and of what they take constants from.

Whoever may write there can run code as the user: machine code is loaded as it is, and numba pickles its index. So the
folder must belong to the user, and nobody else may write in it, or in one above it that is theirs to rename it in.
"""

import os
import stat
import sys
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

_COMPLETE = "complete"
_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def folder() -> Path | None:
    """Return the folder, which is made: in the user's folder of caches, or in the one that LIGEIA_CACHE names.

    None where the user has no home, and none is named; where it cannot be made; and where others may write to it.
    """
    try:
        place = Path(os.path.realpath(_caches())) / "ligeia" / f"compiled-{_digest()}"
        for one in (place.parent, place):
            one.mkdir(mode=0o700, parents=True, exist_ok=True)
        return place if is_private(place) else None
    except (RuntimeError, OSError, ValueError):
        return None


def is_private(place: Path) -> bool:
    """Tell whether the user alone can change what lies in a folder: other users neither own nor write it.

    Neither do they own or write those above it, but for those with a sticky bit, such as /tmp, where a folder can be
    renamed by its owner alone. Where the system has no such rights, the folder is taken for private.
    """
    if not hasattr(os, "geteuid"):
        return True
    if place.is_symlink() or place.stat().st_uid != os.geteuid():
        return False
    above = [one.stat() for one in place.parents]
    return not place.stat().st_mode & _OTHERS and all(
        one.st_uid in (0, os.geteuid()) and (not one.st_mode & _OTHERS or one.st_mode & stat.S_ISVTX) for one in above
    )


def is_complete() -> bool:
    """Tell whether all machine code is there."""
    place = folder()
    return place is not None and os.path.exists(place / _COMPLETE)  # unlike Path.exists it never raises


def set_complete() -> None:
    """Note that all machine code is there, if it could be written."""
    place = folder()
    if place is not None and any(place.rglob("*.nbi")):
        with suppress(OSError):
            (place / _COMPLETE).touch()


def _caches() -> Path:
    if named := os.environ.get("LIGEIA_CACHE"):
        return Path(named)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


@lru_cache(maxsize=1)
def _digest() -> str:
    """A number of the sources, of Python and of numba."""
    digest = sha256(f"{sys.version} {version('numba')}".encode())
    here = Path(__file__).parent
    for path in (*sorted(here.glob("*.py")), here.parent / "context_model.py"):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
