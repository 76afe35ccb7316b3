"""Configurations of trainings: tables of TOML files, read on top of a named one where a file says so.

A file may begin with `base = "NAME"`: what it does not state is then as in the shipped configuration of that name
(`NAME.toml` in the folder of those of its kind), table by table, setting by setting. Several names joined by "+" stand
for the first of them with the settings of the others on top.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ligeia.errors import InputError

MAX_BYTES = 2**20
"""Size of a configuration at most."""
BASE = "base"
JOINT = "+"

Tables = dict[str, Any]


def _as_they_are(below: Tables, above: Tables) -> None:
    """Drop nothing."""


@dataclass(frozen=True)
class Configurations:
    """The shipped configurations of one kind of training: the TOML files of a folder."""

    folder: Path
    drop: Callable[[Tables, Tables], None] = _as_they_are
    """Called with the tables of a base and those on top of it: drops from the base what would not go with them."""

    def names(self) -> list[str]:
        """Return the names of the shipped ones."""
        return sorted(path.stem for path in self.folder.glob("*.toml"))

    def path(self, config: str) -> Path:
        """Return the file of a configuration: that of this path, or the shipped one of this name."""
        shipped = not Path(config).is_file() and config in self.names()
        return self.folder / f"{config}.toml" if shipped else Path(config)

    def file_of(self, name: str) -> Path:
        """Return the file of a shipped one.

        Raises:
            InputError: there is none of this name.
        """
        if name not in self.names():
            raise InputError(f"unknown configuration {name!r}; there are: {', '.join(self.names())}")
        return self.folder / f"{name}.toml"

    def joined(self, names: str, above: tuple[Path, ...] = ()) -> Tables:
        """Return the tables of a shipped configuration, or of several joined by "+", the later ones on top.

        Raises:
            InputError: there is none of this name.
        """
        tables: Tables = {}
        for name in names.split(JOINT):
            tables = self.merged(tables, self.tables(self.file_of(name), above))
        return tables

    def tables(self, path: Path, above: tuple[Path, ...] = ()) -> Tables:
        """Return the tables of a file, merged with those of its base; `above` are the files that led to it.

        Raises:
            InputError: the file, or its base, cannot be read.
        """
        content = self._content(path)
        base = content.pop(BASE, None)
        if base is None:
            return content
        if not isinstance(base, str):
            raise InputError(f"{path}: base must be the name of a configuration, got {base!r}")
        if path in above:
            raise InputError(f"{path} is its own base")
        return self.merged(self.joined(base, (*above, path)), content)

    def merged(self, below: Tables, above: Tables) -> Tables:
        """Return tables in which the settings of `above` replace those of `below`."""
        self.drop(below, above)
        return _merged(below, above)

    def _content(self, path: Path) -> Tables:
        try:
            if path.stat().st_size > MAX_BYTES:
                raise InputError(f"{path} is not a configuration: it has {path.stat().st_size} bytes")
            return tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            reason = getattr(error, "strerror", None) or error
            missing = isinstance(error, FileNotFoundError)
            near = get_close_matches(str(path), self.names(), n=1) if missing else []
            hint = f"; did you mean {near[0]}?" if near else ""
            raise InputError(f"cannot read the configuration {path}: {reason}{hint}") from error


def check_tables(tables: Mapping[str, Any], known: set[str], place: object) -> None:
    """Raise `InputError` where there is a table that is not known."""
    unknown = tables.keys() - known
    if unknown:
        raise InputError(f"{place}: unknown table {min(unknown)!r}; there are: {', '.join(sorted(known))}")


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> Tables:
    merged = dict(below)
    for name, value in above.items():
        nested = isinstance(value, Mapping) and isinstance(merged.get(name), Mapping)
        merged[name] = _merged(merged[name], value) if nested else value
    return merged
