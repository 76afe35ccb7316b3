"""Models by name or file: which of the package's models write functions, and finding the one that is meant."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ligeia.datasets.provenance import learned_from, model_names
from ligeia.errors import InputError

ROOM = "hypersound"
"""Folder of the package in which the models of this room lie."""


@dataclass(frozen=True)
class Shipped:
    """A model that comes with the package."""

    name: str
    path: Path
    card: str
    """Its purpose, what it has learned from, and under which licence, in a line."""
    seed: int
    commit: str

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self.path.stat().st_size


def shipped_models() -> Iterator[Shipped]:
    """Yield the models of the package that write functions."""
    for name in model_names():
        facts = learned_from(name)
        if facts.path.parent.name == ROOM:
            yield Shipped(name, facts.path, facts.card, facts.seed, facts.commit)


def find_model(model: Path | str) -> Path:
    """Return the file of a model given by path, or by name where it comes with the package.

    A file that exists goes before a name.

    Raises:
        InputError: there is neither, or the name is that of a model of another kind.
    """
    path = Path(model)
    if path.is_file():
        return path
    if path.is_dir():
        raise InputError(f"{path} is a folder, not a model")
    shipped = {entry.name: entry.path for entry in shipped_models()}
    if str(model) in shipped:
        return shipped[str(model)]
    if str(model) in model_names():
        raise InputError(f"{model} is a model of the codec: it writes no functions; try: {', '.join(shipped)}")
    raise InputError(f"there is no file {model}, and no model of that name; there are: {', '.join(shipped) or 'none'}")
