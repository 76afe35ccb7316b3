"""Configurations of the training of context networks, and the recordings that they select."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from ligeia.audio.reading import read_audio
from ligeia.audio.resample import resample
from ligeia.audio.signal import Audio
from ligeia.codec.transform.presets import LEARNED_FROM
from ligeia.datasets.layouts import data_folder, read_dataset
from ligeia.datasets.manifest import Item
from ligeia.datasets.provenance import without_held_out
from ligeia.errors import InputError
from ligeia.training.config import TrainingConfig, settings_from

SHORTEST_SECONDS = 0.5
"""Recordings of which no more is left are not learned from."""
TRAINING: Mapping[str, Any] = {"steps": 24000, "learning_rates": [0.008], "warmup": 0.3, "clip_gradient": 1.0}
"""Settings of the loop where a configuration does not say otherwise."""
MAX_BYTES = 2**20
"""Size of a configuration at most."""


@dataclass(frozen=True, kw_only=True)
class Material:
    """Some of the recordings of a dataset, and how they are heard. Lists are taken in turn, recording by recording."""

    include: tuple[str, ...] = ("*",)
    """Patterns of paths below the data folder; recordings come in the order of the patterns, then of their paths."""
    exclude: tuple[str, ...] = ()
    """Patterns of paths that are left out."""
    rates: tuple[int, ...] = ()
    """Sampling rates in Hz; none: that of the recording."""
    mono: tuple[bool, ...] = (True,)
    """Mix the channels to one, or keep them."""
    start: float = 0.0
    """Start of the stretch that is used of each recording, in seconds."""
    seconds: float = 8.0
    """Duration of the stretch at most, in seconds."""

    def __post_init__(self) -> None:
        if not (0 <= self.start < 1e6 and 0 < self.seconds < 1e6):
            raise InputError(f"cannot use {self.seconds} seconds of recordings from {self.start} on")
        if not self.include or not self.mono:
            raise InputError("include and mono must not be empty")


@dataclass(frozen=True, kw_only=True)
class Task:
    """The symbols to be learned, and the size of the networks.

    Raises:
        InputError: a setting is out of range.
    """

    preset: str
    """Preset of the encoder whose symbols are learned."""
    data: Path | None = None
    """Folder of recordings, in any layout of `datasets.layouts`; None: the one that LIGEIA_DATA names."""
    hidden: int = 32
    """Units of the hidden layer."""
    qualities: tuple[float, float] = (2.0, 8.0)
    """Each recording is quantised at a quality drawn between these."""
    batch: int = 8192
    """Symbols of a step."""

    def __post_init__(self) -> None:
        if self.preset not in LEARNED_FROM:
            raise InputError(f"unknown preset {self.preset!r}; there are: {', '.join(LEARNED_FROM)}")
        if not 1 <= self.hidden <= 1024:
            raise InputError(f"hidden must lie between 1 and 1024, got {self.hidden}")
        if not 1 <= self.batch <= 2**24:
            raise InputError(f"batch must lie between 1 and {2**24}, got {self.batch}")
        if not 0 <= self.qualities[0] <= self.qualities[1] <= 10:
            raise InputError(f"qualities must be two numbers between 0 and 10, the lower first, got {self.qualities}")


@dataclass(frozen=True, kw_only=True)
class ContextsConfig:
    """A configuration: the tables `[contexts]`, `[[material]]` and `[training]` of a TOML file."""

    task: Task
    material: tuple[Material, ...] = (Material(),)
    """The recordings; those that results are reported on are always left out (`datasets.provenance`)."""
    training: TrainingConfig = field(default_factory=lambda: settings_from(TrainingConfig, TRAINING, "[training]"))
    """Settings of the loop; the networks of scale factors get half the steps."""

    @property
    def data(self) -> Path:
        """Folder of recordings.

        Raises:
            InputError: neither the configuration nor LIGEIA_DATA names one.
        """
        folder = self.task.data or data_folder()
        if folder is None:
            raise InputError("no folder of recordings: set data in [contexts], or the environment variable LIGEIA_DATA")
        return folder


def read_config(path: Path) -> ContextsConfig:
    """Read the configuration of a training.

    Raises:
        InputError: it cannot be read, a setting is unknown, missing or out of range.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path} is not a configuration: it has {path.stat().st_size} bytes")
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"cannot read the configuration {path}: {reason}") from error
    unknown = content.keys() - {"contexts", "material", "training"}
    if unknown:
        raise InputError(f"{path}: unknown table {min(unknown)!r}; there are: contexts, material, training")
    tables, training = content.get("material", [{}]), content.get("training", {})
    if not isinstance(tables, list) or not tables or not isinstance(training, dict):
        raise InputError(f"{path}: material must be a list of tables ([[material]]), and training a table")
    return ContextsConfig(
        task=settings_from(Task, content.get("contexts", {}), f"{path} [contexts]"),
        material=tuple(settings_from(Material, table, f"{path} [[material]]") for table in tables),
        training=settings_from(TrainingConfig, {**TRAINING, **training}, f"{path} [training]"),
    )


def selected(material: Material, items: Iterable[Item], data: Path) -> list[Item]:
    """Return the items of a material, without those that results are reported on."""
    paths = {item.path.relative_to(data.resolve()).as_posix(): item for item in without_held_out(items)}
    matching = [path for pattern in material.include for path in sorted(paths) if fnmatchcase(path, pattern)]
    kept = [path for path in matching if not any(fnmatchcase(path, pattern) for pattern in material.exclude)]
    return [paths[path] for path in dict.fromkeys(kept)]


def read_stretch(material: Material, item: Item, number: int) -> Audio:
    """Read the stretch of a recording that is learned from; `number` is its place in the material."""
    audio = read_audio(item.path)
    rate = material.rates[number % len(material.rates)] if material.rates else audio.rate
    audio = resample(audio, rate)
    start = round(material.start * rate)
    stretch = Audio(audio.samples[:, start : start + round(material.seconds * rate)], rate)
    return stretch.mono() if material.mono[number % len(material.mono)] else stretch


def sounds_of(config: ContextsConfig) -> Iterator[tuple[float, Audio]]:
    """Yield all sounds that are learned from, each after the share of recordings that lies behind it.

    Raises:
        InputError: a material selects nothing, or a recording cannot be read.
    """
    items = read_dataset(config.data)
    lists = [selected(material, items, config.data) for material in config.material]
    for material, chosen in zip(config.material, lists, strict=True):
        if not chosen:
            raise InputError(f"no recording below {config.data} matches {', '.join(material.include)}")
    total, done = sum(map(len, lists)), 0
    for material, chosen in zip(config.material, lists, strict=True):
        for number, item in enumerate(chosen):
            audio = read_stretch(material, item, number)
            if audio.sample_count > SHORTEST_SECONDS * audio.rate:
                yield done / total, audio
            done += 1
