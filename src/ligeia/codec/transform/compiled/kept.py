"""Where machine code is kept from one process to the next.

numba looks at the file of a function alone to tell whether its machine code is still valid, and not at those of the
functions that it calls. So there is a folder for each state of all these files, and of what they take constants from.
"""

import os
import sys
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

_COMPLETE = "complete"


def folder() -> Path | None:
    """Return the folder: in the user's folder of caches, or in the one that LIGEIA_CACHE names.

    None where the user has no home, and none is named: a folder of all users would be no place for code.
    """
    try:
        return _caches() / "ligeia" / f"compiled-{_digest()}"
    except RuntimeError:
        return None


def is_complete() -> bool:
    """Tell whether all machine code is there."""
    place = folder()
    return place is not None and os.path.exists(place / _COMPLETE)  # unlike Path.exists it never raises


def set_complete() -> None:
    """Note that all machine code is there, if it could be written."""
    place = folder()
    if place is not None and os.path.isdir(place):
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
