"""Ratings of reconstructions, read from a file: who rated what, how well, and where the sounds are.

A CSV file with one header line, or a JSON list of objects, with these fields:

    set        data set that the reconstruction belongs to, such as keyboard, diverse, keywords
    setup      what made it
    overall    overall quality, higher is better        } numbers on any scale; at least one
    quality    quality of the sample, higher is better  } of the three columns
    noise      level of background noise, higher is more }
    group      sets of a group are averaged (Zuiderveld 2021: both NSynth sets); keyboard and diverse are "notes"
    reference, estimate    recordings, relative to the file, from which metrics are computed; else rows are needed
"""

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from math import isfinite
from pathlib import Path
from typing import Any

from ligeia.errors import InputError

RATINGS = ("overall", "quality", "noise")
"""Rated properties, in the order of the thesis's Figure 5.3: overall quality, sample quality, background noise."""
GROUPS = {"keyboard": "notes", "diverse": "notes"}
"""Groups of sets where the file names none; any other set is a group of its own."""
MAX_BYTES = 2**24
"""Size of a file of ratings at most."""
FEWEST = 3
"""Rated setups of a set that ranks can be compared of."""


@dataclass(frozen=True, kw_only=True)
class Rated:
    """One reconstruction, and what was said of it."""

    set: str
    """Its data set."""
    setup: str
    """Setup that made it."""
    group: str
    """Sets of a group are averaged."""
    ratings: Mapping[str, float]
    """Numbers by what is rated; those that are missing are left out."""
    sounds: tuple[Path, Path] | None
    """Reference and estimate."""


def read_ratings(path: Path) -> list[Rated]:
    """Read a file of ratings.

    Raises:
        InputError: it cannot be read, a field is missing or no number, a setup of a set comes twice, a set has fewer
            than three, or a recording does not exist. The message names the entry.
    """
    rated = []
    for number, entry in enumerate(_entries(path), 1):
        try:
            rated.append(_rated(entry, path.parent))
        except InputError as error:
            raise InputError(f"{path}, rating {number}: {error}") from error
    seen: dict[str, set[str]] = {}
    for one in rated:
        if one.setup in seen.setdefault(one.set, set()):
            raise InputError(f"{path} rates {one.setup} of {one.set} twice")
        seen[one.set].add(one.setup)
    few = [name for name, setups in seen.items() if len(setups) < FEWEST]
    if few or not seen:
        where = f"{few[0]} has {len(seen[few[0]])}" if few else "there are none"
        raise InputError(f"{path}: ranks need the ratings of at least {FEWEST} setups of a set, and {where}")
    return rated


def digest_of(*paths: Path | None) -> str:
    """Return a short digest of the contents of files: rows of other contents are not taken for theirs.

    Raises:
        InputError: one cannot be read.
    """
    digest = sha256()
    for path in paths:
        digest.update(b"none" if path is None else _bytes(path))
    return digest.hexdigest()[:16]


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path} is too large: {path.stat().st_size} bytes, at most {MAX_BYTES} are read")
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error


def _entries(path: Path) -> list[Mapping[str, Any]]:
    content = _bytes(path)
    try:
        text = content.decode("utf-8-sig")
        found = json.loads(text) if path.suffix.lower() == ".json" else list(csv.DictReader(io.StringIO(text)))
    except (ValueError, RecursionError, csv.Error) as error:
        raise InputError(f"{path} is not a file of ratings: {error}") from error
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise InputError(f"{path} is not a file of ratings: a JSON file holds a list of objects")
    return found


def _rated(entry: Mapping[str, Any], folder: Path) -> Rated:
    texts = {str(name): "" if value is None else str(value).strip() for name, value in entry.items()}
    for name in ("set", "setup"):
        if not texts.get(name):
            raise InputError(f"{name} is missing; the columns are set, setup, {', '.join(RATINGS)}")
    ratings = {name: _number(name, texts[name]) for name in RATINGS if texts.get(name)}
    if not ratings:
        raise InputError(f"there is no rating: at least one of {', '.join(RATINGS)} is needed")
    paths = [folder / texts[name] for name in ("reference", "estimate") if texts.get(name)]
    if len(paths) == 1:
        raise InputError("reference and estimate must both be named, or neither")
    if missing := [path for path in paths if not path.is_file()]:
        raise InputError(f"the recording {missing[0]} does not exist")
    group = texts.get("group") or GROUPS.get(texts["set"], texts["set"])
    sounds = (paths[0], paths[1]) if paths else None
    return Rated(set=texts["set"], setup=texts["setup"], group=group, ratings=ratings, sounds=sounds)


def _number(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise InputError(f"{name} must be a number, got {text!r}")
    return value
