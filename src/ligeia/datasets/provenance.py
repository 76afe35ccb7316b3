"""Provenance of the models of the package: the recordings they have learned from, and those kept out of it.

The facts are in `provenance.toml`; results that claim to be on unseen sound are to be checked by `is_unseen`.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import Any

from ligeia.datasets.layouts import ENDINGS
from ligeia.datasets.manifest import Item, speaker_in
from ligeia.errors import InputError


@dataclass(frozen=True)
class Material:
    """Recordings by name, without folder and ending, and speakers all of whose recordings belong to it."""

    recordings: frozenset[str] = frozenset()
    speakers: frozenset[str] = frozenset()

    def contains(self, recording: Item | str) -> bool:
        """Tell whether it has this recording (an item, or a name such as a suite's), or one of its speaker."""
        if isinstance(recording, str):
            return _name(recording) in self.recordings or speaker_in(recording) in self.speakers
        speaker = recording.speaker or speaker_in(recording.path.name)
        return bool({_name(recording.id), _name(recording.path.name)} & self.recordings) or speaker in self.speakers

    def __or__(self, other: "Material") -> "Material":
        return Material(self.recordings | other.recordings, self.speakers | other.speakers)


@dataclass(frozen=True)
class Learned:
    """Origin of a shipped model."""

    model: str
    """Its name."""
    path: Path
    """Its file."""
    sha256: str
    """Digest of the file."""
    recipe: Path
    """The configuration with which `ligeia train` makes it."""
    material: Material
    """All that it has learned from."""
    seed: int
    date: date
    commit: str
    """Version of the project that made it."""
    card: str = ""
    """Its purpose, what it has learned from, and under which licence, in a line."""


def model_names() -> list[str]:
    """Return the names of the models that come with the package."""
    return list(_facts()["models"])


@cache
def learned_from(model: str) -> Learned:
    """Return what a shipped model has learned from, and how it was made.

    Raises:
        InputError: there is no model of this name.
    """
    if model not in model_names():
        raise InputError(f"unknown model {model!r}; there are: {', '.join(model_names())}")
    facts = dict(_facts()["models"][model])
    material = Material()
    for name in facts.pop("material"):
        material |= _material(_facts()["material"][name])
    package = Path(str(files("ligeia")))
    path, recipe = package / facts.pop("file"), package / facts.pop("recipe")
    return Learned(model=model, path=path, recipe=recipe, material=material, **facts)


def held_out() -> Material:
    """Return the recordings that results are reported on: no shipped model learns from them or from their speakers."""
    return _material(_facts()["held_out"])


def is_unseen(recording: Item | str, *models: str) -> bool:
    """Tell whether models (all that are shipped, unless some are named) learned nothing of a recording or its speaker.

    A recording goes by its name, and its speaker by the item, or by the name where it states one: a copy under another
    name is not recognised.

    Raises:
        InputError: no model has this name.

    Example:
        >>> is_unseen("speech/ls_clean_103-1240-0000.flac"), is_unseen("speech/ls_clean_26-495-0000.flac", "speech")
        (True, False)
    """
    return not any(learned_from(model).material.contains(recording) for model in models or model_names())


def without_held_out(items: Iterable[Item]) -> list[Item]:
    """Return the items that a shipped model may learn from."""
    material = held_out()
    return [item for item in items if not material.contains(item)]


def _name(recording: str) -> str:
    name = PurePosixPath(recording).name
    ending = PurePosixPath(name).suffix
    return name.removesuffix(ending) if ending.lower() in ENDINGS else name


def _material(facts: dict[str, Any]) -> Material:
    return Material(frozenset(facts["recordings"]), frozenset(facts["speakers"]))


@cache
def _facts() -> dict[str, Any]:
    return tomllib.loads(files("ligeia.datasets").joinpath("provenance.toml").read_text(encoding="utf-8"))
